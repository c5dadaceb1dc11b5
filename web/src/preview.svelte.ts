// Camera and microphone before the call: asked for one by one and only after a press, shown and measured, given back
// before the SDK opens them itself (or the camera's light would stay on). A device that vanishes gives way to the
// system's, one that could not be opened is tried again when that asks nobody. In: presses, and the browser's news of
// devices and permissions. Out: reactive state for the lobby, and the media to join with.
import type { Line } from './announce.ts'
import {
  type AnyKind,
  constraints,
  type Device,
  devicesOf,
  type Kind,
  loadChoices,
  localStore,
  pick,
  saveChoices,
} from './devices.ts'
import { isInApp } from './inapp.ts'
import { permission, watchPermission } from './permission.ts'
import { type DeviceProblem, deviceProblem } from './problem.ts'
import type { Media } from './room.ts'

export interface DeviceState {
  /** Wanted in the call. */
  on: boolean
  asking: boolean
  problem: DeviceProblem | null
}

/** Speech has pauses; "We hear you" outlasts them. */
const HEARD_FOR_MS = 2_500
/** Louder than this is a voice, not the room. */
export const HEARD_LEVEL = 0.3
const OPENED: readonly Kind[] = ['microphone', 'camera']
const ALL: readonly AnyKind[] = [...OPENED, 'speaker']

export class Preview {
  microphone = $state<DeviceState>({ on: false, asking: false, problem: null })
  camera = $state<DeviceState>({ on: false, asking: false, problem: null })
  chosen = $state<Record<AnyKind, string>>({ microphone: '', camera: '', speaker: '' })
  lists = $state.raw<Record<AnyKind, Device[]>>({ microphone: [], camera: [], speaker: [] })
  /** That a chosen device is gone, or back. */
  told = $state<Record<AnyKind, Line | null>>({ microphone: null, camera: null, speaker: null })
  picture = $state.raw<MediaStream | null>(null)
  sound = $state.raw<MediaStream | null>(null)
  level = $state(0)
  heard = $state(false)

  private readonly tracks: Record<Kind, MediaStreamTrack | null> = { microphone: null, camera: null }
  private readonly choices = loadChoices(localStore())
  private open = true

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.list().then(() => this.recover()))
    for (const kind of OPENED) void watchPermission(kind, () => void this.recover())
    // Back from the system's settings, or from the app that had the camera.
    document.addEventListener('visibilitychange', () => void this.recover())
    window.addEventListener('focus', () => void this.recover())
  }

  /** Opens what was on last time, if that needs no question to anybody. */
  async restore(): Promise<void> {
    await this.list()
    for (const kind of OPENED) {
      if (this.choices[kind].on && (await permission(kind)) === 'granted') await this.turn(kind, true)
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
    const label = this.lists[kind].find((device) => device.id === id)?.label ?? ''
    this.chosen[kind] = id
    this.told[kind] = null
    this.choices[kind] = { ...this.choices[kind], id, label }
    saveChoices(localStore(), this.choices)
    if (kind !== 'speaker') await this.swap(kind)
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
    for (const kind of OPENED) if (this[kind].on) await this.acquire(kind)
  }

  /** The call turned a device on or off. */
  follow(kind: Kind, on: boolean): void {
    this[kind].on = on
    this[kind].problem = null
    this.remember(kind)
  }

  private async acquire(kind: Kind): Promise<void> {
    const device = this[kind]
    if (!navigator.mediaDevices?.getUserMedia) {
      return this.fail(kind, window.isSecureContext === false ? 'insecure' : 'unavailable')
    }
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
      device.problem = null
      this.tracks[kind] = track
      track.addEventListener('ended', () => this.tracks[kind] === track && void this.ended(kind))
      if (kind === 'camera') this.picture = stream
      else this.sound = stream
    } catch (error) {
      return this.fail(kind, await reason(kind, error))
    } finally {
      device.asking = false
    }
    await this.list() // now with names, which may tell the one that was chosen last time
  }

  /** Lets go of an open device for the one that is chosen now. */
  private async swap(kind: Kind): Promise<void> {
    if (!this[kind].on) return
    this.release(kind)
    if (this.open) await this.acquire(kind)
  }

  /** Unplugged, or forbidden after all: another one takes its place, if that asks nobody. */
  private async ended(kind: Kind): Promise<void> {
    this.release(kind)
    await this.list()
    if (this.tracks[kind] || !this[kind].on) return
    const state = await permission(kind)
    if (state === 'denied') return this.fail(kind, 'denied')
    if (this.lists[kind].length === 0) return this.fail(kind, 'missing')
    if (state === 'granted') await this.acquire(kind)
    else this.fail(kind, 'failed')
  }

  /** Whatever kept a device from opening may be over: tries again where that asks nobody. */
  private async recover(): Promise<void> {
    for (const kind of OPENED) {
      const device = this[kind]
      if (!this.open || !device.problem || device.asking || document.visibilityState === 'hidden') continue
      if ((await permission(kind)) !== 'granted') continue
      device.on = true // until it fails again; the words stay meanwhile
      await this.acquire(kind)
      this.remember(kind)
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
      this.sound = null
      this.level = 0
      this.heard = false
    }
  }

  private lastHeard = Number.NEGATIVE_INFINITY
  /** How loud `sound` is now, 0..1: told by whoever shows it. */
  measured(level: number): void {
    this.level = level
    if (level > HEARD_LEVEL) this.lastHeard = performance.now()
    this.heard = performance.now() - this.lastHeard < HEARD_FOR_MS
  }

  /** Looks what is plugged in; names are there once a device was allowed. */
  async list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
    const listed = (kind: AnyKind): Device[] => devicesOf(all, kind)
    this.lists = { microphone: listed('microphone'), camera: listed('camera'), speaker: listed('speaker') }
    for (const kind of ALL) await this.settle(kind)
  }

  /** The device that was chosen, where it is there; else the system's choice, said in words. */
  private async settle(kind: AnyKind): Promise<void> {
    const { label } = this.choices[kind]
    const id = pick(this.lists[kind], this.choices[kind])
    const before = this.chosen[kind]
    this.chosen[kind] = id
    if (id === '' && label !== '' && this.lists[kind].length > 0) this.told[kind] = [`page-${kind}-gone`, { device: label }]
    else if (id !== '' && this.told[kind]?.[0] === `page-${kind}-gone`) this.told[kind] = [`page-${kind}-back`, { device: label }]
    if (id !== before && kind !== 'speaker' && this.tracks[kind]) await this.swap(kind)
  }

  private remember(kind: Kind): void {
    this.choices[kind] = { ...this.choices[kind], on: this[kind].on }
    saveChoices(localStore(), this.choices)
  }
}

/** Why it would not open, as exactly as this browser tells. */
export async function reason(kind: Kind, error: unknown): Promise<DeviceProblem> {
  const problem = deviceProblem(error) ?? 'failed'
  if (problem !== 'denied') return problem
  if (isInApp(navigator.userAgent)) return 'unavailable'
  const state = await permission(kind)
  return state === 'granted' ? 'blocked' : state === 'prompt' ? 'dismissed' : 'denied'
}
