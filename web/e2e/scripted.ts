// A Greenroom that says what a test tells it to: the built page under the shipped headers, canned answers of the API,
// and a stream one can speak through. The vendor's SDK is replaced by pretend-sdk.js; the real one is joined in the
// journeys. In: answers by route. Out: an address, and what the page asked.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Facts } from '../src/api.ts'
import { facts } from '../test/facts.ts'

const root = join(import.meta.dirname, '..')
export const KEY = 'kT3hQ9vXw2LrY8pB'

export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}
/** `hang`: never answered. `drop`: the connection breaks. */
export type Answer = Reply | 'hang' | 'drop'

export const ok = (body: unknown): Reply => ({ status: 200, body })

const STATUS: Record<string, number> = {
  ticket_used: 410,
  ticket_expired: 410,
  room_ended: 410,
  not_allowed: 403,
  removed: 403,
  room_locked: 423,
  knock_first: 423,
  door_busy: 429,
  room_full: 409,
  session_changed: 409,
  signed_out: 401,
  video_unavailable: 503,
  discord_unavailable: 503,
  database_unavailable: 503,
  video_refused: 502,
  rate_limited: 429,
  invalid_request: 400,
  internal: 500,
}

/** What the page shows in the server's words. */
const MESSAGES: Record<string, string> = {
  not_allowed: "This room doesn't exist, or your account can't see its channel. Signed in as Mira.",
}

/** A refusal as src/call/problem.rs answers it. */
export function refusal(code: string, retryAfter?: number): Reply {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return {
    status: STATUS[code] ?? 500,
    body: { code, message: MESSAGES[code] ?? `The server says ${code}.`, reference: '7F3K-92' },
    headers,
  }
}

/** The headers of src/call/headers.rs, read from there so that the page is tested under what ships. */
function shippedHeaders(): Record<string, string> {
  const source = readFileSync(join(root, '../src/call/headers.rs'), 'utf8')
  const text = (from: RegExp): string => {
    const found = from.exec(source)?.[1]
    if (found === undefined) throw new Error(`src/call/headers.rs has no ${from}`)
    return found.replaceAll(/\\\n\s*/g, '')
  }
  const policy = text(/"(default-src [^"]+)"/).replace('{connect}', `'self' ${text(/VENDOR_SOCKETS: &str = "([^"]+)"/)}`)
  return {
    'content-security-policy': policy,
    'permissions-policy': text(/PERMISSIONS: &str = "([^"]+)"/),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  }
}

const HEADERS = shippedHeaders()
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

export interface Asked {
  route: string
  body: unknown
  sid: string | null
}

export class Scripted {
  readonly asked: Asked[] = []
  facts: Facts = facts()
  private readonly answers = new Map<string, Answer[]>()
  private readonly streams = new Set<ServerResponse>()

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Scripted> {
    const server = createServer()
    const scripted = new Scripted(server)
    server.on('request', (request, response) => void scripted.answer(request, response))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return scripted
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** The room's address, with a ticket unless told otherwise. */
  link(ticket: string | null = 'a-ticket'): string {
    return `${this.origin}/r/${KEY}${ticket === null ? '' : `#t=${ticket}`}`
  }

  /** Answers of a route (`POST session`, `GET room`, `POST room/token` ...), one after the other; the last one stays. */
  on(route: string, ...answers: Answer[]): this {
    this.answers.set(route, answers)
    return this
  }

  /** How often the page asked a route. */
  times(route: string): number {
    return this.asked.filter((asked) => asked.route === route).length
  }

  /** Says something through the stream. */
  says(event: string, data: unknown): void {
    for (const stream of this.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** Things are different now, and every open lobby hears it. */
  changes(now: Facts): void {
    this.facts = now
    this.says('lobby', now)
  }

  /** Breaks the streams that are open. */
  cutStreams(): void {
    for (const stream of this.streams) stream.destroy()
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((stopped) => this.server.close(stopped))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.origin)
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    if (!pathname.startsWith('/api/')) return this.file(pathname, response)
    const route = `${request.method} ${pathname.replace(/^\/api\//, '').replace(`rooms/${KEY}`, 'room')}`
    const header = request.headers['x-greenroom-session']
    const sid = typeof header === 'string' ? header : searchParams.get('sid')
    this.asked.push({ route, body: await read(request), sid })
    const queue = this.answers.get(route)
    const answer = (queue && queue.length > 1 ? queue.shift() : queue?.[0]) ?? this.usual(route)
    if (answer === 'hang') return
    if (answer === 'drop') return void response.destroy()
    if (answer === 'stream') return this.stream(response)
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
  }

  private usual(route: string): Answer | 'stream' {
    const { room, you } = this.facts
    switch (route) {
      case 'POST session':
        return ok({ sid: 'sid-1', room: { room_key: KEY, title: room.title, channel: room.channel }, you })
      case 'GET room':
        return ok(this.facts)
      case 'GET room/stream':
        return 'stream'
      case 'POST room/token':
        return ok({ token: 'a-token', display_name: you.name, role: you.role, expires_at: 0 })
      case 'POST session/handoff':
        return ok({ url: `${this.origin}/r/${KEY}#t=for-the-phone`, expires_at: 0 })
      case 'GET door':
        return ok({ sign_in: this.facts.sign_in })
      case 'POST room/failed':
        return ok({ reference: '9QX2-41' })
      case 'POST room/joined':
      case 'POST session/end':
        return { status: 204 }
      case 'POST room/look':
      case 'POST room/actions/end':
        return { status: 202 }
      case 'POST room/actions/remove':
        return ok({ put_out: true })
      default:
        return refusal('not_found')
    }
  }

  private stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(`retry: 300\n\nevent: lobby\ndata: ${JSON.stringify(this.facts)}\n\n`)
    this.streams.add(response)
    response.on('close', () => this.streams.delete(response))
  }

  private file(pathname: string, response: ServerResponse): void {
    const isPage = /^\/([rg]\/[^/]+)?$/.test(pathname)
    const isSdk = /^\/assets\/signalwire-[^/]+\.js$/.test(pathname)
    const path = isSdk ? 'e2e/pretend-sdk.js' : join('dist', isPage ? 'index.html' : normalize(pathname))
    try {
      const bytes = readFileSync(join(root, path))
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' })
      response.end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
