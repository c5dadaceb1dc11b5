import { describe, expect, it } from 'vitest'
import { drop, isSharing, people, put, seed, talk } from '../src/members.ts'

const odo = { id: 'odo', name: 'Odo', type: 'member', meta: { discord_user_id: '2', role: 'moderator' } }
const mira = { id: 'mira', name: 'Mira', type: 'member', audio_muted: true }
const screen = { id: 'screen', name: 'Odo', type: 'screen', parent_id: 'odo' }

const names = (members: ReturnType<typeof seed>, self: string): string[] => people(members, self).map(({ name }) => name)

describe('who is in the call', () => {
  it('starts with whoever was there, oneself first', () => {
    expect(names(seed([odo, mira, screen]), 'mira')).toEqual(['Mira', 'Odo'])
  })

  it('reads what Greenroom wrote into the room token', () => {
    expect(seed([odo]).get('odo')).toMatchObject({ userId: '2', role: 'moderator' })
    expect(seed([mira]).get('mira')).toMatchObject({ userId: null, role: null, muted: true })
  })

  it('changes only what an update names', () => {
    const members = put(seed([mira]), { id: 'mira', handraised: true })
    expect(members.get('mira')).toMatchObject({ name: 'Mira', muted: true, hand: true })
  })

  it('stays the same list when nothing changed: updates come twice', () => {
    const members = seed([odo])
    expect(put(members, odo)).toBe(members)
    expect(put(members, { id: 'odo' })).toBe(members)
    expect(drop(members, { id: 'nobody' })).toBe(members)
  })

  it('adds whom an update names first: they are there, whatever was missed', () => {
    expect(put(seed([]), { id: 'late', name: 'Late' }).get('late')).toMatchObject({ name: 'Late', kind: 'member' })
    expect(talk(seed([]), { id: 'late', talking: true }).size).toBe(0)
    expect(talk(seed([odo]), { id: 'odo', talking: true }).get('odo')?.talking).toBe(true)
  })

  it('loses the screen together with whoever shared it', () => {
    const members = seed([odo, mira, screen])
    expect(isSharing(members, 'odo')).toBe(true)
    expect([...drop(members, { id: 'odo' }).keys()]).toEqual(['mira'])
    expect(isSharing(drop(members, { id: 'screen' }), 'odo')).toBe(false)
  })

  it.each([{}, { id: 7 }, { id: null, name: 'x' }])('ignores %o', (payload) => {
    const members = seed([odo])
    expect(put(members, payload)).toBe(members)
    expect(drop(members, payload)).toBe(members)
    expect(talk(members, payload)).toBe(members)
  })

  it.each([{ meta: 'text' }, { meta: null }, { meta: { role: 'king', discord_user_id: 7 } }, { type: 'ghost' }])(
    'believes no nonsense: %o',
    (nonsense) => {
      const members = put(seed([odo]), { id: 'odo', ...nonsense })
      expect(members.get('odo')).toMatchObject({ role: 'moderator', userId: '2', kind: 'member' })
    },
  )
})
