// The conductor against a scripted server, stream and SDK: what people see when things come in every order.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api, ApiError, type Facts } from '../src/api.ts'
import { Page } from '../src/page.svelte.ts'
import '../src/jointime.ts'
import '../src/session.ts' // fetched before the clocks stand still
import type { Tab } from '../src/ticket.ts'
import { type Played, playBrowser, storage } from './browser.ts'
import { fakeSdk } from './fake-sdk.ts'
import { facts, person } from './facts.ts'

const vendor = vi.hoisted(() => ({ Video: { RoomSession: class {} } }))
vi.mock('@signalwire/js', () => vendor)

type Answer = [status: number, body: unknown]
const refusal = (status: number, code: string, extra = {}): Answer => [
  status,
  { code, message: `${code}.`, reference: '7F3K-92', ...extra },
]

class FakeEventSource {
  static last: FakeEventSource
  readyState = 1
  closed = false
  private readonly listeners = new Map<string, (event: { data: string }) => void>()
  constructor(readonly url: string) {
    FakeEventSource.last = this
  }
  addEventListener(type: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(type, listener)
  }
  close(): void {
    this.closed = true
  }
  says(type: string, data: unknown): void {
    this.listeners.get(type)?.({ data: JSON.stringify(data) })
  }
}

let played: Played
let sdk: ReturnType<typeof fakeSdk>
let answers: Record<string, Answer>
let asked: [path: string, body: unknown, sid: string | null][]
let tab: Tab
let page: Page

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const paths = (): string[] => asked.map(([path]) => path)
const lobby = (known: Facts): void => {
  answers['/api/rooms/key'] = [200, known]
}

function visit(hash = ''): Page {
  tab = {
    location: { hash, pathname: '/r/key', search: '' },
    history: { replaceState: () => undefined },
    storage: tab.storage,
  }
  const api = new Api('key', async (path, init) => {
    const headers = init?.headers as Record<string, string>
    const body: unknown = init?.body === undefined ? undefined : JSON.parse(String(init.body))
    asked.push([String(path), body, headers['x-greenroom-session'] ?? null])
    const [status, answer] = answers[String(path)] ?? [404, refusal(404, 'not_found')[1]]
    return new Response(status === 204 ? null : JSON.stringify(answer), { status })
  })
  page = new Page(api, tab, 'key')
  page.root = { replaceChildren: () => undefined, querySelector: () => ({ readyState: 2 }) } as unknown as HTMLElement
  return page
}

beforeEach(() => {
  vi.useFakeTimers()
  played = playBrowser()
  vi.stubGlobal('EventSource', FakeEventSource)
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  sdk = fakeSdk()
  vendor.Video = sdk.Video as unknown as typeof vendor.Video
  asked = []
  answers = { '/api/door': [200, { sign_in: false }], '/api/rooms/key/token': [200, { token: 'token' }] }
  tab = { storage: storage({ 'greenroom.sid.key': 'mine' }) } as unknown as Tab
  lobby(facts())
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('who may not come in as this account is offered another, where one can sign in', async () => {
  answers['/api/rooms/key'] = refusal(403, 'not_allowed')
  await visit().enter()
  expect(page.signIn).toBe(false)
  answers['/api/door'] = [200, { sign_in: true }]
  await page.enter()
  expect([page.state.at, page.signIn]).toEqual(['failed', true])
})

it('who is back from Discord without a session is told so, and nothing is asked', () => {
  visit().sentBack('wrong_browser')
  expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'wrong_browser' } })
  expect(asked).toEqual([])
})

async function inLobby(): Promise<void> {
  await visit().enter()
  expect(page.state.at).toBe('lobby')
}

async function inCall(): Promise<void> {
  await inLobby()
  const joined = page.join()
  await settle()
  sdk.room.connects()
  sdk.room.admits()
  await joined
  expect(page.state.at).toBe('call')
}

