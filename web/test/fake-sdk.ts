// The vendor's SDK as the tests script it: it does nothing by itself, remembers what it was asked, and says what a
// test makes it say. Its shape is src/room.ts.
import { vi } from 'vitest'
import type { Payload } from '../src/members.ts'
import type { Room, Sdk } from '../src/room.ts'

type Handler = (payload?: any) => void

class Emitter {
  private readonly handlers = new Map<string, Handler[]>()
  /** As the SDK: only what was subscribed before joining is ever heard. */
  closed = false
  on(event: string, handler: Handler): void {
    if (!this.closed) this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler])
  }
  emit(event: string, payload?: unknown): void {
    for (const handler of this.handlers.get(event) ?? []) handler(payload)
  }
}

interface Handles {
  promise: Promise<void>
  resolve: () => void
  reject: (error: unknown) => void
}

function promise(): Handles {
  const handles = {} as Handles
  handles.promise = new Promise((resolve, reject) => Object.assign(handles, { resolve, reject }))
  return handles
}

export class FakeRoom extends Emitter implements Room {
  active = false
  memberId: string | undefined
  permissions: string[] = []
  session = new Emitter()
  localAudioTrack: MediaStreamTrack | null = null
  localVideoTrack: MediaStreamTrack | null = null
  localVideoOverlay = { hide: vi.fn(), show: vi.fn() }
  screenShareList: { leave(): Promise<void> }[] = []
  joined = promise()

  constructor(readonly options: Record<string, unknown>) {
    super()
  }

  join = vi.fn((_params: Record<string, unknown>): Promise<unknown> => {
    this.closed = true
    return this.joined.promise
  })
  leave = vi.fn(async () => {
    this.active = false
    this.emit('room.left')
  })
  setState = vi.fn()
  audioMute = vi.fn(async (_to?: { memberId: string }) => undefined)
  audioUnmute = vi.fn(async () => undefined)
  videoMute = vi.fn(async (_to?: { memberId: string }) => undefined)
  videoUnmute = vi.fn(async () => undefined)
  setRaisedHand = vi.fn(async () => undefined)
  updateMedia = vi.fn(async () => undefined)
  updateMicrophone = vi.fn(async () => undefined)
  updateCamera = vi.fn(async () => undefined)
  updateMediaOptions = vi.fn()
  updateSpeaker = vi.fn(async () => undefined)
  startScreenShare = vi.fn((): Promise<{ leave(): Promise<void> }> => new Promise(() => undefined))
  getLayouts = vi.fn(async () => ({ layouts: ['grid-responsive', 'highlight-1-responsive'] }))
  setLayout = vi.fn(async () => undefined)
  lock = vi.fn(async () => undefined)
  unlock = vi.fn(async () => undefined)

  /** The relay answered. */
  connects(): void {
    this.session.emit('session.connected')
  }
  /** Inside, among `others`. */
  admits(others: Payload[] = [], session: Record<string, unknown> = {}): void {
    this.active = true
    this.memberId = 'me'
    const members = [{ id: 'me', name: 'Mira' }, ...others]
    this.emit('room.joined', { room_session: { layout_name: 'grid-responsive', ...session, members } })
    this.joined.resolve()
  }
  /** A change of somebody, told twice as the service does. */
  updates(member: Payload): void {
    this.emit('member.updated', { member })
    this.emit('member.updated', { member })
  }
}

/** An SDK whose rooms can be got hold of. */
export function fakeSdk(): Sdk & { rooms: FakeRoom[]; room: FakeRoom } {
  const rooms: FakeRoom[] = []
  return {
    rooms,
    get room() {
      const room = rooms.at(-1)
      if (!room) throw new Error('nobody joined yet')
      return room
    },
    Video: {
      RoomSession: class extends FakeRoom {
        constructor(options: Record<string, unknown>) {
          super(options)
          rooms.push(this)
        }
      },
    },
  }
}

export const track = (readyState: MediaStreamTrackState = 'live'): MediaStreamTrack =>
  ({ readyState }) as MediaStreamTrack
