// What the conductor has around it, scripted: a server, a stream, an SDK and a browser. A test says what they answer,
// and looks at what people see.
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { Api, type Facts } from '../src/api.ts'
import { Page } from '../src/page.svelte.ts'
import '../src/inside.ts'
import '../src/joining.ts' // both fetched before the clocks stand still
import type { Tab } from '../src/ticket.ts'
import { type Played, playBrowser, storage } from './browser.ts'
import { fakeSdk } from './fake-sdk.ts'
import { facts } from './facts.ts'

const vendor = vi.hoisted(() => ({ Video: { RoomSession: class {} } }))
vi.mock('@signalwire/js', () => vendor)

export type Answer = [status: number, body: unknown]
export const refusal = (status: number, code: string, extra = {}): Answer => [
  status,
  { code, message: `${code}.`, reference: '7F3K-92', ...extra },
]

export class FakeEventSource {
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

export let played: Played
export let sdk: ReturnType<typeof fakeSdk>
export let answers: Record<string, Answer>
export let asked: [path: string, body: unknown, sid: string | null][]
export let tab: Tab
export let page: Page

export const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
export const paths = (): string[] => asked.map(([path]) => path)
export const lobby = (known: Facts): void => {
  answers['/api/rooms/key'] = [200, known]
}

export function visit(hash = ''): Page {
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

export async function inLobby(): Promise<void> {
  await visit().enter()
  expect(page.state.at).toBe('lobby')
}

export async function inCall(): Promise<void> {
  await inLobby()
  const joined = page.join()
  await settle()
  sdk.room.connects()
  sdk.room.admits()
  await joined
  expect(page.state.at).toBe('call')
}