describe('somebody who skips the lobby', () => {
  function usually(kind: 'microphone' | 'camera'): void {
    played.local.setItem('greenroom.skip-lobby', 'yes')
    played.local.setItem('greenroom.devices', JSON.stringify({ [kind]: { id: '', label: '', on: true } }))
    played.permissions.become('granted', kind)
  }

  it('comes straight in with what was on last time, opened once', async () => {
    usually('microphone')
    const entering = visit().enter()
    await settle()
    sdk.room.connects()
    sdk.room.admits()
    await entering
    expect(page.state.at).toBe('call')
    expect(sdk.room.join.mock.lastCall?.[0]).toMatchObject({ audio: { echoCancellation: true }, video: false })
    expect(played.devices.getUserMedia).not.toHaveBeenCalled()
  })

  it('sees the lobby where nothing is on: the browser would keep such a call silent', async () => {
    played.local.setItem('greenroom.skip-lobby', 'yes')
    await inLobby()
    expect(paths()).not.toContain('/api/rooms/key/token')
  })

  it('sees the lobby where the call is recorded', async () => {
    usually('camera')
    lobby(facts({ session: { recording: true } }))
    await inLobby()
    expect([page.preview.camera.on, played.devices.open]).toEqual([true, 1])
  })

  it('can stop doing so', async () => {
    await inLobby()
    page.skip(true)
    expect(visit().skips).toBe(true)
    page.skip(false)
    expect(visit().skips).toBe(false)
  })
})

describe('coming in', () => {
  it('a link becomes a session, the session the lobby, and the lobby listens', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    tab.storage.setItem('greenroom.ticket.key', '{"ticket":"t","nonce":"n"}')
    answers['/api/session'] = [200, { sid: 'fresh' }]
    await inLobby()
    expect(asked.map(([path, , sid]) => [path, sid])).toEqual([
      ['/api/session', null],
      ['/api/rooms/key', 'fresh'],
    ])
    expect(FakeEventSource.last.url).toBe('/api/rooms/key/stream?sid=fresh')
  })

  it('a browser that is known keeps the session the server chose', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    lobby(facts({ sid: 'chosen' }))
    await inLobby()
    expect(tab.storage.getItem('greenroom.sid.key')).toBe('chosen')
    expect(FakeEventSource.last.url).toContain('sid=chosen')
  })

  it('a stranger stands before the door', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    answers['/api/rooms/key'] = refusal(401, 'signed_out')
    answers['/api/door'] = [200, { sign_in: true }]
    await visit().enter()
    expect(page.state).toEqual({ at: 'door', signIn: true, signedOut: false })
  })

  it('a used link leads on for whoever is in already', async () => {
    tab.storage.setItem('greenroom.ticket.key', '{"ticket":"t","nonce":"n"}')
    answers['/api/session'] = refusal(410, 'ticket_used')
    await visit().enter()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'ticket_used', reference: '7F3K-92' } })
    expect(page.other).toEqual({ name: 'Mira', sid: 'mine' })
    await page.continueAsOther()
    expect(page.state.at).toBe('lobby')
  })

  it('a browser that is somebody else by now asks whether to go on as that person', async () => {
    const { api } = visit()
    const ask = api.facts.bind(api)
    api.facts = () => (api.sid === 'mine' ? Promise.reject(new ApiError(409, 'session_changed', '')) : ask())
    lobby(facts({ you: { name: 'Odo' }, sid: 'odos' }))
    await page.enter()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'session_changed' } })
    expect(page.other).toEqual({ name: 'Odo', sid: 'odos' })
    await page.continueAsOther()
    expect([page.state.at, page.api.sid]).toEqual(['lobby', 'odos'])
  })

  it('a server that does not answer is asked again, behind the same screen', async () => {
    answers['/api/rooms/key'] = refusal(503, 'discord_unavailable')
    await visit().enter()
    expect([page.state.at, page.countdown]).toEqual(['failed', 5])
    await settle(3_000)
    expect(page.countdown).toBe(2)
    lobby(facts())
    await settle(2_000)
    expect([page.state.at, page.countdown]).toEqual(['lobby', null])
  })
})

