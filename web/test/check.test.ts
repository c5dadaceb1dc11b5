// The connection check in a browser and a network that the test plays.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api } from '../src/api.ts'
import { ConnectionCheck } from '../src/check.svelte.ts'
import { Preview } from '../src/preview.svelte.ts'
import { hostOf } from '../src/probe.ts'
import { type Played, playBrowser } from './browser.ts'

const TURN = { urls: ['turn:relay.example:443?transport=tcp'], username: 'u', credential: 'c' }

class FakeSocket {
  static opened: FakeSocket[] = []
  /** What it answers to the token; `null` never opens. */
  static servers: unknown[] | 'refused' | 'unreachable' | null = []
  onopen = (): void => undefined
  onerror: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage = (_event: { data: string }): void => undefined
  sent: { params: { authentication: { jwt_token: string } } }[] = []
  close = vi.fn()
  constructor(readonly url: string) {
    FakeSocket.opened.push(this)
    if (FakeSocket.servers === 'unreachable') queueMicrotask(() => this.onerror?.())
    else if (FakeSocket.servers !== null) queueMicrotask(() => this.onopen())
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text))
    const { servers } = FakeSocket
    const answer = servers === 'refused' ? { error: { code: -32002 } } : { result: { ice_servers: servers } }
    for (const frame of ['no JSON', JSON.stringify({ id: 'other' }), JSON.stringify({ id: 'check', ...answer })]) {
      this.onmessage({ data: frame })
    }
  }
}

class FakePeer {
  static made: FakePeer[] = []
  /** Types of the candidates each finds, and whether frames arrive. */
  static finds: string[] = ['host']
  static frames = 3
  localDescription = {}
  onicecandidate = (_event: { candidate: { candidate: string; type: string } | null }): void => undefined
  close = vi.fn()
  constructor(readonly configuration: RTCConfiguration) {
    FakePeer.made.push(this)
  }
  createDataChannel(): void {}
  addTrack(): void {}
  addIceCandidate = async (): Promise<void> => undefined
  setRemoteDescription = async (): Promise<void> => undefined
  async setLocalDescription(): Promise<void> {
    for (const type of FakePeer.finds) this.onicecandidate({ candidate: { candidate: `candidate:${type}`, type } })
    this.onicecandidate({ candidate: null })
  }
  getStats = async (): Promise<Map<string, unknown>> =>
    new Map([['in', { type: 'inbound-rtp', framesDecoded: FakePeer.frames }]])
}

let played: Played
let token: [status: number, body: unknown]

function check(watching = false): ConnectionCheck {
  const api = new Api('key', async () => new Response(JSON.stringify(token[1]), { status: token[0] }))
  return new ConnectionCheck(new Preview(), api, 'standup', watching)
}
const outcomes = ({ checks, results }: ConnectionCheck): unknown => Object.fromEntries(checks.map((name) => [name, results[name]?.outcome]))
async function finished(watching = false): Promise<ConnectionCheck> {
  const made = check(watching)
  void made.run()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(made.running).toBe(false)
  return made
}

