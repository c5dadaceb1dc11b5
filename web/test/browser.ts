// As much of a browser as preview.svelte.ts and page.svelte.ts ask for, played by the tests.
import { vi } from 'vitest'

export class FakeTrack {
  readyState = 'live'
  private ended: (() => void)[] = []
  stop = vi.fn(() => {
    this.readyState = 'ended'
  })
  addEventListener(_type: 'ended', listener: () => void): void {
    this.ended.push(listener)
  }
  /** Unplugged. */
  ends(): void {
    this.readyState = 'ended'
    for (const listener of this.ended) listener()
  }
}

export class FakeDevices {
  listed: MediaDeviceInfo[] = []
  /** What each kind answers: a refusal, or nothing for a working device. */
  trouble: Partial<Record<'audio' | 'video', Error>> = {}
  opened: FakeTrack[] = []
  private changed: (() => void)[] = []

  getUserMedia = vi.fn(async (wanted: MediaStreamConstraints) => {
    const trouble = this.trouble[wanted.audio ? 'audio' : 'video']
    if (trouble) throw trouble
    const track = new FakeTrack()
    this.opened.push(track)
    return { getTracks: () => [track] }
  })
  enumerateDevices = vi.fn(async () => this.listed)
  addEventListener(_type: 'devicechange', listener: () => void): void {
    this.changed.push(listener)
  }
  change(listed: MediaDeviceInfo[]): void {
    this.listed = listed
    for (const listener of this.changed) listener()
  }
  get open(): number {
    return this.opened.filter(({ readyState }) => readyState === 'live').length
  }
}

export function device(kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo {
  return { kind, deviceId, label, groupId: '' } as MediaDeviceInfo
}

/** A silent audio graph, or one that hears `volume`. */
export class FakeAudioContext {
  static volume = 0
  state = 'running'
  createAnalyser(): unknown {
    return {
      fftSize: 0,
      getFloatTimeDomainData: (samples: Float32Array) => samples.fill(FakeAudioContext.volume),
    }
  }
  currentTime = 0
  createMediaStreamDestination(): unknown {
    return { stream: {} }
  }
  createMediaStreamSource(): unknown {
    return { connect: () => undefined }
  }
  resume = async (): Promise<void> => undefined
  close = async (): Promise<void> => undefined
}

export function storage(entries: Record<string, string> = {}): Storage {
  const stored = new Map(Object.entries(entries))
  return {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  } as Storage
}

/** What the browser says of its permissions: `prompt` until a test says otherwise. */
export class FakePermissions {
  private readonly statuses = new Map<string, { state: PermissionState; onchange: (() => void) | null }>()
  query = async ({ name }: { name: string }): Promise<unknown> => this.of(name)
  /** Says it, and that it changed. */
  become(state: PermissionState, ...names: string[]): void {
    for (const name of names) {
      const status = this.of(name)
      status.state = state
      status.onchange?.()
    }
  }
  private of(name: string): { state: PermissionState; onchange: (() => void) | null } {
    const status = this.statuses.get(name) ?? { state: 'prompt', onchange: null }
    this.statuses.set(name, status)
    return status
  }
}

export interface Played {
  devices: FakeDevices
  permissions: FakePermissions
  local: Storage
  /** Somebody comes back to the page. */
  focus(): void
}

/** Puts the played browser in place of the globals; `vi.unstubAllGlobals` takes it away again. */
export function playBrowser(): Played {
  const listeners: (() => void)[] = []
  const played: Played = {
    devices: new FakeDevices(),
    permissions: new FakePermissions(),
    local: storage(),
    focus: () => listeners.forEach((listener) => listener()),
  }
  vi.stubGlobal('navigator', {
    mediaDevices: played.devices,
    permissions: played.permissions,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    sendBeacon: vi.fn(() => true),
  })
  vi.stubGlobal('window', {
    localStorage: played.local,
    location: { reload: vi.fn() },
    isSecureContext: true,
    addEventListener: (type: string, listener: () => void) => type === 'focus' && listeners.push(listener),
  })
  vi.stubGlobal('document', { addEventListener: () => undefined, visibilityState: 'visible' })
  vi.stubGlobal('AudioContext', FakeAudioContext)
  return played
}