describe('going in', () => {
  it('takes a token, the seat, and tells the server to look', async () => {
    await inCall()
    expect(sdk.room.options).toMatchObject({ token: 'token' })
    expect(navigator.sendBeacon).toHaveBeenCalledOnce()
  })

  it('gives camera and microphone back before the SDK takes them', async () => {
    await inLobby()
    await page.preview.tryBoth()
    void page.join()
    await settle()
    expect(played.devices.open).toBe(0)
    expect(sdk.room.join.mock.calls[0]?.[0]).toMatchObject({ audio: { echoCancellation: true } })
  })

  it('can be broken off: back in the lobby, the devices too', async () => {
    await inLobby()
    await page.preview.turn('camera', true)
    const joining = page.join()
    await settle()
    await page.cancel()
    await joining
    expect([page.state.at, played.devices.open]).toEqual(['lobby', 1])
  })

  it('makes a room that is gone again, once', async () => {
    await inLobby()
    const joined = page.join()
    await settle()
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, { room_missing: true }])
    expect(sdk.rooms).toHaveLength(2)
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'room_missing' }, attempt: 'join' })
  })

  it('with a camera that will not open comes back to the lobby, which says so', async () => {
    await inLobby()
    await page.preview.turn('camera', true)
    const joined = page.join()
    await settle()
    played.devices.trouble.video = new DOMException('', 'NotReadableError')
    sdk.room.joined.reject(new DOMException('', 'NotReadableError'))
    await joined
    expect(page.state.at).toBe('lobby')
    expect(page.preview.camera.problem).toBe('busy')
  })

  it('to a locked room waits until it is unlocked', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(423, 'room_locked')
    await page.join()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'room_locked' } })
    answers['/api/rooms/key/token'] = [200, { token: 'token' }]
    FakeEventSource.last.says('lobby', facts({ session: { locked: true } }))
    expect(page.state.at).toBe('failed')
    FakeEventSource.last.says('lobby', facts())
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('behind a door that a moderator opens asks, and goes in when it is opened', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(423, 'knock_first')
    await page.join()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'knock_first' } })
    answers['/api/rooms/key/actions/knock'] = [202, { door: 'waiting' }]
    answers['/api/rooms/key'] = [200, facts({ session: { door: 'waiting' } })]
    await page.knock()
    expect(page.state).toMatchObject({ at: 'failed', facts: { session: { door: 'waiting' } } })
    answers['/api/rooms/key/token'] = [200, { token: 'token' }]
    FakeEventSource.last.says('lobby', facts())
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('where too many wait says so', async () => {
    await inLobby()
    answers['/api/rooms/key/actions/knock'] = refusal(429, 'door_busy')
    await page.knock()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'door_busy' } })
  })

  it('with a token that ran out meanwhile takes another, once', async () => {
    await inLobby()
    const joined = page.join()
    const stale = { name: 'AuthError', code: -32002, message: 'expired' }
    await settle()
    sdk.room.joined.reject(stale)
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, {}])
    sdk.room.joined.reject(stale)
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'token_refused' } })
  })

  it('after the end says that it has ended', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(410, 'room_ended')
    await page.join()
    expect(page.state.at).toBe('ended')
  })

  it('is offered as a move to who is inside elsewhere', async () => {
    lobby(facts({ session: { state: 'live', people: [person('Odo'), person('Mira')] } }))
    await inLobby()
    expect(page.elsewhere).toBe(true)
    FakeEventSource.last.says('lobby', facts({ session: { state: 'live', people: [person('Odo')] } }))
    expect(page.elsewhere).toBe(false)
  })

  it('with a relay out of reach needs a new page: the SDK would go on for ever', async () => {
    await inLobby()
    const joined = page.join()
    await settle(12_000)
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'video_unreachable' } })
    await page.tryAgain()
    expect(window.location.reload).toHaveBeenCalledOnce()
  })

  it('to a call of more than eight with the microphone on: muted, but not after a break', async () => {
    const people = Array.from({ length: 9 }, (_, at) => person(`P${at}`))
    lobby(facts({ session: { state: 'live', people } }))
    await inLobby()
    await page.preview.turn('microphone', true)
    const audio = async (): Promise<unknown> => {
      const joined = page.join()
      await settle()
      sdk.room.connects()
      sdk.room.admits()
      await joined
      return sdk.room.join.mock.calls[0]?.[0]['audio']
    }
    expect(await audio()).toBe(false)
    await page.seat.toggle('microphone')
    sdk.room.emit('room.left')
    expect(await audio()).not.toBe(false)
  })

  it('to a call of eight others and oneself on another device: heard', async () => {
    const people = ['Mira', ...'ABCDEFGH'].map(person)
    lobby(facts({ session: { state: 'live', people } }))
    await inLobby()
    await page.preview.turn('microphone', true)
    void page.join()
    await settle()
    expect(sdk.room.join.mock.calls[0]?.[0]['audio']).not.toBe(false)
  })

  /** The stopped clock keeps no marks. */
  function keepMarks(): void {
    const marks: { name: string; startTime: number }[] = []
    const mark = (name: string): PerformanceMark => marks[marks.push({ name, startTime: performance.now() }) - 1] as PerformanceMark
    vi.spyOn(performance, 'mark').mockImplementation(mark)
    vi.spyOn(performance, 'getEntriesByName').mockImplementation((name) => marks.filter((each) => each.name === name) as PerformanceEntryList)
  }

  it('tells the server how long it took, when the first frame is there', async () => {
    answers['/api/rooms/key/joined'] = [204, null]
    keepMarks()
    await inCall()
    expect(paths()).not.toContain('/api/rooms/key/joined')
    sdk.room.emit('track', { track: { kind: 'video' } })
    await settle(100)
    const [, times] = asked.find(([path]) => path.endsWith('/joined')) ?? []
    expect(times).toEqual({ token: expect.any(Number), connected: expect.any(Number), joined: expect.any(Number), picture: expect.any(Number) })
  })

  it('of whom nobody sees a thing is told without a picture, after a while', async () => {
    keepMarks()
    await inCall()
    await settle(16_000)
    expect(asked.find(([path]) => path.endsWith('/joined'))?.[1]).toMatchObject({ picture: null })
  })

  it('twice is once', async () => {
    await inCall()
    await page.join()
    expect(paths().filter((path) => path.endsWith('/token'))).toHaveLength(1)
  })
})

