// The conductor: turns presses, answers, server events and the call's events into happenings of machine.ts, and does
// what each state needs (redeem, ask, listen, join, try again). In: a room key and the browser. Out: `state` to draw.
import { type Api, ApiError, type Facts, type Role, type RoomToken, type Wish } from './api.ts'
import { Countdown } from './countdown.svelte.ts'
import { localStore } from './devices.ts'
import type { Joining } from './joining.ts'
import { factsOf, type Happening, isInside, type Leaving, next, start, type State } from './machine.ts'
import { Preview } from './preview.svelte.ts'
import { DeviceFailed, fromApi, fromStream, JoinFailed, type Problem, problem, remedy } from './problem.ts'
import { Seat } from './seat.svelte.ts'
import { openStream } from './stream.ts'
import { redeem, rememberSession, sessionOf, type Tab, takeTicket } from './ticket.ts'

/** From least to most. */
const ROLES: Role[] = ['audience', 'member', 'moderator']

const SKIPS_AT = 'greenroom.skip-lobby'

/** With more inside than this, one more comes in muted. */
const MANY = 8

/** Who lost the call is brought back by the page itself, but not again within this time: then by a press. */
const BACK_AGAIN_MS = 60_000

/** How long the server may need to explain an end that the SDK cannot (removed, ended): then we ask. */
const EXPLAIN_AFTER_MS = 700

export class Page {
  state = $state.raw<State>(start)
  /** Whether the server's news arrive. */
  live = $state(true)
  /** Who this browser is now, where that is somebody else than the tab's or the link's person. */
  other = $state.raw<{ name: string; sid: string | null } | null>(null)
  /** Whether "Sign in with Discord" is there, where no facts say it. */
  signIn = $state(false)
  /** Whether this browser comes straight in next time, past the lobby. */
  skips = $state(localStore()?.getItem(SKIPS_AT) === 'yes')
  /** Where the SDK draws; set by the call's screen. */
  root: HTMLElement | null = null
  /** Fetches the call's screen; set by the app. */
  stage: () => Promise<void> = async () => undefined

  readonly preview = new Preview()
  readonly seat = new Seat(this.preview)

  private stream: { close(): void } | null = null
  /** Until the page tries again by itself, or a person may. */
  private readonly waiting = new Countdown()
  private joining: AbortController | null = null
  private joinedAs: Role | null = null
  private wish: Wish = {}
  private backAt = Number.NEGATIVE_INFINITY

  constructor(
    readonly api: Api,
    private readonly tab: Tab,
    private readonly key: string,
  ) {}

  get facts(): Facts | null {
    return factsOf(this.state)
  }

  get countdown(): number | null {
    return this.waiting.left
  }

  private happen(happening: Happening): void {
    this.state = next(this.state, happening)
  }

  // Getting in -----------------------------------------------------------------------------------------------------

  /**
   * From the link or the tab's session to the lobby, or to the screen that says why not. `quietly`: behind the screen
   * of the last failure, so that the page does not flicker while it tries.
   */
  async enter(quietly = false): Promise<void> {
    this.waiting.stop()
    // No room's address: nobody is refused anything, and there is nothing to sign in for.
    if (!this.key) return this.happen({ type: 'door', signIn: false, signedOut: false })
    if (!quietly) this.happen({ type: 'again' })
    try {
      this.api.sid = sessionOf(this.tab, this.key)
      await redeem(this.tab, this.key, this.api)
      this.api.sid = sessionOf(this.tab, this.key)
      const facts = await this.api.facts()
      if (quietly) this.happen({ type: 'again' })
      this.other = null
      await this.arrive(facts)
    } catch (error) {
      await this.refused(error)
    }
  }

  /** A new link was pasted into this tab. */
  async hashChanged(): Promise<void> {
    if (!takeTicket(this.tab, this.key)) return
    if (isInside(this.state)) this.leave()
    await this.enter()
  }

  /** Discord's sign-in came to nothing. */
  sentBack(code: string): void {
    this.fail(problem(code), 'enter')
  }

