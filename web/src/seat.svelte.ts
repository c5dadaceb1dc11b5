// A person's seat in the call: holds the SDK's call while there is one, its view, and what may be pressed. In: presses
// and `CallEvent`s. Out: reactive state for the call's screen; the page hears how it began and ended.
import type { announce, Asked, Line } from './announce.ts'
import type { CallEvent, CallView } from './call.ts'
import { constraints, type Kind } from './devices.ts'
import { Notices } from './notices.svelte.ts'
import type { Preview } from './preview.svelte.ts'
import { DeviceFailed } from './problem.ts'
import type { Call } from './session.ts'

/** What a call needs and a lobby does not: fetched while the lobby shows. */
const loadCalling = async () => {
  const { Call, Joining, loadSdk } = await import('./joining.ts')
  return { Call, Joining, sdk: await loadSdk() }
}
type Calling = Awaited<ReturnType<typeof loadCalling>>

export interface Watch {
  connected(): void
  connection(connection: 'good' | 'socket' | 'media'): void
  over(): void
  moved(): void
  /** There is something to see. */
  picture(): void
}

/** How one comes to the seat. */
export interface Entry {
  token: string
  root: HTMLElement
  /** Many are inside: the microphone stays off, whatever the lobby had on, and that is said. */
  quietly: boolean
  refresh: () => Promise<string>
  watch: Watch
}

/** Commands under way, so that a button pressed twice asks once. */
type Doing = Kind | 'share' | 'hand' | 'layout' | 'lock'

export class Seat {
  view = $state.raw<CallView | null>(null)
  doing = $state<Partial<Record<Doing, boolean>>>({})
  readonly notices = new Notices()

  private call: Call | null = null
  private leaving: Promise<void> | null = null
  private calling: Promise<Calling> | null = null
  /** What this person asked for last. */
  asked: Asked = { microphone: false, hand: false }
  /** The microphone is on for as long as a key is held (hold.ts). */
  held = false
  private announce: typeof announce | null = null
  private announced: CallView | null = null
  private lock: { release(): Promise<void> } | null = null

  constructor(readonly preview: Preview) {
    document.addEventListener('visibilitychange', () => {
      if (this.call && document.visibilityState === 'visible') void this.stayAwake()
    })
  }

  /** Fetches the SDK while the lobby shows. A failed download is tried again at the next call. */
  warm(): Promise<Calling> {
    this.calling ??= loadCalling().catch((error: unknown) => {
      this.calling = null
      throw error
    })
    return this.calling
  }

  async join({ token, root, quietly, refresh, watch }: Entry, abort: AbortSignal): Promise<void> {
    const { Call, sdk } = await this.warm()
    await this.leaving
    const hushed = quietly && this.preview.microphone.on
    if (hushed) this.preview.microphone.on = false
    const media = this.preview.media()
    this.asked = { microphone: media.audio !== false, hand: false }
    const speaker = this.preview.chosen.speaker
    const tell = (event: CallEvent): void => this.hear(event, watch)
    this.call = await Call.join(sdk, { token, root, media, speaker, refresh, tell }, abort)
    performance.mark('greenroom:joined')
    if (hushed) this.notices.show([['page-said-joined-muted']])
    void this.stayAwake()
    void this.speak()
  }

  get inside(): boolean {
    return this.call !== null
  }

  /** Leaves; the goodbye goes out before anything is waited for, so it also works while the page goes away. */
  leave(): void {
    const call = this.call
    this.forget()
    if (call) this.leaving = call.leave().catch(() => undefined)
  }

  can(scope: string): boolean {
    return this.view?.scopes.has(scope) === true
  }

  get hand(): boolean {
    return this.view?.hand === true
  }

  get sharing(): boolean {
    return this.view?.sharing.has(this.view.self) === true
  }

  toggle(kind: Kind): Promise<void> {
    const on = !this.view?.[kind]
    const turn = async (call: Call): Promise<void> => {
      if (kind === 'microphone') this.asked.microphone = on
      const device = constraints(kind, this.preview.chosen[kind])
      await (kind === 'microphone' ? call.setMicrophone(on, device) : call.setCamera(on, device))
      this.preview.follow(kind, on)
    }
    return this.command(kind, turn, kind)
  }

  toggleShare(): Promise<void> {
    const stop = this.sharing
    return this.command('share', (call) => (stop ? call.stopSharing() : call.share()))
  }

  toggleHand(): Promise<void> {
    const raised = !this.hand
    this.asked.hand = raised
    return this.command('hand', (call) => call.raiseHand(raised))
  }

  /** Where the call is drawn. */
  get picture(): HTMLVideoElement | null {
    return this.call?.picture ?? null
  }

  /** Asks the call for something, once at a time; what comes of it in words, where it fails. `kind`: with a device. */
  async command(doing: Doing | null, run: (call: Call) => Promise<void>, kind?: Kind): Promise<void> {
    if (!this.call || (doing && this.doing[doing])) return
    if (doing) this.doing[doing] = true
    try {
      await run(this.call)
    } catch (error) {
      console.warn('greenroom: a command failed', error)
      if (!this.call) return // it failed because the call is over
      const line: Line = error instanceof DeviceFailed && kind ? [`page-${kind}-${error.reason}`] : ['page-command-failed']
      this.notices.show([line])
    } finally {
      if (doing) this.doing[doing] = false
    }
  }

  private hear(event: CallEvent, watch: Watch): void {
    switch (event.type) {
      case 'connected':
        performance.mark('greenroom:connected')
        return watch.connected()
      case 'view':
        this.view = event.view
        this.say()
        // Who comes back after a break comes back as they were, a moderator's mute included.
        if (!this.held) this.preview.microphone.on = event.view.microphone
        this.preview.camera.on = event.view.camera
        return
      case 'picture':
        performance.mark('greenroom:picture')
        return watch.picture()
      case 'connection':
        return watch.connection(event.connection)
      case 'moved':
        return watch.moved()
      case 'over':
        this.forget()
        return watch.over()
    }
  }

  private forget(): void {
    this.call = null
    this.view = this.announced = null
    this.held = false
    this.doing = {}
    void this.lock?.release().catch(() => undefined)
    this.lock = null
  }

  /** Says what changed since it was last said; what changes before the words for it are there is said with them. */
  private say(): void {
    const { view } = this
    this.announced ??= view
    if (!this.announce || !this.announced || !view) return
    this.notices.show(this.announce(this.announced, view, this.asked))
    this.announced = view
  }

  /** What changes is said from now on, and devices are watched; a call without either is one still. */
  private async speak(): Promise<void> {
    if (this.announce) return
    try {
      const { announce, watchDevices } = await import('./inside.ts')
      this.announce = announce
      this.say()
      watchDevices(this)
    } catch {
      // They come at the next call.
    }
  }

  /** A call is watched, not touched: the screen must not go dark. */
  private async stayAwake(): Promise<void> {
    try {
      const lock = (await navigator.wakeLock?.request('screen')) ?? null
      if (this.call) this.lock = lock
      else await lock?.release() // the call was over before
    } catch {
      // Low battery or an old browser: no harm.
    }
  }
}
