// One attempt to come in: with a room token, the call's code and its screen to a seat. What another room token mends is
// tried with one, once. In: a token, what it was to be like, where to draw. Out: a seat and the steps on the way there,
// or the error that says why not; after that, how long it took.
import { tick } from 'svelte'
import type { Api, RoomToken, Wish } from './api.ts'
import type { Happening } from './machine.ts'
import { JoinFailed, problem } from './problem.ts'
import type { Seat, Watch } from './seat.svelte.ts'

/** A room that is gone at the video service is made again; a token may run out while a browser asks its person. */
const AGAIN: ReadonlySet<string> = new Set(['room_missing', 'token_refused'])

/** What it needs of the page. */
export interface Entrance {
  readonly api: Api
  readonly seat: Seat
  /** Where the SDK draws. */
  readonly root: HTMLElement | null
  /** Fetches the call's screen. */
  stage: () => Promise<void>
}

export interface Wanted {
  wish: Wish
  /** Many are inside: the microphone stays off. */
  quietly: boolean
  /** The page hears the steps, and what becomes of the call. */
  happen: (happening: Happening) => void
  over: () => void
  moved: () => void
}

/** The call's code, its screen and the SDK, which the lobby does without. */
export const warm = async ({ seat, stage }: Entrance): Promise<unknown> => Promise.all([seat.warm(), stage()])

export class Joining {
  private readonly stopped = new AbortController()
  private see = (): void => undefined
  private readonly seen = new Promise<void>((see) => (this.see = see))

  constructor(
    private readonly entrance: Entrance,
    private readonly wanted: Wanted,
  ) {}

  /** Given up, by the person or because the reason for it is gone. */
  stop(): void {
    this.stopped.abort(new DOMException('stopped', 'AbortError'))
  }

  get isStopped(): boolean {
    return this.stopped.signal.aborted
  }

  /** Takes the seat. */
  async goIn({ token }: RoomToken, again = false): Promise<void> {
    const { api, seat } = this.entrance
    const { wish, quietly, happen } = this.wanted
    await warm(this.entrance)
    await tick() // the call's screen is there to draw in
    const { signal } = this.stopped
    signal.throwIfAborted()
    performance.mark('greenroom:token')
    happen({ type: 'step', step: 'connect' })
    const { root } = this.entrance
    if (!root) throw new JoinFailed(problem('internal'))
    const refresh = async (): Promise<string> => (await api.token()).token
    try {
      await seat.join({ token, root, quietly, refresh, watch: this.watch() }, signal)
    } catch (error) {
      const code = error instanceof JoinFailed ? error.problem.code : ''
      if (again || !AGAIN.has(code)) throw error
      happen({ type: 'step', step: 'token' })
      await this.goIn(await api.token(code === 'room_missing' ? { ...wish, room_missing: true } : wish), true)
    }
  }

  private watch(): Watch {
    const { happen, over, moved } = this.wanted
    return {
      picture: () => this.see(),
      connected: () => happen({ type: 'step', step: 'media' }),
      connection: (connection) => happen({ type: 'connection', connection }),
      over,
      moved,
    }
  }

  /** Tells the server how long it took. */
  async measured(): Promise<void> {
    const part = await import('./jointime.ts').catch(() => null) // then there is one figure less
    await part?.tellJoinTime(this.entrance.api, this.seen, this.stopped.signal)
  }
}