  private async arrive(facts: Facts): Promise<void> {
    if (facts.sid !== undefined && this.api.sid === null) this.adopt(facts.sid)
    this.happen({ type: 'facts', facts })
    this.listen()
    if (this.state.at !== 'lobby') return
    this.seat.warm().catch(() => undefined) // joining will say it
    if (facts.you.role === 'audience') return
    const straight = this.skips && !facts.session.recording && !this.elsewhere
    if (straight) this.preview.close() // no device is opened twice
    await this.preview.restore()
    if (!straight) return
    // A page without a press may play no sound unless it captures some: with nothing on, the lobby stays.
    const { audio, video } = this.preview.media()
    if (audio || video) await this.join()
    else await this.preview.reopen()
  }

  skip(skips: boolean): void {
    this.skips = skips
    try {
      localStore()?.setItem(SKIPS_AT, skips ? 'yes' : 'no')
    } catch {
      // Full or forbidden: the next visit shows the lobby.
    }
  }

  private adopt(sid: string | null): void {
    this.api.sid = sid
    rememberSession(this.tab, this.key, sid)
  }

  private async refused(error: unknown): Promise<void> {
    const trouble = fromApi(error)
    if (trouble.code === 'signed_out') return this.toDoor(true)
    if (trouble.code === 'session_changed') await this.meetOther(null)
    // A used link in a browser that is already somebody here: offer to go on as that person.
    if (trouble.code === 'ticket_used' || trouble.code === 'ticket_expired') await this.meetOther(this.api.sid)
    // Whoever is nobody here may be somebody under another account.
    if (remedy(trouble) === 'sign-in' && !this.facts) this.signIn = await this.door()
    this.fail(trouble, 'enter')
  }

  private async door(): Promise<boolean> {
    return (await this.api.door().catch(() => ({ sign_in: false }))).sign_in
  }

  private async toDoor(signedOut: boolean): Promise<void> {
    this.stream?.close()
    const signIn = await this.door()
    this.happen({ type: 'door', signIn, signedOut: signedOut && this.api.sid !== null })
  }

  private async meetOther(sid: string | null): Promise<void> {
    const before = this.api.sid
    this.api.sid = sid
    try {
      const facts = await this.api.facts()
      this.other = { name: facts.you.name, sid: facts.sid ?? sid }
    } catch {
      this.other = null
    }
    this.api.sid = before
  }

  async continueAsOther(): Promise<void> {
    this.adopt(this.other?.sid ?? null)
    await this.enter()
  }

  async signOut(): Promise<void> {
    await this.api.signOut().catch(() => undefined)
    this.adopt(null)
    this.preview.close()
    await this.toDoor(false)
  }

  // News from the server -------------------------------------------------------------------------------------------

  private listen(): void {
    this.stream?.close()
    this.stream = openStream(() => this.api.streamUrl(), {
      facts: (facts) => this.hear(facts),
      ended: (minutes, deleted) => this.ended(minutes, deleted),
      removed: (told) => this.thrownOut(fromStream(told)),
      lingers: (name) => this.seat.notices.show([['page-said-kept-out', { name }]]),
      changed: () => void this.ask(),
      refused: () => void this.ask(),
      live: (live) => {
        this.live = live
        if (live) void this.comeBack() // the network that took the call is back
      },
    })
  }

  private hear(facts: Facts): void {
    this.happen({ type: 'facts', facts })
    // Told in the call too, but not where its socket is dead.
    if (this.state.at === 'call' && facts.moved?.includes(this.seat.view?.self ?? '')) return this.leave('moved')
    // A room token can't be taken back: with less to do, the call goes on with another.
    if (this.state.at === 'call' && this.joinedAs && ROLES.indexOf(facts.you.role) < ROLES.indexOf(this.joinedAs)) {
      this.stop()
      this.happen({ type: 'over', why: 'lost' })
      void this.join()
    }
    if (this.state.at !== 'failed' || this.state.attempt !== 'join') return
    const { door, full } = facts.session
    const { code } = this.state.problem
    const shut = code === 'room_locked' || code === 'knock_first'
    if ((shut && door === 'open') || (code === 'room_full' && !full)) void this.tryAgain()
  }