describe('coming out', () => {
  it('by Leave says goodbye to the service and tells the server to look', async () => {
    await inCall()
    page.leave()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'left' })
    expect(navigator.sendBeacon).toHaveBeenCalledTimes(2)
  })

  it('because the tab goes away too', async () => {
    await inCall()
    page.goingAway()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'paused' })
  })

  it('by lost media: brought back by itself once, then by a press', async () => {
    await inCall()
    sdk.room.emit('room.left')
    await settle(1_000)
    expect([page.state.at, sdk.rooms.length]).toEqual(['joining', 2])
    sdk.room.connects()
    sdk.room.admits()
    await settle()
    expect(page.state.at).toBe('call')
    sdk.room.emit('room.left')
    await settle(10_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'lost' })
  })

  it('by a lost network: brought back when that is back', async () => {
    await inCall()
    answers['/api/rooms/key'] = refusal(503, 'video_unavailable')
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'lost' })
    FakeEventSource.last.says('open', null)
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('is explained by the end, which the server tells when it is asked', async () => {
    await inCall()
    lobby(facts({ session: { state: 'ended' } }))
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state.at).toBe('ended')
  })

  it('is explained by the stream, before or after the goodbye', async () => {
    await inCall()
    FakeEventSource.last.says('ended', { minutes: 42 })
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'ended', minutes: 42 })
  })

  it.each([
    ['removed', 'failed'],
    ['signed_out', 'door'],
  ])('because the server says %s: hung up, and told why', async (code, at) => {
    await inCall()
    FakeEventSource.last.says('removed', refusal(403, code)[1])
    await settle(1_000)
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state.at).toBe(at)
    if (page.state.at === 'failed') expect(page.state.problem).toMatchObject({ code, reference: '7F3K-92' })
    expect(FakeEventSource.last.closed).toBe(true)
  })

  it('because the channel was closed to them: that is what they are told', async () => {
    await inCall()
    FakeEventSource.last.says('removed', refusal(403, 'not_allowed')[1])
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'withdrawn', reference: '7F3K-92' } })
  })

  it('in a window behind another one is a break like any other; a phone put the call to sleep', async () => {
    await inCall()
    Object.assign(document, { visibilityState: 'hidden' })
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state.at).toBe('joining')
    sdk.room.connects()
    sdk.room.admits()
    await settle()
    vi.stubGlobal('matchMedia', () => ({ matches: true }))
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'paused' })
  })

  it('because it moved: its own screen, and one press fetches it back', async () => {
    await inCall()
    sdk.room.updates({ id: 'me', meta: { discord_user_id: 'id-Mira' } })
    const first = sdk.room
    first.emit('member.joined', { member: { id: 'phone', meta: { discord_user_id: 'id-Mira', moves: true } } })
    await settle(2_000)
    expect(first.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'moved' })
    void page.moveHere()
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, { moves: true }])
  })

  it('and in again with the same seat', async () => {
    await inCall()
    sdk.room.emit('room.left')
    const joined = page.join()
    await settle()
    sdk.room.connects()
    sdk.room.admits()
    await joined
    expect([page.state.at, sdk.rooms.length]).toEqual(['call', 2])
  })
})

