// Camera and microphone before the call: asked for one by one and only after a press, shown and measured, given back
// before the SDK opens them itself (or the camera's light would stay on). In: presses. Out: reactive state for the
// lobby, and the media to join with.
import {
  type AnyKind,
  constraints,
  type Device,
  devicesOf,
  type Kind,
  loadChoices,
  loudness,
  pick,
  saveChoices,
} from './devices.ts'
import { type DeviceProblem, deviceProblem } from './problem.ts'
import type { Media } from './room.ts'

export interface DeviceState {
  /** Wanted in the call. */
  on: boolean
  asking: boolean
  problem: DeviceProblem | null
}

const METER_MS = 80
/** Speech has pauses; "We hear you" outlasts them. */
const HEARD_FOR_MS = 2_500
const HEARD_LEVEL = 0.3

export class Preview {
  microphone = $state<DeviceState>({ on: false, asking: false, problem: null })
  camera = $state<DeviceState>({ on: false, asking: false, problem: null })
  chosen = $state<Record<AnyKind, string>>({ microphone: '', camera: '', speaker: '' })
  lists = $state.raw<Record<AnyKind, Device[]>>({ microphone: [], camera: [], speaker: [] })
  picture = $state.raw<MediaStream | null>(null)
  level = $state(0)
  heard = $state(false)

  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { microphone: null, camera: null }
  private readonly choices = loadChoices(localStore())
  private meter: { stop(): void } | null = null
  private open = true

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.list())
  }

  /** Opens what was on last time, if that needs no question to anybody. */
  async restore(): Promise<void> {
    await this.list()
    for (const kind of ['microphone', 'camera'] as const) {
      if (this.choices[kind].on && (await isGranted(kind))) await this.turn(kind, true)
    }
  }

  async turn(kind: Kind, on: boolean): Promise<void> {
    const device = this[kind]
    device.on = on
    device.problem = null
    if (!on) this.release(kind)
    else if (this.open) await this.acquire(kind)
    this.remember(kind)
  }

  /** The lobby's one button: microphone, then camera, each with its own question and its own answer. */
  async tryBoth(): Promise<void> {
    await this.turn('microphone', true)
    await this.turn('camera', true)
  }

  async choose(kind: AnyKind, id: string): Promise<void> {
    this.chosen[kind] = id
    this.remember(kind)
    if (kind === 'speaker' || !this[kind].on) return
    this.release(kind)
    if (this.open) await this.acquire(kind)
  }

  /** What to send into the call. */
  media(): Media {
    const wanted = (kind: Kind): Media['audio'] => this[kind].on && constraints(kind, this.chosen[kind])
    return { audio: wanted('microphone'), video: wanted('camera') }
  }

  /** Gives the devices back; what was wanted stays wanted. */
  close(): void {
    this.open = false
    this.release('microphone')
    this.release('camera')
  }

  /** Back in the lobby: opens again what was on. */
  async reopen(): Promise<void> {
    if (this.open) return
    this.open = true
    await this.list()
    for (const kind of ['microphone', 'camera'] as const) if (this[kind].on) await this.acquire(kind)
  }

  /** The call turned a device on or off. */
  follow(kind: Kind, on: boolean): void {
    this[kind].on = on
    this[kind].problem = null
    this.remember(kind)
  }

  private async acquire(kind: Kind): Promise<void> {
    const device = this[kind]
    if (!navigator.mediaDevices?.getUserMedia) return this.fail(kind, 'unavailable')
    device.asking = true
    try {
      const wanted = constraints(kind, this.chosen[kind])
      const stream = await navigator.mediaDevices.getUserMedia(
        kind === 'microphone' ? { audio: wanted } : { video: wanted },
      )
      const track = stream.getTracks()[0]
      if (!track) return this.fail(kind, 'failed')
      if (!this.open || !device.on) return track.stop() // changed their mind, or joined, while the browser asked
      this.release(kind)
      this.tracks[kind] = track
      track.addEventListener('ended', () => this.tracks[kind] === track && this.fail(kind, 'missing'))
      if (kind === 'camera') this.picture = stream
      else this.meter = measure(stream, (level) => this.measured(level))
      await this.list()
    } catch (error) {
      this.fail(kind, deviceProblem(error) ?? 'failed')
    } finally {
      device.asking = false
    }
  }

  private fail(kind: Kind, problem: DeviceProblem): void {
    this.release(kind)
    this[kind].on = false
    this[kind].problem = problem
  }

  private release(kind: Kind): void {
    this.tracks[kind]?.stop()
    this.tracks[kind] = null
    if (kind === 'camera') this.picture = null
    else {
      this.meter?.stop()
      this.meter = null
      this.level = 0
      this.heard = false
    }
  }

  private lastHeard = Number.NEGATIVE_INFINITY
  private measured(level: number): void {
    this.level = level
    if (level > HEARD_LEVEL) this.lastHeard = performance.now()
    this.heard = performance.now() - this.lastHeard < HEARD_FOR_MS
  }

  /** Looks what is plugged in; names are there once a device was allowed. */
  async list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    const lists = { ...this.lists }
    for (const kind of ['microphone', 'camera', 'speaker'] as const) {
      lists[kind] = devicesOf(all, kind)
      const there = lists[kind].some(({ id }) => id === this.chosen[kind])
      if (!there) this.chosen[kind] = pick(lists[kind], this.choices[kind])
    }
    this.lists = lists
  }

  private remember(kind: AnyKind): void {
    const id = this.chosen[kind]
    const label = this.lists[kind].find((device) => device.id === id)?.label ?? ''
    this.choices[kind] = { id, label, on: kind !== 'speaker' && this[kind].on }
    saveChoices(localStore(), this.choices)
  }
}

async function isGranted(kind: Kind): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: kind as PermissionName })
    return state === 'granted'
  } catch {
    return false // this browser does not tell: wait for a press
  }
}

function measure(stream: MediaStream, tell: (level: number) => void): { stop(): void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    if (context.state === 'suspended') void context.resume() // opened without a press: allowed after the next one
    analyser.getFloatTimeDomainData(samples)
    tell(loudness(samples))
  }, METER_MS)
  return {
    stop() {
      clearInterval(timer)
      void context.close()
    },
  }
}

/** Null where the browser keeps nothing for this page. */
export function localStore(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
