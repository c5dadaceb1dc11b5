// What somebody reads and presses before a door that a moderator opens: how it stands for them in; sentences and a
// button out.
import { Hand } from 'lucide'
import type { Line } from '../announce.ts'
import type { Facts } from '../api.ts'
import { say } from '../words.ts'
import type { Action } from './plain.ts'

export function knocking(knock: () => unknown, { session }: Facts): { says: Line[]; actions: Action[] } {
  const ask: Action = { name: say('page-knock'), icon: Hand, look: 'primary', press: knock }
  switch (session.door) {
    case 'ask':
      return { says: [], actions: [ask] }
    case 'waiting':
      return { says: [['page-knock-waiting']], actions: [] }
    case 'denied':
      return { says: [['page-knock-denied']], actions: [ask] }
    default:
      return { says: [], actions: [] }
  }
}
