import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { compile } from '../catalogue.ts'
import type { Facts } from '../src/api.ts'
import type { Leaving } from '../src/machine.ts'
import { problem } from '../src/problem.ts'
import { commandFor, inside } from '../src/view/facts.ts'
import { type Desk, plain, type Plain, type PlainState } from '../src/view/plain.ts'
import { type Messages, rich, use } from '../src/words.ts'
import { facts, person } from './facts.ts'

beforeAll(() => {
  const path = join(import.meta.dirname, '../../src/words/en/page.ftl')
  use('en', compile(readFileSync(path, 'utf8'), path) as Messages)
})

function desk(different: Partial<Desk> = {}): Desk {
  const nothing = (): void => undefined
  return {
    countdown: null,
    other: null,
    signIn: false,
    api: { signInUrl: () => '/oauth/login?room=key' },
    join: nothing,
    moveHere: nothing,
    toLobby: nothing,
    tryAgain: nothing,
    continueAsOther: nothing,
    knock: nothing,
    ...different,
  }
}

const failed = (code: string, known: Facts | null = facts(), attempt: 'enter' | 'join' = 'join'): PlainState => ({
  at: 'failed',
  facts: known,
  problem: problem(code, { reference: '7F3K-92', message: 'From the server.' }),
  attempt,
})
const left = (why: Leaving, known = facts()): PlainState => ({ at: 'left', facts: known, why })

const sentences = ({ says }: Plain): string[] =>
  says.map(([id, args]) => rich(id, args).map(({ text }) => text).join(''))
const buttons = ({ actions }: Plain): string[] => actions.map(({ name }) => name)

describe('the door', () => {
  it('tells how to come in', () => {
    const screen = plain(desk(), { at: 'door', signIn: false, signedOut: false })
    expect(sentences(screen)[0]).toContain('press Join on the room')
    expect(buttons(screen)).toEqual([])
  })

  it('offers to sign in where that is possible, and says that one is signed out', () => {
    const screen = plain(desk(), { at: 'door', signIn: true, signedOut: true })
    expect(sentences(screen)[0]).toBe('You are signed out here.')
    expect(screen.actions[0]).toMatchObject({ name: 'Sign in with Discord', href: '/oauth/login?room=key' })
  })
})

describe('after the call', () => {
  it('whoever left can come back, go to the channel or to the lobby', () => {
    const screen = plain(desk(), left('left', facts({ session: { people: [person('Mira'), person('Odo')] } })))
    expect(screen.title).toBe('You left standup')
    expect(sentences(screen)).toEqual(['The call goes on without you.'])
    expect(buttons(screen)).toEqual(['Rejoin', 'Back to #general', 'Go to the lobby'])
  })

  it('nobody goes on without the last one', () => {
    expect(sentences(plain(desk(), left('left', facts({ session: { people: [person('Mira')] } }))))).toEqual([])
  })

  it('a broken connection and a sleeping phone each have their words', () => {
    expect(plain(desk(), left('lost'))).toMatchObject({ title: 'The call broke off', alert: true })
    expect(buttons(plain(desk(), left('paused')))[0]).toBe('Resume')
  })

  it('a call that moved can be fetched back, and not by a second seat', () => {
    const moveHere = vi.fn()
    const screen = plain(desk({ moveHere }), left('moved'))
    expect([screen.title, sentences(screen)]).toEqual(['The call moved', ['It goes on on your other device, or in your other tab.']])
    screen.actions.find(({ name }) => name === 'Move the call here')?.press?.()
    expect(moveHere).toHaveBeenCalledOnce()
  })

  it.each([
    [1, 'It lasted 1 minute.'],
    [42, 'It lasted 42 minutes.'],
  ])('a call of %i minutes', (minutes, sentence) => {
    const over = facts({ session: { state: 'ended' } })
    const screen = plain(desk(), { at: 'ended', facts: over, minutes, deleted: false })
    expect(sentences(screen)).toEqual([sentence, '/video standup opens it again.'])
  })

  it('a room that nobody entered lasted no time', () => {
    const screen = plain(desk(), { at: 'ended', facts: facts({ session: { state: 'ended' } }), minutes: null, deleted: false })
    expect(sentences(screen)).toEqual(['/video standup opens it again.'])
  })

  it('a room that was deleted at the video service says so, and how it is made again', () => {
    const screen = plain(desk(), { at: 'ended', facts: facts({ session: { state: 'ended' } }), minutes: 42, deleted: true })
    expect([screen.title, screen.alert]).toEqual(['standup was deleted', true])
    expect(sentences(screen)).toEqual([
      'Somebody deleted the room at the video service, so the call ended for everybody.',
      'It lasted 42 minutes.',
      '/video standup opens it again.',
    ])
  })

  it('a room that is open again can be entered', () => {
    const screen = plain(desk(), { at: 'ended', facts: facts(), minutes: null, deleted: false })
    expect(sentences(screen)).toEqual(['It is open again.'])
    expect(buttons(screen)[0]).toBe('Go to the lobby')
  })
})

