// The connection check: small tests of everything a call needs, each with its own result, none in the way of joining.
// In: a press. Out: results as they come, and a report that names nobody (no address, no device, no room).
import type { Line } from './announce.ts'
import { type Api, ApiError } from './api.ts'
import { within } from './deadline.ts'
import { constraints, type Kind } from './devices.ts'
import { type Preview, reason } from './preview.svelte.ts'
import { findWays, type IceServers, Late, lendsRelay, loopPicture, reachService } from './probe.ts'
import { fromApi } from './problem.ts'
import { browserOf, systemOf } from './where.ts'

export const CHECKS = ['secure', 'microphone', 'camera', 'token', 'socket', 'ways', 'media'] as const
export type Check = (typeof CHECKS)[number]
/** `unsure`: it answers, but not as a call needs it right now. */
export type Outcome = 'good' | 'bad' | 'unsure'
type Found = [outcome: Outcome, line?: Line]
export interface Result {
  outcome: Outcome
  line: Line | null
  ms: number
}

/** People need time to answer their browser. */
const ASKED_MS = 30_000

export class ConnectionCheck {
  results = $state.raw<Partial<Record<Check, Result>>>({})
  running = $state(false)
  readonly checks: readonly Check[]

  constructor(
    private readonly preview: Preview,
    private readonly api: Api,
    private readonly room: string,
    watching: boolean,
  ) {
    this.checks = CHECKS.filter((check) => !watching || (check !== 'microphone' && check !== 'camera'))
  }

  get troubles(): number {
    return Object.values(this.results).filter(({ outcome }) => outcome !== 'good').length
  }

  async run(): Promise<void> {
    if (this.running) return
    this.running = true
    this.results = {}
    await Promise.all([this.devices(), this.network(), this.one('secure', async () => secure())])
    this.running = false
  }

  /** For whoever runs this Greenroom: what failed, and how long all took. */
  report(): string {
    const agent = navigator.userAgent
    const version = /(?:Firefox|Edg|Chrome|CriOS|Version)\/(\d+)/.exec(agent)?.[1] ?? '?'
    const fingers = navigator.maxTouchPoints
    const lines = this.checks.map((check) => {
      const { outcome, line, ms } = this.results[check] ?? { outcome: 'none', line: null, ms: 0 }
      const numbers = Object.entries(line?.[1] ?? {}).filter(([, value]) => typeof value === 'number')
      const detail = [line?.[0], ...numbers.map(([name, value]) => `${name} ${value}`)].filter(Boolean).join(' ')
      return `${check}: ${outcome}${detail && ` (${detail})`}, ${ms} ms`
    })
    const where = `${browserOf(agent, fingers)} ${version} on ${systemOf(agent, fingers)}`
    return ['Greenroom connection check', `${new Date().toISOString().slice(0, 16)}Z, ${where}`, ...lines].join('\n')
  }

  /** One after the other: a browser asks one question at a time. */
  private async devices(): Promise<void> {
    for (const kind of ['microphone', 'camera'] as const) {
      if (this.checks.includes(kind)) await this.one(kind, () => this.device(kind))
    }
  }

  private async device(kind: Kind): Promise<Found> {
    if (this.preview[kind].on) return ['good']
    if (!navigator.mediaDevices?.getUserMedia) {
      return ['bad', [`page-${kind}-${window.isSecureContext ? 'unavailable' : 'insecure'}`]]
    }
    const wanted = constraints(kind, this.preview.chosen[kind])
    const opening = navigator.mediaDevices.getUserMedia(kind === 'microphone' ? { audio: wanted } : { video: wanted })
    const closed = opening.then((stream) => stream.getTracks().forEach((track) => track.stop()))
    try {
      await within(ASKED_MS, closed)
      return ['good']
    } catch (error) {
      return ['bad', [`page-${kind}-${await reason(kind, error)}`]]
    }
  }

  /** Each goes on without what the one before would have told it. */
  private async network(): Promise<void> {
    let token: string | null = null
    await this.one('token', async () => {
      try {
        token = (await this.api.token()).token
        return ['good']
      } catch (error) {
        const { code } = fromApi(error)
        const reached = error instanceof ApiError && error.status > 0 && error.status < 500
        return [reached ? 'unsure' : 'bad', [`problem-title-${code}`, { room: this.room }]]
      }
    })
    let servers: IceServers = null
    await this.one('socket', async () => {
      servers = await reachService(token)
      return servers || token === null ? ['good'] : ['unsure', ['page-check-refused']]
    })
    await Promise.all([
      this.one('ways', () => ways(servers ?? [])),
      this.one('media', async () => ['good', ['page-check-round', { ms: await loopPicture(servers ?? []) }]]),
    ])
  }

  private async one(check: Check, test: () => Promise<Found>): Promise<void> {
    const began = performance.now()
    const [outcome, line = null] = await test().catch((error: unknown): Found => {
      return ['bad', [error instanceof Late ? 'page-check-late' : `page-check-no-${check}`]]
    })
    this.results = { ...this.results, [check]: { outcome, line, ms: Math.round(performance.now() - began) } }
  }
}

function secure(): Found {
  return window.isSecureContext ? ['good'] : ['bad', ['page-check-no-secure']]
}

async function ways(servers: RTCIceServer[]): Promise<Found> {
  const { near, outside, relayed } = await findWays(servers)
  if (near + outside + relayed === 0) return ['bad', ['page-check-no-ways']]
  const line: Line = ['page-check-found', { direct: near + outside, relayed }]
  // A service that lends a relay expects it to be reached.
  return lendsRelay(servers) && relayed === 0 ? ['unsure', ['page-check-no-relay']] : ['good', line]
}
