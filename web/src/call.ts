// What the page and the call say to each other, in our own words: what a join takes, what is told of the call, and how
// long anything may take. session.ts speaks it on one side and the vendor's SDK on the other.
import type { Member } from './members.ts'
import type { Media } from './room.ts'

export interface CallView {
  self: string
  people: Member[]
  /** Ids of people whose screen is shared. */
  sharing: ReadonlySet<string>
  scopes: ReadonlySet<string>
  microphone: boolean
  camera: boolean
  /** One's own is up. */
  hand: boolean
  layout: string
  layouts: string[]
  recording: boolean
  locked: boolean
}

export type CallEvent =
  | { type: 'connected' }
  | { type: 'view'; view: CallView }
  | { type: 'connection'; connection: 'good' | 'socket' | 'media' }
  | { type: 'picture' }
  /** The same person came in elsewhere to go on there. */
  | { type: 'moved' }
  | { type: 'over' }

export interface JoinOptions {
  token: string
  root: HTMLElement
  media: Media
  speaker: string
  refresh: () => Promise<string>
  tell: (event: CallEvent) => void
  limits?: Partial<typeof LIMITS>
}

/** Limits on what the SDK leaves hanging, in milliseconds. */
export const LIMITS = {
  /** Reaching the relay: two handshakes on a slow line; the SDK would try for ever. */
  connect: 12_000,
  /** From there to being inside; the SDK's own limit for an answer is 20 s. */
  answer: 25_000,
  /** A command's answer; the SDK drops a socket that is silent for 10 s, and its promise with it. */
  command: 12_000,
  /** Sending a device for the first time renegotiates the media; some answers never come. */
  renegotiate: 8_000,
  /** For the first frame, of which nobody but the figures waits. */
  frame: 15_000,
  leave: 3_000,
  track: 3_000,
}
