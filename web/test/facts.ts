// What the tests say about a room: one lobby, with whatever a test wants to be different.
import type { Facts, Person } from '../src/api.ts'

export const person = (name: string): Person => ({ user_id: `id-${name}`, name, avatar_url: null })

interface Different {
  session?: Partial<Facts['session']>
  you?: Partial<Facts['you']>
  room?: Partial<Facts['room']>
  sign_in?: boolean
  sid?: string
}

export function facts({ session, you, room, ...rest }: Different = {}): Facts {
  return {
    room: {
      key: 'key',
      title: 'standup',
      topic: null,
      channel: 'general',
      guild: 'Greenroom HQ',
      channel_url: 'https://discord.com/channels/1/2',
      ...room,
    },
    you: { id: 'id-Mira', name: 'Mira', avatar_url: null, role: 'member', ...you },
    session: {
      state: 'open',
      people: [],
      audience: 0,
      recording: false,
      locked: false,
      door: session?.locked ? 'locked' : 'open',
      full: false,
      max_members: 50,
      since: null,
      ...session,
    },
    sign_in: false,
    ...rest,
  }
}