describe('what fails', () => {
  it('has heading, sentence, reference and a way on', () => {
    const screen = plain(desk({ countdown: 5 }), failed('video_unavailable'))
    expect(screen).toMatchObject({ title: "The video service doesn't answer", reference: '7F3K-92', told: null })
    expect(screen.waiting).toEqual(['page-again-in', { seconds: 5 }])
    expect(buttons(screen)).toEqual(['Try again', 'Back to #general', 'Go to the lobby'])
  })

  it('of tomorrow is said in the server’s words', () => {
    const screen = plain(desk(), failed('a_code_of_tomorrow'))
    expect(screen).toMatchObject({ told: 'From the server.', says: [], title: 'Something broke on our side' })
    expect(buttons(screen)[0]).toBe('Try again')
  })

  it('by a used link is mended by a fresh one', () => {
    const screen = plain(desk(), failed('ticket_used', null, 'enter'))
    expect(sentences(screen)).toEqual(["It works once. Press Join on the room's card for a fresh one."])
    expect(buttons(screen)).toEqual([])
  })

  it('by a used link does not matter to whoever is in already', () => {
    const screen = plain(desk({ other: { name: 'Mira' } }), failed('ticket_used', null, 'enter'))
    expect(buttons(screen)).toEqual(['Continue as Mira'])
  })

  it('because another person signed in names both', () => {
    const screen = plain(desk({ other: { name: 'Odo' } }), failed('session_changed', facts(), 'enter'))
    expect(sentences(screen)).toEqual(["This browser is now signed in as Odo; this tab was Mira's."])
    expect(buttons(screen)[0]).toBe('Continue as Odo')
    expect(sentences(plain(desk(), failed('session_changed', null)))).toEqual([
      'This browser is now signed in as somebody else.',
    ])
  })

  it('because the channel is closed to this account names it, and another may be taken', () => {
    const screen = plain(desk(), failed('not_allowed', facts({ sign_in: true }), 'enter'))
    expect(sentences(screen)[1]).toBe('Signed in as Mira.')
    expect(buttons(screen)).toEqual(['Switch account', 'Back to #general'])
    expect(buttons(plain(desk(), failed('not_allowed', null, 'enter')))).toEqual([])
    const unknown = plain(desk({ signIn: true }), failed('not_allowed', null, 'enter'))
    expect(buttons(unknown)).toEqual(['Switch account'])
    expect([unknown.says, unknown.told]).toEqual([[], 'From the server.']) // it knows whom it turned away
  })

  it('because the channel was closed in the middle of the call names the channel and the account', () => {
    const screen = plain(desk(), failed('withdrawn', facts(), 'enter'))
    expect(screen.title).toBe('You can no longer see #general')
    expect(sentences(screen)[1]).toBe('Signed in as Mira.')
  })

  it('because the room is full says how full, audience and all, and waits by itself', () => {
    const people = Array.from({ length: 48 }, (_, at) => person(`P${at}`))
    const screen = plain(desk({ countdown: 7 }), failed('room_full', facts({ session: { people, audience: 2, full: true } })))
    expect(sentences(screen)[0]).toContain('50 of 50 places')
    expect(screen).toMatchObject({ alert: false, waiting: null })
  })

  it.each([
    ['ask', '', ['Ask to be let in']],
    ['waiting', 'A moderator has been asked.', []],
    ['denied', 'did not let you in', ['Ask to be let in']],
    ['locked', '', []],
  ] as const)('before a door that is %s says what a moderator does', (door, sentence, expected) => {
    let knocked = 0
    const knock = (): number => knocked++
    for (const code of ['knock_first', 'room_locked']) {
      const screen = plain(desk({ knock }), failed(code, facts({ session: { door } })))
      expect(sentences(screen).join(' ')).toContain(sentence)
      expect(buttons(screen).filter((name) => name.startsWith('Ask'))).toEqual(expected)
      screen.actions.find(({ name }) => name.startsWith('Ask'))?.press?.()
    }
    expect(knocked).toBe(expected.length * 2)
  })

  it('for too many tries can be tried again when the time is over', () => {
    const [action] = plain(desk({ countdown: 3 }), failed('rate_limited')).actions
    expect(action).toMatchObject({ name: 'Try again', disabled: true })
    expect(plain(desk({ countdown: null }), failed('rate_limited')).actions[0]).toMatchObject({ disabled: false })
  })

  it.each(['removed', 'room_ended', 'room_locked', 'video_refused', 'internal', 'network', 'join_timeout', 'room_missing'])(
    '%s says something, and leads somewhere',
    (code) => {
      const screen = plain(desk(), failed(code))
      expect(sentences(screen).join('')).not.toBe('')
      expect(screen.actions.length).toBeGreaterThan(0)
    },
  )
})

it.each([
  [[], 'Nobody is inside yet.'],
  [['Odo'], 'Odo is inside.'],
  [['Odo', 'Ann'], 'Odo and Ann are inside.'],
  [['Odo', 'Ann', 'Vic'], 'Odo, Ann and Vic are inside.'],
  [['Odo', 'Ann', 'Vic', 'Zed'], 'Odo, Ann and 2 others are inside.'],
])('with %j inside: %s', (names, sentence) => {
  const [id, args] = inside(names.map(person))
  expect(rich(id, args).map(({ text }) => text).join('')).toBe(sentence)
})

it('a channel’s own room needs no name', () => {
  const { room } = facts()
  expect(commandFor(room)).toBe('/video standup')
  expect(commandFor({ ...room, title: 'general' })).toBe('/video')
})