describe('a role that changes in the call', () => {
  const you = (role: Facts['you']['role']): Facts => facts({ you: { ...facts().you, role } })

  it('with less to do: the call goes on with another room token', async () => {
    answers['/api/rooms/key/token'] = [200, { token: 'first', role: 'moderator' }]
    await inCall()
    const first = sdk.room
    answers['/api/rooms/key/token'] = [200, { token: 'second', role: 'member' }]
    lobby(you('member'))
    FakeEventSource.last.says('role', {})
    await settle(1_000)
    expect(first.leave).toHaveBeenCalledOnce()
    expect(sdk.room).not.toBe(first)
    expect(paths().filter((path) => path.endsWith('/token'))).toHaveLength(2)
    expect(['joining', 'call']).toContain(page.state.at)
  })

  it('with more, or the same: nobody is interrupted', async () => {
    answers['/api/rooms/key/token'] = [200, { token: 'first', role: 'member' }]
    await inCall()
    lobby(you('moderator'))
    FakeEventSource.last.says('role', {})
    await settle(1_000)
    expect(sdk.room.leave).not.toHaveBeenCalled()
    expect(page.state.at).toBe('call')
  })
})

describe('a stream that is refused', () => {
  const refused = async (answer: Answer): Promise<void> => {
    answers['/api/rooms/key'] = answer
    FakeEventSource.last.readyState = 2
    FakeEventSource.last.says('error', null)
    await settle()
  }

  it('throws nobody out of a call for a server in trouble, nor for a lost session', async () => {
    await inCall()
    await refused(refusal(503, 'discord_unavailable'))
    await refused(refusal(401, 'signed_out'))
    expect([page.state.at, page.live]).toEqual(['call', false])
  })

  it('throws out whoever may not be there', async () => {
    await inCall()
    await refused(refusal(403, 'removed'))
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'removed' } })
  })

  it('in the lobby leads to the door', async () => {
    await inLobby()
    await refused(refusal(401, 'signed_out'))
    expect(page.state).toMatchObject({ at: 'door', signedOut: true })
  })
})

it('signing out closes the devices and stands before the door', async () => {
  answers['/api/session/end'] = [204, null]
  await inLobby()
  await page.preview.tryBoth()
  await page.signOut()
  expect(page.state).toMatchObject({ at: 'door', signedOut: false })
  expect([played.devices.open, tab.storage.getItem('greenroom.sid.key')]).toEqual([0, null])
})
