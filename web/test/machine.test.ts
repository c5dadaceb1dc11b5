import { describe, expect, it } from 'vitest'
import { factsOf, type Happening, isInside, next, type State, start } from '../src/machine.ts'
import { problem } from '../src/problem.ts'
import { facts, person } from './facts.ts'

const after = (...happenings: Happening[]): State => happenings.reduce(next, start)
const arrived: Happening = { type: 'facts', facts: facts() }
const over = facts({ session: { state: 'ended' } })
const inCall: Happening[] = [arrived, { type: 'join' }, { type: 'joined' }]

describe('the way in', () => {
  it('goes from loading over the lobby and joining to the call', () => {
    expect(after().at).toBe('loading')
    expect(after(arrived).at).toBe('lobby')
    expect(after(arrived, { type: 'join' })).toMatchObject({ at: 'joining', step: 'token' })
    expect(after(arrived, { type: 'join' }, { type: 'step', step: 'media' })).toMatchObject({ step: 'media' })
    expect(after(...inCall)).toMatchObject({ at: 'call', connection: 'good' })
  })

  it('shows the end of a call that is over', () => {
    expect(after({ type: 'facts', facts: over }).at).toBe('ended')
    expect(after(arrived, { type: 'facts', facts: over }).at).toBe('ended')
  })

  it('joins nobody twice, and nobody of whom nothing is known', () => {
    expect(after({ type: 'join' }).at).toBe('loading')
    const joining = after(arrived, { type: 'join' }, { type: 'step', step: 'media' })
    expect(next(joining, { type: 'join' })).toBe(joining)
  })

  it('can be broken off, but not once inside', () => {
    expect(after(arrived, { type: 'join' }, { type: 'cancelled' }).at).toBe('lobby')
    expect(after(...inCall, { type: 'cancelled' }).at).toBe('call')
  })

  it('ignores steps and goodbyes that come too late', () => {
    expect(after(arrived, { type: 'joined' }).at).toBe('lobby')
    expect(after(arrived, { type: 'step', step: 'media' }).at).toBe('lobby')
    expect(after(arrived, { type: 'over', why: 'lost' }).at).toBe('lobby')
  })
})

describe('in the call', () => {
  it('learns what is new without being thrown out', () => {
    const people = [person('Odo')]
    const call = after(...inCall, { type: 'facts', facts: facts({ session: { people } }) })
    expect(call.at).toBe('call')
    expect(factsOf(call)?.session.people).toBe(people)
    expect(after(...inCall, { type: 'facts', facts: over }).at).toBe('call')
  })

  it('says how the connection is', () => {
    expect(after(...inCall, { type: 'connection', connection: 'socket' })).toMatchObject({ connection: 'socket' })
    expect(after(arrived, { type: 'connection', connection: 'socket' }).at).toBe('lobby')
  })

  it('counts as inside from the press of Join on', () => {
    expect([after(), after(arrived), after(...inCall)].map(isInside)).toEqual([false, false, true])
    expect(isInside(after(arrived, { type: 'join' }))).toBe(true)
  })
})

describe('the way out', () => {
  it.each(['left', 'lost', 'paused'] as const)('says that one %s', (why) => {
    expect(after(...inCall, { type: 'over', why })).toMatchObject({ at: 'left', why })
  })

  it('is explained by the end, whichever of the two was heard first', () => {
    const goodbye: Happening = { type: 'over', why: 'lost' }
    const end: Happening = { type: 'ended', minutes: 42 }
    for (const state of [after(...inCall, goodbye, end), after(...inCall, end, goodbye)]) {
      expect(state).toMatchObject({ at: 'ended', minutes: 42, facts: { session: { state: 'ended' } } })
    }
  })

  it('keeps the first end it was told', () => {
    expect(after(...inCall, { type: 'ended', minutes: 42 }, { type: 'ended', minutes: null })).toMatchObject({ minutes: 42 })
  })

  it('learns why, when the end was found out before it was told', () => {
    const told: Happening = { type: 'ended', minutes: 42, deleted: true }
    expect(after(...inCall, { type: 'ended', minutes: null }, told)).toMatchObject({ minutes: 42, deleted: true })
  })

  it('sees a room open again after its end', () => {
    const again = after(...inCall, { type: 'ended', minutes: 1 }, arrived)
    expect(again).toMatchObject({ at: 'ended', facts: { session: { state: 'open' } } })
    expect(next(again, { type: 'lobby' }).at).toBe('lobby')
  })

  it('tells whoever was removed, except where the call ended for all', () => {
    const removed: Happening = { type: 'removed', problem: problem('removed') }
    expect(after(...inCall, removed)).toMatchObject({ at: 'failed', problem: { code: 'removed' }, attempt: 'enter' })
    expect(after(...inCall, { type: 'ended', minutes: 1 }, removed).at).toBe('ended')
    expect(after({ type: 'door', signIn: false, signedOut: false }, removed).at).toBe('door')
  })

  it('leads back to the lobby or in again', () => {
    const left = after(...inCall, { type: 'over', why: 'left' })
    expect(next(left, { type: 'lobby' }).at).toBe('lobby')
    expect(next(left, { type: 'join' }).at).toBe('joining')
  })
})

describe('what fails', () => {
  const failed: Happening = { type: 'failed', problem: problem('video_unavailable'), attempt: 'join' }

  it('keeps what is known, and learns on', () => {
    const state = after(arrived, { type: 'join' }, failed)
    expect(state).toMatchObject({ at: 'failed', attempt: 'join', facts: { you: { name: 'Mira' } } })
    expect(next(state, { type: 'facts', facts: facts({ session: { locked: true } }) })).toMatchObject({
      at: 'failed',
      facts: { session: { locked: true } },
    })
  })

  it('may know nothing', () => expect(after(failed)).toMatchObject({ at: 'failed', facts: null }))

  it('starts again from the beginning, but never out of a call', () => {
    expect(after(arrived, failed, { type: 'again' })).toBe(start)
    expect(after(...inCall, { type: 'again' }).at).toBe('call')
  })
})
