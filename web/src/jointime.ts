// How long it took to come in, from the browser's own marks. In: the marks of the last joining. Out: milliseconds
// since the press, for the server's figures; nothing where they make no sense.
import type { Api, JoinTimes } from './api.ts'

/** After that no first frame is waited for. */
const FRAME_WITHIN_MS = 15_000
/** Longer is no waiting any more, but a laptop that was closed meanwhile. */
const LONGEST_MS = 120_000

/** `marks`: when something of that name last happened, if it did. */
export function joinTimes(marks: (name: string) => number | undefined): JoinTimes | null {
  const pressed = marks('pressed')
  const since = (name: string): number | null => {
    const at = marks(name)
    return at === undefined || pressed === undefined || at < pressed ? null : Math.round(at - pressed)
  }
  const [token, connected, joined, seen] = [since('token'), since('connected'), since('joined'), since('picture')]
  if (token === null || connected === null || joined === null) return null
  // With some answers the SDK shows the first frame before it says that one is inside.
  const picture = seen === null ? null : Math.max(seen, joined)
  const inOrder = token <= connected && connected <= joined
  return inOrder && (picture ?? joined) <= LONGEST_MS ? { token, connected, joined, picture } : null
}

/** Tells the server, once the first frame was `seen` or none will come. */
export async function tellJoinTime(api: Api, seen: Promise<void>, abort: AbortSignal): Promise<void> {
  await Promise.race([seen, new Promise((later) => setTimeout(later, FRAME_WITHIN_MS))])
  if (abort.aborted || document.visibilityState !== 'visible') return // a hidden page draws no frame
  const times = joinTimes(lastMark)
  if (times) api.joined(times)
}

const lastMark = (name: string): number | undefined =>
  performance.getEntriesByName(`greenroom:${name}`).at(-1)?.startTime
