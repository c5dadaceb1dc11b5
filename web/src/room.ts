// The vendor's room object as far as session.ts uses it: types only, written from what was observed (the SDK's own
// hide its connection events). A fake of this shape is what the tests join (test/fake-sdk.ts).

export interface Sdk {
  Video: { RoomSession: new (options: Record<string, unknown>) => Room }
}

type Handler = (payload: any) => void

/** The part of `Video.RoomSession` we use. */
export interface Room {
  on(event: string, handler: Handler): unknown
  join(params: Record<string, unknown>): Promise<unknown>
  leave(): Promise<void>
  setState(state: 'hangup'): void
  readonly active: boolean
  readonly memberId: string | undefined
  readonly permissions: string[]
  readonly session: { on(event: string, handler: Handler): unknown }
  readonly localAudioTrack: MediaStreamTrack | null
  readonly localVideoTrack: MediaStreamTrack | null
  readonly localVideoOverlay?: { hide(): void; show(): void }
  readonly screenShareList: { leave(): Promise<void> }[]
  audioMute(to?: { memberId: string }): Promise<void>
  audioUnmute(): Promise<void>
  videoMute(to?: { memberId: string }): Promise<void>
  videoUnmute(): Promise<void>
  setRaisedHand(to: { raised: boolean; memberId?: string }): Promise<void>
  updateMedia(to: Partial<Record<'audio' | 'video', { direction: 'sendrecv'; constraints: Constraints }>>): Promise<void>
  updateMicrophone(constraints: Constraints): Promise<void>
  updateCamera(constraints: Constraints): Promise<void>
  updateMediaOptions(to: Partial<Media>): void
  updateSpeaker(to: { deviceId: string }): Promise<void>
  startScreenShare(options: { audio: boolean; video: boolean }): Promise<{ leave(): Promise<void> }>
  getLayouts(): Promise<{ layouts: string[] }>
  setLayout(to: { name: string }): Promise<void>
  lock(): Promise<void>
  unlock(): Promise<void>
}

export type Constraints = MediaTrackConstraints | boolean
export interface Media {
  audio: Constraints
  video: Constraints
}
