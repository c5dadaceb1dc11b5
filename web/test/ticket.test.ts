import { beforeEach, describe, expect, it } from 'vitest'
import { Api, ApiError, type Redeemed } from '../src/api.ts'
import { redeem, rememberSession, roomKey, sessionOf, type Tab, takeSignIn, takeTicket } from '../src/ticket.ts'

let stored: Map<string, string>
let addresses: string[]

function tab(hash: string): Tab {
  return {
    location: { hash, pathname: '/r/key', search: '?x=1' },
    history: { replaceState: (_data, _unused, url) => void addresses.push(url) },
    storage: {
      getItem: (name) => stored.get(name) ?? null,
      setItem: (name, value) => void stored.set(name, value),
      removeItem: (name) => void stored.delete(name),
    },
  }
}

/** An API that answers, or refuses, every redemption the same way and remembers the pairs it saw. */
function api(answer: Redeemed | ApiError): Api & { pairs: string[][] } {
  const fake = new Api('key') as Api & { pairs: string[][] }
  fake.pairs = []
  fake.redeem = async (...pair) => {
    fake.pairs.push(pair)
    if (answer instanceof ApiError) throw answer
    return answer
  }
  return fake
}

const mira: Redeemed = {
  sid: 'sid-1',
  room: { room_key: 'key', title: 'standup', channel: 'general' },
  you: { id: '1', name: 'Mira', avatar_url: null, role: 'member' },
}

beforeEach(() => {
  stored = new Map()
  addresses = []
})

describe('the room in the address', () => {
  it.each([
    ['/r/abc_-9', 'abc_-9'],
    ['/r/abc/', 'abc'],
    ['/g/guest', 'guest'],
    ['/', null],
    ['/r/', null],
    ['/r/a/b', null],
    ['/r/..%2f', null],
    [`/r/${'a'.repeat(129)}`, null],
  ])('%s is room %s', (path, key) => expect(roomKey(path)).toBe(key))
})

describe('back from signing in', () => {
  it('is the tab of whoever signed in, whatever link waited in it', () => {
    takeTicket(tab('#t=abc'), 'key', () => 'nonce')
    expect(takeSignIn(tab('#in=abcdefgh234567ab'), 'key')).toBeNull()
    expect(addresses.at(-1)).toBe('/r/key?x=1')
    expect([...stored.values()]).toEqual(['abcdefgh234567ab'])
  })

  it.each(['wrong_browser', 'sign_in_late', 'sign_in_failed', 'invalid_request'])('says %s', (code) => {
    expect(takeSignIn(tab(`#problem=${code}`), 'key')).toBe(code)
    expect(addresses).toEqual(['/r/key?x=1'])
    expect(stored.size).toBe(0)
  })

  it.each(['', '#t=abc', '#in=', '#in=../x', '#in=A23456789012345678', '#problem=removed', '#problem=<b>'])(
    'takes nothing from %s',
    (hash) => {
      expect(takeSignIn(tab(hash), 'key')).toBeNull()
      expect(addresses).toEqual([])
      expect(stored.size).toBe(0)
    },
  )
})

describe('the ticket in the address', () => {
  it('is taken out of the address before anybody can see it, and kept with a nonce', () => {
    expect(takeTicket(tab('#t=abc'), 'key', () => 'nonce')).toBe(true)
    expect(addresses).toEqual(['/r/key?x=1'])
    expect([...stored.values()]).toEqual(['{"ticket":"abc","nonce":"nonce"}'])
  })

  it('makes a nonce of 128 random bits by itself', () => {
    takeTicket(tab('#t=abc'), 'key')
    const { nonce } = JSON.parse([...stored.values()][0] ?? '{}')
    expect(nonce).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each(['#t=', '#t=a b', '#t=%41', `#t=${'a'.repeat(257)}`, '#section', '#t=<script>'])(
    'that is broken (%s) is stripped and not kept',
    (hash) => {
      expect(takeTicket(tab(hash), 'key')).toBe(false)
      expect(addresses).toHaveLength(1)
      expect(stored.size).toBe(0)
    },
  )

  it('that is not there leaves the address alone', () => {
    expect(takeTicket(tab(''), 'key')).toBe(false)
    expect(addresses).toEqual([])
  })
})

describe('swapping the ticket', () => {
  it('remembers the session for this tab and this room, and forgets the ticket', async () => {
    takeTicket(tab('#t=abc'), 'key', () => 'nonce')
    expect(await redeem(tab(''), 'key', api(mira))).toBe(mira)
    expect(sessionOf(tab(''), 'key')).toBe('sid-1')
    expect(sessionOf(tab(''), 'other')).toBeNull()
    expect(await redeem(tab(''), 'key', api(mira))).toBeNull()
  })

  it.each([
    ['a lost answer', new ApiError(0, 'network', '')],
    ['a restarting server', new ApiError(503, 'discord_unavailable', '')],
    ['too many tries', new ApiError(429, 'rate_limited', '')],
  ])('after %s sends the very same pair again', async (_why, refusal) => {
    takeTicket(tab('#t=abc'), 'key', () => 'nonce')
    await expect(redeem(tab(''), 'key', api(refusal))).rejects.toBe(refusal)
    const second = api(mira)
    await redeem(tab(''), 'key', second)
    expect(second.pairs).toEqual([['abc', 'nonce']])
  })

  it.each(['ticket_used', 'ticket_expired', 'not_allowed'])('is over when the server said %s', async (code) => {
    takeTicket(tab('#t=abc'), 'key')
    await expect(redeem(tab(''), 'key', api(new ApiError(410, code, '')))).rejects.toThrow()
    expect(await redeem(tab(''), 'key', api(mira))).toBeNull()
  })

  it.each(['not json', '{}', '{"ticket":1,"nonce":"n"}', 'null', '[]'])('ignores rubbish in the storage: %s', async (text) => {
    stored.set('greenroom.ticket.key', text)
    expect(await redeem(tab(''), 'key', api(mira))).toBeNull()
  })
})

it('a session can be forgotten', () => {
  rememberSession(tab(''), 'key', 'sid')
  rememberSession(tab(''), 'key', null)
  expect(sessionOf(tab(''), 'key')).toBeNull()
})