beforeEach(() => {
  vi.useFakeTimers()
  played = playBrowser()
  FakeSocket.opened = []
  FakeSocket.servers = []
  FakePeer.made = []
  FakePeer.finds = ['host']
  FakePeer.frames = 3
  token = [200, { token: 'head.body.sign' }]
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('RTCPeerConnection', FakePeer)
  vi.stubGlobal('document', {
    ...document,
    createElement: () => ({ getContext: () => null, captureStream: () => ({ getTracks: () => [] }) }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('of somebody for whom all works is all good, and leaves nothing open', async () => {
  const done = await finished()
  expect(outcomes(done)).toEqual({ secure: 'good', microphone: 'good', camera: 'good', token: 'good', socket: 'good', ways: 'good', media: 'good' })
  expect([done.troubles, played.devices.open]).toEqual([0, 0])
  expect(FakeSocket.opened[0]?.sent[0]?.params.authentication.jwt_token).toBe('head.body.sign')
  expect(FakeSocket.opened[0]?.close).toHaveBeenCalled()
  expect(FakePeer.made.every(({ close }) => close.mock.calls.length > 0)).toBe(true)
})

it('of the audience asks for no devices', async () => {
  await finished(true)
  expect(played.devices.getUserMedia).not.toHaveBeenCalled()
})

describe('each part fails for itself', () => {
  it('a microphone that is refused', async () => {
    played.permissions.become('denied', 'microphone')
    played.devices.trouble.audio = new DOMException('', 'NotAllowedError')
    const done = await finished()
    expect(done.results.microphone).toMatchObject({ outcome: 'bad', line: ['page-microphone-denied'] })
    expect(done.troubles).toBe(1)
  })

  it('a room that is locked is reached all the same, and the service without a token', async () => {
    token = [423, { code: 'room_locked', message: '' }]
    const done = await finished()
    expect(done.results.token).toMatchObject({ outcome: 'unsure', line: ['problem-title-room_locked', { room: 'standup' }] })
    expect(outcomes(done)).toMatchObject({ socket: 'good', ways: 'good', media: 'good' })
    expect(FakeSocket.opened[0]?.sent).toEqual([])
  })

  it('a service that does not take the token', async () => {
    FakeSocket.servers = 'refused'
    expect((await finished()).results.socket).toMatchObject({ outcome: 'unsure', line: ['page-check-refused'] })
  })

  it('a service out of reach', async () => {
    FakeSocket.servers = 'unreachable'
    const done = await finished()
    expect(done.results.socket).toMatchObject({ outcome: 'bad', line: ['page-check-no-socket'] })
    expect(outcomes(done)).toMatchObject({ ways: 'good', media: 'good' })
  })

  it('a service that never answers is late', async () => {
    FakeSocket.servers = null
    expect((await finished()).results.socket).toMatchObject({ outcome: 'bad', line: ['page-check-late'], ms: 8_000 })
  })

  it('a browser without a way out', async () => {
    FakePeer.finds = []
    expect((await finished()).results.ways).toMatchObject({ outcome: 'bad', line: ['page-check-no-ways'] })
  })

  it('a relay that is lent but not reached', async () => {
    FakeSocket.servers = [TURN]
    expect((await finished()).results.ways).toMatchObject({ outcome: 'unsure', line: ['page-check-no-relay'] })
  })

  it('a picture that does not come back', async () => {
    FakePeer.frames = 0
    expect((await finished()).results.media).toMatchObject({ outcome: 'bad', line: ['page-check-late'] })
  })

  it('a browser that has no calls at all', async () => {
    vi.stubGlobal('RTCPeerConnection', undefined)
    const done = await finished()
    expect(outcomes(done)).toMatchObject({ ways: 'bad', media: 'bad', socket: 'good' })
  })
})

it('the picture goes through the service’s relay where it lends one', async () => {
  FakeSocket.servers = [TURN]
  FakePeer.finds = ['host', 'srflx', 'relay']
  const done = await finished()
  expect(done.results.ways?.line).toEqual(['page-check-found', { direct: 2, relayed: 1 }])
  expect(FakePeer.made.filter(({ configuration }) => configuration.iceTransportPolicy === 'relay')).toHaveLength(2)
})

it('the report says what failed and how long it took, and names nobody', async () => {
  FakeSocket.servers = 'unreachable'
  const report = (await finished()).report()
  expect(report.split('\n')).toHaveLength(9)
  expect(report).toContain('chrome 140 on linux')
  expect(report).toMatch(/^socket: bad \(page-check-no-socket\), \d+ ms$/m)
  expect(report).toMatch(/^ways: good \(page-check-found direct 1 relayed 0\), \d+ ms$/m)
  expect(report).not.toMatch(/standup|key|head|candidate|127\./)
})

it.each([
  [btoa('{"ch":"ws://127.0.0.1:9"}'), 'ws://127.0.0.1:9'],
  [btoa('{"ch":"javascript:alert(1)"}'), 'wss://relay.signalwire.com'],
  [btoa('{"typ":"VRT"}'), 'wss://relay.signalwire.com'],
  ['not base64 at all', 'wss://relay.signalwire.com'],
  [null, 'wss://relay.signalwire.com'],
])('a token that begins with %s leads to %s', (head, host) => expect(hostOf(head && `${head}.body.sign`)).toBe(host))
