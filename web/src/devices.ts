// Microphones, cameras and speakers as plain data: which one to use, what to call it, what was chosen last time.
// Ids change when a browser forgets its permissions, so a choice is remembered by id and label. Pure but for storage.
import type { Constraints } from './room.ts'

export type Kind = 'microphone' | 'camera'
export type AnyKind = Kind | 'speaker'

export interface Device {
  id: string
  label: string
}

export interface Choice extends Device {
  on: boolean
}

export type Choices = Record<AnyKind, Choice>

const NONE: Choice = { id: '', label: '', on: false }
const STORED_AT = 'greenroom.devices'

export const KIND_OF: Record<AnyKind, MediaDeviceKind> = {
  microphone: 'audioinput',
  camera: 'videoinput',
  speaker: 'audiooutput',
}

/** The devices of a kind that can be told apart: before permission, browsers list them without id and name. */
export function devicesOf(all: readonly MediaDeviceInfo[], kind: AnyKind): Device[] {
  return all
    .filter((device) => device.kind === KIND_OF[kind] && device.deviceId !== '' && device.deviceId !== 'default')
    .map(({ deviceId, label }) => ({ id: deviceId, label }))
}

/** The remembered device if it is there, by id, else by label; `''` is the system's choice. */
export function pick(devices: readonly Device[], remembered: Device): string {
  const same = devices.find(({ id }) => id === remembered.id && id !== '')
  const alike = devices.find(({ label }) => label === remembered.label && label !== '')
  return (same ?? alike)?.id ?? ''
}

/** How a device is asked for. `ideal`: one that vanished must not keep anybody from joining. */
export function constraints(kind: Kind, id: string): Constraints {
  const device = id === '' ? {} : { deviceId: { ideal: id } }
  if (kind === 'camera') return { ...device, width: { ideal: 1280 }, height: { ideal: 720 }, aspectRatio: 16 / 9 }
  return { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
}

export function loadChoices(storage: Pick<Storage, 'getItem'> | null): Choices {
  let stored: Partial<Record<AnyKind, Partial<Choice>>> = {}
  try {
    stored = JSON.parse(storage?.getItem(STORED_AT) ?? '{}') ?? {}
  } catch {
    // Someone else's or an older version's entry: start afresh.
  }
  const choice = (kind: AnyKind): Choice => ({
    id: String(stored[kind]?.id ?? NONE.id),
    label: String(stored[kind]?.label ?? NONE.label),
    on: stored[kind]?.on === true,
  })
  return { microphone: choice('microphone'), camera: choice('camera'), speaker: choice('speaker') }
}

export function saveChoices(storage: Pick<Storage, 'setItem'> | null, choices: Choices): void {
  try {
    storage?.setItem(STORED_AT, JSON.stringify(choices))
  } catch {
    // Full or forbidden: the choice holds for this page only.
  }
}

/** What this browser keeps for us, where it keeps anything. */
export function localStore(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
