// Whatever can go wrong, in one shape: a code of ours that has words in the catalogue, and what the page may do
// about it. In: an error of the API or a rejection of the SDK. Out: a `Problem`.
import { ApiError } from './api.ts'

export interface Problem {
  code: string
  /** The server's own sentence, for codes this page does not know yet. */
  message: string | null
  reference: string | null
  /** Seconds until the page tries again by itself, or until a person may. */
  retryAfter: number | null
}

/** How the page goes on after each code. `press`: nothing by itself. */
export type Remedy = 'retry' | 'when-open' | 'wait' | 'press' | 'reload' | 'fresh-link' | 'sign-in' | 'door' | 'none'

const REMEDIES: Record<string, Remedy> = {
  ticket_used: 'fresh-link',
  ticket_expired: 'fresh-link',
  invalid_request: 'fresh-link',
  not_allowed: 'sign-in',
  withdrawn: 'sign-in',
  not_found: 'sign-in',
  wrong_browser: 'sign-in',
  sign_in_late: 'sign-in',
  sign_in_failed: 'sign-in',
  session_changed: 'sign-in',
  signed_out: 'door',
  removed: 'none',
  invitation_used: 'none',
  invitation_over: 'none',
  room_locked: 'when-open',
  knock_first: 'when-open',
  door_busy: 'wait',
  room_full: 'when-open',
  room_ended: 'none',
  video_unavailable: 'retry',
  discord_unavailable: 'retry',
  database_unavailable: 'retry',
  network: 'retry',
  rate_limited: 'wait',
  video_refused: 'press',
  // The SDK goes on trying for ever when it cannot reach its service; only a new page stops it.
  video_unreachable: 'reload',
  // A part of the page is missing, mostly because a newer Greenroom serves other files.
  page_incomplete: 'reload',
}

export const remedy = (problem: Problem): Remedy => REMEDIES[problem.code] ?? 'press'

const SECONDS: Record<string, number> = { retry: 5, 'when-open': 10, wait: 20 }

export function problem(code: string, details: Partial<Problem> = {}): Problem {
  const known = code === 'not_found' ? 'not_allowed' : code
  return { message: null, reference: null, retryAfter: SECONDS[REMEDIES[known] ?? ''] ?? null, ...details, code: known }
}

export function fromApi(error: unknown): Problem {
  if (!(error instanceof ApiError)) return problem('internal')
  const { message, reference } = error
  const wait = error.retryAfter === null ? {} : { retryAfter: Math.min(error.retryAfter, 300) }
  return problem(error.code, { message, reference, ...wait })
}

/** The same told by the stream: `{code, message, reference}`. */
export function fromStream(told: unknown): Problem {
  const text = (name: string): string | null => field(told, name) || null
  return problem(text('code') ?? 'removed', { message: text('message'), reference: text('reference') })
}

/**
 * Why a microphone or camera does not work. `dismissed`: the browser's question was closed without an answer;
 * `blocked`: the browser itself may not use it; `unavailable`: this browser has none to give (an app's own, mostly).
 */
export const DEVICE_PROBLEMS = [
  'denied',
  'dismissed',
  'blocked',
  'busy',
  'missing',
  'insecure',
  'unavailable',
  'failed',
] as const
export type DeviceProblem = (typeof DEVICE_PROBLEMS)[number]

export class JoinFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code)
    this.name = 'JoinFailed'
  }
}

/** The microphone or camera would not open: joining without it is still possible. */
export class DeviceFailed extends Error {
  constructor(readonly reason: DeviceProblem) {
    super(reason)
    this.name = 'DeviceFailed'
  }
}

export function deviceProblem(error: unknown): DeviceProblem | null {
  const name = field(error, 'name')
  // Only Chromium says more than no, and only in the message.
  const said = field(error, 'message')
  if (name === 'NotAllowedError' || name === 'SecurityError') {
    return /by system/i.test(said) ? 'blocked' : /dismissed/i.test(said) ? 'dismissed' : 'denied'
  }
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  if (said === 'Timeout reading from your devices' || said === 'Failed to update constraints') return 'failed'
  return null
}

/**
 * What the SDK rejects a join with, as a code of ours. Half of its rejections are plain objects, not errors, so only
 * fields are looked at.
 */
export function fromSdk(error: unknown): Problem {
  const code = field(error, 'code')
  const message = field(error, 'message')
  const details = { message: [code, message].filter((part) => part !== '').join(' ') }
  if (field(error, 'name') === 'AuthError' || code === '-32002') return problem('token_refused', details)
  if (code === 'ICE_GATHERING_FAILED') return problem('media_unreachable', details)
  if (/timed out/i.test(message)) return problem('join_timeout', details)
  if (/room.*(not.?found|destroyed)|NO_ROUTE_DESTINATION/i.test(message)) return problem('room_missing', details)
  return problem('join_refused', details)
}

function field(error: unknown, name: string): string {
  if (typeof error !== 'object' || error === null) return ''
  const value = (error as Record<string, unknown>)[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
