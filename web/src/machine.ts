// Where a visitor is, as pure code: the state and everything that can happen to it. No browser, no clock.
// door | loading -> lobby -> joining -> call -> left | ended | failed
import type { Facts } from './api.ts'
import type { Problem } from './problem.ts'

export type Step = 'token' | 'connect' | 'media'
export const STEPS: readonly Step[] = ['token', 'connect', 'media']

/** What a failed page tries again: getting in at all, or joining the call. */
export type Attempt = 'enter' | 'join'
/** `lost`: the connection broke; `paused`: the phone put the page to sleep; `moved`: it goes on elsewhere. */
export type Leaving = 'left' | 'lost' | 'paused' | 'moved'
export type Connection = 'good' | 'socket' | 'media'

export type State =
  | { at: 'loading' }
  | { at: 'door'; signIn: boolean; signedOut: boolean }
  | { at: 'lobby'; facts: Facts }
  | { at: 'joining'; facts: Facts; step: Step }
  | { at: 'call'; facts: Facts; connection: Connection }
  | { at: 'left'; facts: Facts; why: Leaving }
  | { at: 'ended'; facts: Facts; minutes: number | null; deleted: boolean }
  | { at: 'failed'; facts: Facts | null; problem: Problem; attempt: Attempt }

export type Happening =
  | { type: 'door'; signIn: boolean; signedOut: boolean }
  | { type: 'facts'; facts: Facts }
  | { type: 'join' }
  | { type: 'step'; step: Step }
  | { type: 'joined' }
  | { type: 'connection'; connection: Connection }
  | { type: 'cancelled' }
  | { type: 'over'; why: Leaving }
  /** `deleted`: together with its room. */
  | { type: 'ended'; minutes: number | null; deleted?: boolean }
  | { type: 'removed'; problem: Problem }
  | { type: 'failed'; problem: Problem; attempt: Attempt }
  | { type: 'lobby' }
  | { type: 'again' }

export const start: State = { at: 'loading' }

export const factsOf = (state: State): Facts | null => ('facts' in state ? state.facts : null)

/** Inside, or on the way in: the SDK holds devices and a connection. */
export const isInside = (state: State): boolean => state.at === 'joining' || state.at === 'call'

export function next(state: State, happening: Happening): State {
  switch (happening.type) {
    case 'door':
      return { at: 'door', signIn: happening.signIn, signedOut: happening.signedOut }
    case 'facts':
      return withFacts(state, happening.facts)
    case 'join': {
      const facts = factsOf(state)
      return facts && !isInside(state) ? { at: 'joining', facts, step: 'token' } : state
    }
    case 'step':
      return state.at === 'joining' ? { ...state, step: happening.step } : state
    case 'joined':
      return state.at === 'joining' ? { at: 'call', facts: state.facts, connection: 'good' } : state
    case 'connection':
      return state.at === 'call' ? { ...state, connection: happening.connection } : state
    case 'cancelled':
      return state.at === 'joining' ? { at: 'lobby', facts: state.facts } : state
    case 'over':
      return isInside(state) && 'facts' in state && state.facts
        ? { at: 'left', facts: state.facts, why: happening.why }
        : state
    case 'ended': {
      // Told by the stream, which may come before or after the SDK's own goodbye: the end explains both.
      const facts = factsOf(state)
      if (!facts) return state
      const { minutes, deleted = false } = happening
      // Found out before it was told: what is told completes it, whatever has begun since.
      if (state.at === 'ended') return { ...state, minutes: state.minutes ?? minutes, deleted: state.deleted || deleted }
      const over: Facts = { ...facts, session: { ...facts.session, state: 'ended' } }
      return { at: 'ended', facts: over, minutes, deleted }
    }
    case 'removed':
      return state.at === 'door' || state.at === 'ended'
        ? state
        : { at: 'failed', facts: factsOf(state), problem: happening.problem, attempt: 'enter' }
    case 'failed':
      return { at: 'failed', facts: factsOf(state), problem: happening.problem, attempt: happening.attempt }
    case 'lobby': {
      const facts = factsOf(state)
      return facts && !isInside(state) ? withFacts(start, facts) : state
    }
    case 'again':
      return isInside(state) ? state : start
  }
}

function withFacts(state: State, facts: Facts): State {
  switch (state.at) {
    case 'loading':
      return facts.session.state === 'ended' ? { at: 'ended', facts, minutes: null, deleted: false } : { at: 'lobby', facts }
    case 'lobby':
      return facts.session.state === 'ended' ? { at: 'ended', facts, minutes: null, deleted: false } : { ...state, facts }
    case 'door':
      return state
    default:
      // In the call the SDK, not the lobby's facts, says when it is over: silence and delay must not throw anyone out.
      return { ...state, facts }
  }
}
