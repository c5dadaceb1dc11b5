// A call over the scripted SDK, and what it tells.
import { afterEach, beforeEach, vi } from 'vitest'
import type { CallEvent, CallView } from '../src/call.ts'
import { Call } from '../src/session.ts'
import { fakeSdk } from './fake-sdk.ts'

export let sdk: ReturnType<typeof fakeSdk>
export let told: CallEvent[]
export let abort: AbortController
export const emptied = vi.fn()
let shown: { readyState: number } | null = null

/** How far the picture of the call is; null: there is none yet. */
export const picture = (readyState: number | null): void => void (shown = readyState === null ? null : { readyState })

beforeEach(() => {
  vi.useFakeTimers()
  sdk = fakeSdk()
  told = []
  shown = null
  abort = new AbortController()
})
afterEach(() => void vi.useRealTimers())

export function joining(media: { audio: boolean; video: boolean } = { audio: true, video: true }): Promise<Call> {
  const joined = Call.join(
    sdk,
    {
      token: 'token',
      root: { replaceChildren: emptied, querySelector: () => shown } as unknown as HTMLElement,
      media,
      speaker: '',
      refresh: async () => 'fresh',
      tell: (event) => void told.push(event),
    },
    abort.signal,
  )
  joined.catch(() => undefined)
  return joined
}

export async function joined(media?: { audio: boolean; video: boolean }, scopes: string[] = []): Promise<Call> {
  const call = joining(media)
  sdk.room.permissions = scopes
  sdk.room.connects()
  sdk.room.admits([{ id: 'odo', name: 'Odo', audio_muted: true }])
  return call
}

export const view = (): CallView => {
  const last = told.findLast((event) => event.type === 'view')
  if (!last) throw new Error('no view yet')
  return last.view
}
export const types = (): string[] => told.map(({ type }) => type)
