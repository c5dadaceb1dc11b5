// What the server tells while the page is open: lobby facts, and why a call ended, which the SDK cannot tell.
// In: server-sent events. Out: calls of `Listener`. The browser reconnects by itself after a lost connection; a
// refusal closes the stream for good, so that is opened again here, slower each time.
import type { Facts } from './api.ts'

export interface Listener {
  facts(facts: Facts): void
  /** `deleted`: the room is gone at the video service, and the call with it. */
  ended(minutes: number | null, deleted: boolean): void
  /** No longer let in, with the server's answer as an error of the API would carry it. */
  removed(told: unknown): void
  /** For moderators: somebody may no longer be inside, and could not be put out. */
  lingers(name: string): void
  /** Something else changed (role, lock): ask for the facts. */
  changed(): void
  /** The server refused the stream: ask for the facts, the answer says why. */
  refused(): void
  /** Whether news arrive. */
  live(live: boolean): void
}

export interface Source {
  readonly readyState: number
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void
  close(): void
}

const CLOSED = 2
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 30_000

export function openStream(
  url: () => string,
  listener: Listener,
  connect: (url: string) => Source = (at) => new EventSource(at),
): { close(): void } {
  let source: Source | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = FIRST_WAIT_MS

  const open = (): void => {
    const opened = connect(url())
    source = opened
    opened.addEventListener('open', () => {
      wait = FIRST_WAIT_MS
      listener.live(true)
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      listener.live(false)
      if (opened.readyState !== CLOSED) return // the browser is at it
      timer = setTimeout(open, wait)
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
      listener.refused()
    })
    opened.addEventListener('lobby', ({ data }) => {
      const facts = parse(data)
      if (isFacts(facts)) listener.facts(facts)
    })
    opened.addEventListener('ended', ({ data }) => {
      const { minutes, room_deleted: deleted } = (parse(data) ?? {}) as { minutes?: unknown; room_deleted?: unknown }
      listener.ended(typeof minutes === 'number' ? minutes : null, deleted === true)
    })
    opened.addEventListener('removed', ({ data }) => listener.removed(parse(data)))
    opened.addEventListener('lingers', ({ data }) => {
      const name = (parse(data) as { name?: unknown } | null)?.name
      if (typeof name === 'string') listener.lingers(name)
    })
    opened.addEventListener('role', () => listener.changed())
    opened.addEventListener('locked', () => listener.changed())
  }
  open()

  return {
    close() {
      clearTimeout(timer)
      source?.close()
      source = null
    },
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}

function isFacts(value: unknown): value is Facts {
  const facts = value as Partial<Facts> | null
  return typeof facts === 'object' && Boolean(facts?.room && facts.you && facts.session)
}
