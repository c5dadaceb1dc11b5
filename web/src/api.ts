// Every word the page exchanges with Greenroom by request. The only file that calls `fetch` (and `sendBeacon`).
// In: a room key, the tab's session id, a ticket. Out: typed answers, or an `ApiError` with a stable code.
// The shapes mirror src/call/ (ARCHITECTURE.md, "link" and "token").

export type Role = 'moderator' | 'member' | 'audience'

/** How a room's door stands for the reader: `locked` and nobody can be asked, or a moderator can be, or was. */
export type Door = 'open' | 'locked' | 'ask' | 'waiting' | 'denied'

export interface Person {
  /** Null for who came without a Discord identity. */
  user_id: string | null
  name: string
  avatar_url: string | null
}

/** What a lobby shows: answered by `GET /api/rooms/{key}` and pushed by the stream. */
export interface Facts {
  room: { key: string; title: string; topic: string | null; channel: string; guild: string; channel_url: string | null }
  you: { id: string; name: string; avatar_url: string | null; role: Role }
  /** Ids of members that this person went on from with another device; an older server, while it is replaced, has none. */
  moved?: string[]
  session: {
    state: 'open' | 'live' | 'ended'
    people: Person[]
    audience: number
    recording: boolean
    locked: boolean
    door: Door
    full: boolean
    max_members: number
    since: number | null
  }
  sign_in: boolean
  /** The session the server chose, when the tab named none. */
  sid?: string
}

export interface Redeemed {
  sid: string
  room: { room_key: string; title: string; channel: string }
  you: { id: string; name: string; avatar_url: string | null; role: Role }
}

export interface RoomToken {
  token: string
  display_name: string
  role: Role
  expires_at: number
}

export interface Handoff {
  url: string
  expires_at: number
}

/** What a room token is to be like. */
export interface Wish {
  room_missing?: true
  moves?: true
}

export interface JoinTimes {
  token: number
  connected: number
  joined: number
  /** None came where nobody's camera is on. */
  picture: number | null
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly reference: string | null = null,
    /** Seconds the server asked us to wait. */
    readonly retryAfter: number | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

/** Longer than the server itself waits for Discord and SignalWire, shorter than patience. */
const TIMEOUT_MS = 20_000
/** Answers that have no body: accepted, done. */
const EMPTY = [202, 204]

export class Api {
  /** The session this tab speaks for; the cookie of that name proves it. */
  sid: string | null = null

  constructor(
    private readonly key: string,
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  redeem(ticket: string, nonce: string): Promise<Redeemed> {
    return this.send('POST', '/api/session', { ticket, nonce })
  }

  facts(): Promise<Facts> {
    return this.send('GET', this.room())
  }

  /**
   * `room_missing`: the last token's room was gone when we joined with it, so it has to be made again first.
   * `moves`: what this person is inside with already leaves when this one is in.
   */
  token(how: Wish = {}): Promise<RoomToken> {
    return this.send('POST', `${this.room()}/token`, how)
  }

  handoff(): Promise<Handoff> {
    return this.send('POST', '/api/session/handoff', { room: this.key })
  }

  /** How long it took to come in, in milliseconds since the press. For the figures: nobody waits for the answer. */
  joined(times: JoinTimes): void {
    this.send('POST', `${this.room()}/joined`, times).catch(() => undefined)
  }

  /** A join that failed where the server could not see it, with the vendor's own words; under which reference it stands. */
  failed(code: string, said: string): Promise<{ reference: string }> {
    return this.send('POST', `${this.room()}/failed`, { code, said })
  }

  door(): Promise<{ sign_in: boolean }> {
    return this.send('GET', '/api/door')
  }

  /** Puts somebody out until the call has ended. `put_out` false: kept from coming back, but still inside. */
  remove(userId: string): Promise<{ put_out: boolean }> {
    return this.send('POST', `${this.room()}/actions/remove`, { user_id: userId })
  }

  /** Asks the moderators to be let in. */
  knock(): Promise<{ door: Door }> {
    return this.send('POST', `${this.room()}/actions/knock`, {})
  }

  /** Ends the call for everybody. */
  endForAll(): Promise<unknown> {
    return this.send('POST', `${this.room()}/actions/end`, {})
  }

  signOut(): Promise<unknown> {
    return this.send('POST', '/api/session/end', {})
  }

  /** Asks the server to look at the room; also while the page is going away, so never waited for. */
  look(): void {
    const body = new Blob(['{}'], { type: 'application/json' })
    navigator.sendBeacon(`${this.room()}/look${this.query()}`, body)
  }

  streamUrl(): string {
    return `${this.room()}/stream${this.query()}`
  }

  signInUrl(): string {
    return `/oauth/login?room=${encodeURIComponent(this.key)}`
  }

  private room(): string {
    return `/api/rooms/${encodeURIComponent(this.key)}`
  }

  /** The session id where a browser sends no header of ours: streams and beacons. */
  private query(): string {
    return this.sid === null ? '' : `?sid=${encodeURIComponent(this.sid)}`
  }

  private async send<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (this.sid !== null) headers['x-greenroom-session'] = this.sid
    if (body !== undefined) headers['content-type'] = 'application/json'
    let response: Response
    let text: string
    try {
      response = await this.fetcher(path, {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      text = await response.text()
    } catch (cause) {
      throw new ApiError(0, 'network', String(cause))
    }
    const answer = parse(text)
    if (response.ok && (answer !== undefined || EMPTY.includes(response.status))) return answer as Answer
    throw problem(response, answer)
  }
}

/** One of the page's own data files. */
export async function data(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new ApiError(response.status, 'page_incomplete', url)
  return response.json()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function problem(response: Response, answer: unknown): ApiError {
  const told = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  const text = (name: string): string | null => (typeof told[name] === 'string' ? (told[name] as string) : null)
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(
    response.status,
    text('code') ?? codeOfStatus(response.status),
    text('message') ?? `HTTP ${response.status}`,
    text('reference'),
    Number.isFinite(after) && after > 0 ? after : null,
  )
}

/** For answers that are not ours: a proxy's page, a cut-off body. */
function codeOfStatus(status: number): string {
  if (status === 429) return 'rate_limited'
  // 502..504 without a code of ours come from a proxy in front of a Greenroom that is restarting.
  return status >= 502 && status <= 504 ? 'network' : 'internal'
}