  /** Asks the moderators to be let in; the answer comes with the server's news. */
  async knock(): Promise<void> {
    try {
      await this.api.knock()
      await this.ask()
    } catch (error) {
      this.fail(fromApi(error), 'join')
    }
  }

  /** Asks how things are, where something said that they changed; whether that is known now. */
  private async ask(): Promise<boolean> {
    try {
      this.hear(await this.api.facts())
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0 || error.status >= 429) return false // the stream tries again
      // In the call a lost session is no reason to hang up; being thrown out is.
      if (isInside(this.state) && error.status !== 403) return false
      this.thrownOut(fromApi(error))
      return false
    }
  }

  private thrownOut(trouble: Problem): void {
    const wasInside = isInside(this.state)
    this.stop()
    this.stream?.close() // it would only be refused again
    if (trouble.code === 'room_ended') return this.ended(null)
    if (trouble.code === 'signed_out') return void this.toDoor(true)
    if (trouble.code === 'session_changed') return void this.refused(new ApiError(409, trouble.code, ''))
    this.waiting.stop()
    // Who was inside a moment ago knows that the room exists.
    const withdrawn = trouble.code === 'not_allowed' && wasInside
    this.happen({ type: 'removed', problem: withdrawn ? { ...trouble, code: 'withdrawn' } : trouble })
  }

  private ended(minutes: number | null, deleted = false): void {
    this.waiting.stop()
    this.happen({ type: 'ended', minutes, deleted })
    this.stop()
  }

  // The call -------------------------------------------------------------------------------------------------------

  /** Joins with what the lobby has on. `token`: one that a quiet retry already got. */
  async join(token?: RoomToken, wish: Wish = {}): Promise<void> {
    if (isInside(this.state) || !this.facts) return
    performance.mark('greenroom:pressed')
    this.wish = wish
    const quietly = this.isNewcomer() && this.others().length > MANY
    const stopped = new AbortController()
    this.joining = stopped
    this.waiting.stop()
    this.happen({ type: 'join' })
    this.preview.close()
    try {
      const minted = token ?? (await this.api.token(wish))
      this.joinedAs = minted.role
      const joining = await this.attempt(wish, quietly, stopped.signal)
      await joining.goIn(minted)
      this.happen({ type: 'joined' })
      this.api.look()
      // A quiet retry has no press to count from.
      if (!token) void joining.measured()
    } catch (error) {
      if (!stopped.signal.aborted) await this.joinFailed(error)
    } finally {
      if (this.joining === stopped) this.joining = null
    }
  }

  private async attempt(wish: Wish, quietly: boolean, stopped: AbortSignal): Promise<Joining> {
    const { Joining } = await this.seat.warm()
    const wanted = {
      wish,
      quietly,
      happen: (happening: Happening) => this.happen(happening),
      over: () => void this.over(isPutToSleep() ? 'paused' : 'lost'),
      moved: () => this.leave('moved'),
    }
    return new Joining(this, wanted, stopped)
  }

  /** Not back from a break: whoever was heard before it is heard after it. */
  private isNewcomer(): boolean {
    return this.state.at !== 'left' || this.state.why === 'left'
  }

  private others(): Facts['session']['people'] {
    return this.facts?.session.people.filter(({ user_id }) => user_id !== this.facts?.you.id) ?? []
  }

  private async joinFailed(error: unknown): Promise<void> {
    if (error instanceof DeviceFailed) {
      // Back to the lobby, where the device that will not open says so itself.
      this.happen({ type: 'cancelled' })
      return this.preview.reopen()
    }
    if (error instanceof JoinFailed) {
      this.fail(error.problem, 'join')
      return this.refer(error.problem)
    }
    if (error instanceof ApiError) {
      const trouble = fromApi(error)
      if (trouble.code === 'room_ended') return this.ended(null)
      if (trouble.code === 'signed_out' || trouble.code === 'session_changed') return this.refused(error)
      return this.fail(trouble, 'join')
    }
    console.error('greenroom: joining failed', error)
    const trouble = problem('page_incomplete')
    this.fail(trouble, 'join')
    return this.refer(trouble)
  }

  async cancel(): Promise<void> {
    this.joining?.abort(new DOMException('over', 'AbortError'))
    this.happen({ type: 'cancelled' })
    await this.preview.reopen()
  }

  leave(why: Leaving = 'left'): void {
    this.happen({ type: 'over', why })
    this.stop()
    this.api.look()
  }

  /** Whether this person is in the call with something else than this page. */
  get elsewhere(): boolean {
    const { facts } = this
    return !isInside(this.state) && facts !== null && facts.session.people.some(({ user_id }) => user_id === facts.you.id)
  }

  /** Joins here; what was inside before leaves when this is in. */
  moveHere(): Promise<void> {
    return this.join(undefined, { moves: true })
  }

  /** Hangs up whatever there is, without saying why. */
  private stop(): void {
    this.joining?.abort(new DOMException('over', 'AbortError'))
    this.seat.leave()
  }

  private async over(why: Leaving): Promise<void> {
    if (!isInside(this.state)) return // we hung up ourselves, and said why
    this.happen({ type: 'over', why })
    this.api.look()
    await new Promise((later) => setTimeout(later, EXPLAIN_AFTER_MS))
    if (this.state.at !== 'left') return
    const known = await this.ask()
    if (this.state.at !== 'left') return
    // The call broke off because the session is over: then that is the news.
    if (this.state.facts.session.state === 'ended') return this.ended(null)
    if (known) await this.comeBack()
  }

  /** The vendor cannot mend a call whose media broke; another one can. */
  private async comeBack(): Promise<void> {
    const now = performance.now()
    if (this.state.at !== 'left' || this.state.why !== 'lost' || now - this.backAt < BACK_AGAIN_MS) return
    this.backAt = now
    await this.join()
  }

  async toLobby(): Promise<void> {
    this.waiting.stop()
    this.happen({ type: 'lobby' })
    if (this.facts?.you.role !== 'audience') await this.preview.reopen()
  }

  /** The page goes away, or is put to sleep. */
  goingAway(): void {
    if (isInside(this.state)) this.leave('paused')
  }

  // Trying again ---------------------------------------------------------------------------------------------------

  private fail(trouble: Problem, attempt: 'enter' | 'join'): void {
    this.happen({ type: 'failed', problem: trouble, attempt })
    this.waiting.stop()
    if (trouble.retryAfter !== null) this.waiting.from(trouble.retryAfter, () => void this.waited())
  }

  /** What only the browser saw stands in the server's log too, under a reference that a person can tell. */
  private async refer(trouble: Problem): Promise<void> {
    const referred = await this.api.failed(trouble.code, trouble.message ?? '').catch(() => null) // then without
    if (!referred || this.state.at !== 'failed' || this.state.problem !== trouble) return
    this.happen({ type: 'failed', problem: { ...trouble, ...referred }, attempt: 'join' })
  }

  private async waited(): Promise<void> {
    if (this.state.at === 'failed' && remedy(this.state.problem) !== 'wait') await this.tryAgain()
  }

  /** A joining that failed is tried behind its own screen, so that the page does not flicker. */
  async tryAgain(): Promise<void> {
    if (this.state.at !== 'failed') return
    this.waiting.stop()
    if (remedy(this.state.problem) === 'reload') return window.location.reload()
    if (this.state.attempt === 'enter') return this.enter(true)
    try {
      await this.join(await this.api.token(this.wish), this.wish)
    } catch (error) {
      await this.joinFailed(error)
    }
  }
}

/** Phones put what is not seen to sleep; a window behind another one goes on. */
function isPutToSleep(): boolean {
  return document.visibilityState === 'hidden' && matchMedia('(pointer: coarse)').matches
}
