// One attempt to come in: with a room token to a seat. What another room token mends is tried with one, once. In: a
// token, what it was to be like, where to draw. Out: a seat and the steps on the way there, or the error that says why
// not; after that, how long it took. Comes with the call's own code while the lobby shows.
import { tick } from 'svelte'
import type { Api, RoomToken, Wish } from './api.ts'
import type { Happening } from './machine.ts'
import { JoinFailed, problem } from './problem.ts'
import type { Seat, Watch } from './seat.svelte.ts'

export { Call, loadSdk } from './session.ts'

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

export class Joining {
  private see = (): void => undefined
  private readonly seen = new Promise<void>((see) => (this.see = see))

  constructor(
    private readonly entrance: Entrance,
    private readonly wanted: Wanted,
    private readonly stopped: AbortSignal,
  ) {}

  /** Takes the seat. */
  async goIn({ token }: RoomToken, again = false): Promise<void> {
    const { api, seat, stage } = this.entrance
    const { wish, quietly, happen } = this.wanted
    await stage()
    await tick() // it is there to draw in
    this.stopped.throwIfAborted()
    performance.mark('greenroom:token')
    happen({ type: 'step', step: 'connect' })
    const { root } = this.entrance
    if (!root) throw new JoinFailed(problem('internal'))
    const refresh = async (): Promise<string> => (await api.token()).token
    try {
      await seat.join({ token, root, quietly, refresh, watch: this.watch() }, this.stopped)
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
    const part = await import('./inside.ts').catch(() => null) // then there is one figure less
    await part?.tellJoinTime(this.entrance.api, this.seen, this.stopped)
  }
}
