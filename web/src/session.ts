// The call itself. The only file that names the vendor's SDK (@signalwire/js 3.30.0, the last line that takes room
// tokens), so that its end of life touches one place. In: a room token, the devices to send, an element to draw in.
// Out: `CallEvent`s with a whole `CallView` each time, and commands that always settle.
//
// Its siblings: room.ts (the vendor's object as far as it is used), call.ts (what is taken and told), members.ts (who is
// in), sharing.ts (the screen).
//
// Quirks dealt with here:
// - handlers attached after `join()` may never fire: all are attached before.
// - nothing ends a join when the service is unreachable: we do, and hang up should it come back later.
// - `member.updated` comes twice or more: the member list (members.ts) takes repetitions.
// - the SDK hides the local picture only at the next layout change: we hide it at once.
// - unmuting can fail silently: we look whether the track lives.
// - after lost media the SDK cannot come back: `over` is final, a new call needs a new `join`.
// - `leave()` throws unless active: `active` is asked first, else the internal hang-up is used.
// A room object is used once: after a refusal or an end a second join would never settle.
import { type CallEvent, type JoinOptions, LIMITS } from './call.ts'
import { gate, within } from './deadline.ts'
import type { Kind } from './devices.ts'
import { drop, isSharing, type Member, type Members, type Payload, people, put, talk } from './members.ts'
import { DeviceFailed, deviceProblem, fromSdk, JoinFailed, problem } from './problem.ts'
import type { Constraints, Media, Room, Sdk } from './room.ts'
import { share, stopSharing } from './sharing.ts'

/** https://html.spec.whatwg.org/multipage/media.html#dom-media-have_current_data */
const HAVE_CURRENT_DATA = 2

/** Fetches the SDK; called while the lobby shows. */
export const loadSdk = (): Promise<Sdk> => import('@signalwire/js') as unknown as Promise<Sdk>

export class Call {
  private members: Members = new Map()
  private layout = ''
  private layouts: string[] = []
  private recording = false
  private locked = false
  private sending = { audio: false, video: false }
  private connected = false
  private over = false
  /** Let in. Before that a goodbye is the join's failure, not the call's end. */
  private admitted = false
  private readonly limits: typeof LIMITS

  private constructor(
    private readonly room: Room,
    private readonly options: JoinOptions,
  ) {
    this.limits = { ...LIMITS, ...options.limits }
    this.sending = { audio: options.media.audio !== false, video: options.media.video !== false }
  }

  /** Joins, or rejects with `JoinFailed` or `DeviceFailed`; `abort` gives up at once. */
  static async join(sdk: Sdk, options: JoinOptions, abort: AbortSignal): Promise<Call> {
    abort.throwIfAborted()
    options.root.replaceChildren() // a picture left behind would block the new one ("MCU content already there")
    const room = new sdk.Video.RoomSession({
      token: options.token,
      rootElement: options.root,
      applyLocalVideoOverlay: true,
      mirrorLocalVideoOverlay: true,
      stopCameraWhileMuted: true,
      stopMicrophoneWhileMuted: true,
      // A duplicated tab copies sessionStorage and would steal this tab's call.
      reattach: false,
      logLevel: 'error',
      onRefreshToken: options.refresh,
      ...(options.speaker === '' ? {} : { speakerId: options.speaker }),
    })
    const call = new Call(room, options)
    await call.enter(abort)
    return call
  }

  private async enter(abort: AbortSignal): Promise<void> {
    const { room, limits } = this
    const { audio, video } = this.options.media
    const connecting = gate(limits.connect, () => new JoinFailed(problem('video_unreachable')))
    const inside = gate(limits.connect + limits.answer, () => new JoinFailed(problem('join_timeout')))
    const leaveFirst = gate()
    const cancelled = gate()
    abort.addEventListener('abort', () => cancelled.fail(abort.reason))
    // A goodbye before the answer also rejects the join, with the vendor's reason: that one gets a moment's precedence.
    let gone = false
    const goodbye = (): void => {
      gone = true
      setTimeout(() => leaveFirst.fail(new JoinFailed(problem('join_refused'))), 50)
    }
    this.listen(connecting.open, goodbye)
    // Resolved by whichever comes first: with some answers the promise settles before `room.joined`, or never.
    room.on('room.joined', inside.open)
    room
      .join({ audio, video, receiveAudio: true, receiveVideo: true })
      .then(inside.open, (error: unknown) => inside.fail(error))
    try {
      await Promise.race([connecting.passed, inside.passed, leaveFirst.passed, cancelled.passed])
      await Promise.race([inside.passed, leaveFirst.passed, cancelled.passed])
    } catch (error) {
      this.abandon()
      if (abort.aborted) throw abort.reason
      throw error instanceof JoinFailed ? error : translated(error)
    } finally {
      for (const each of [connecting, inside, leaveFirst, cancelled]) each.close()
    }
    this.admitted = true
    if (gone) return this.finish()
    if (room.permissions.includes('room.list_available_layouts')) void this.learnLayouts()
    this.show()
  }

  private listen(connected: () => void, left: () => void): void {
    const { room } = this
    const member = (change: (members: Members, payload: Payload) => Members) => (event: { member?: Payload }) => {
      if (event.member) this.change(change(this.members, event.member))
    }
    room.session.on('session.connected', () => {
      const again = this.connected
      this.connected = true
      if (this.over) return this.hangUp() // came back after we gave up: nobody is waiting for this call
      this.tell(again ? { type: 'connection', connection: 'good' } : { type: 'connected' })
      connected()
    })
    room.session.on('session.reconnecting', () => {
      if (this.connected) this.tell({ type: 'connection', connection: 'socket' })
    })
    room.on('media.reconnecting', () => this.tell({ type: 'connection', connection: 'media' }))
    room.on('media.connected', () => this.tell({ type: 'connection', connection: 'good' }))
    room.on('track', (event: { track?: MediaStreamTrack }) => {
      if (event.track?.kind === 'video') void this.firstFrame()
    })
    room.on('room.joined', (event) => this.arrive(event))
    room.on('room.updated', (event) => this.roomChanged(event?.room_session ?? event?.room))
    room.on('room.ended', () => undefined) // what follows (`room.left`) says it; subscribed so that the server sends both
    for (const goodbye of ['room.left', 'destroy']) {
      room.on(goodbye, () => {
        left()
        this.finish()
      })
    }
    const joined = member(put)
    room.on('member.joined', (event) => {
      joined(event)
      this.perhapsMoved(event?.member?.id)
    })
    room.on('member.updated', member(put))
    room.on('member.talking', member(talk))
    room.on('member.left', member(drop))
    room.on('layout.changed', (event) => this.layoutChanged(event?.layout?.name))
  }

  private arrive(event: { room_session?: Record<string, unknown> & { members?: Payload[] } }): void {
    const session = event?.room_session
    // Joins that arrived before this list stay: it may be the older of the two.
    this.members = (session?.members ?? []).reduce(put, this.members)
    this.roomChanged(session)
    this.show()
  }

  private roomChanged(session: Record<string, unknown> | undefined): void {
    if (typeof session?.['recording'] === 'boolean') this.recording = session['recording']
    if (typeof session?.['locked'] === 'boolean') this.locked = session['locked']
    if (typeof session?.['layout_name'] === 'string') this.layout = session['layout_name']
    this.show()
  }

  private perhapsMoved(id: unknown): void {
    const [me, other] = [this.self(), this.members.get(String(id))]
    if (me?.userId && other?.moves && other.id !== me.id && other.userId === me.userId) this.tell({ type: 'moved' })
  }

  private layoutChanged(name: unknown): void {
    if (typeof name !== 'string' || name === this.layout) return
    this.layout = name
    this.show()
  }

  private change(members: Members): void {
    if (members === this.members) return
    const before = this.self()
    this.members = members
    const now = this.self()
    if (before && now && before.cameraOff !== now.cameraOff) {
      if (now.cameraOff) this.room.localVideoOverlay?.hide()
      else this.room.localVideoOverlay?.show()
    }
    this.show()
  }

  private self(): Member | undefined {
    return this.members.get(this.room.memberId ?? '')
  }

  private isOn(kind: keyof Media): boolean {
    const me = this.self()
    return this.sending[kind] && (kind === 'audio' ? me?.muted : me?.cameraOff) !== true
  }

  /** What the page draws. */
  private show(): void {
    const self = this.room.memberId ?? ''
    if (self === '' || this.over) return
    const everybody = people(this.members, self)
    this.tell({
      type: 'view',
      view: {
        self,
        people: everybody,
        sharing: new Set(everybody.filter(({ id }) => isSharing(this.members, id)).map(({ id }) => id)),
        scopes: new Set(this.room.permissions),
        microphone: this.isOn('audio'),
        camera: this.isOn('video'),
        hand: this.self()?.hand === true,
        layout: this.layout,
        layouts: this.layouts,
        recording: this.recording,
        locked: this.locked,
      },
    })
  }

  async setMicrophone(on: boolean, constraints: Constraints = true): Promise<void> {
    if (!on) return this.command(() => this.room.audioMute())
    // Not asked of the member list first: the news of a mute a moment ago may still be on its way.
    const sent = this.sending.audio
    if (!sent) await this.send('audio', constraints)
    if (sent || this.self()?.muted === true) {
      await this.command(() => this.room.audioUnmute())
      await this.alive(() => this.room.localAudioTrack)
    }
  }

  async setCamera(on: boolean, constraints: Constraints = true): Promise<void> {
    if (!on) return this.command(() => this.room.videoMute())
    if (!this.sending.video) await this.send('video', constraints)
    if (this.self()?.cameraOff === true) {
      await this.command(() => this.room.videoUnmute())
      await this.alive(() => this.room.localVideoTrack)
    }
  }

  /** Sends a device that we joined without. */
  private async send(kind: 'audio' | 'video', constraints: Constraints): Promise<void> {
    const change = { [kind]: { direction: 'sendrecv' as const, constraints } }
    await within(this.limits.renegotiate, this.room.updateMedia(change)).catch((error: unknown) => {
      throw translatedDevice(error) ?? error
    })
    this.sending[kind] = true
    this.show()
  }

  /** Whether a device that is on was unplugged. */
  lost(kind: Kind): boolean {
    const [sent, track] =
      kind === 'microphone' ? (['audio', this.room.localAudioTrack] as const) : (['video', this.room.localVideoTrack] as const)
    return this.isOn(sent) && track?.readyState === 'ended'
  }

  /**
   * Another microphone or camera, now and whenever it is next switched on. The SDK opens a muted device again with
   * what the call began with, and would open a new one at once though it is muted, so both are told to it here.
   */
  async use(kind: Kind, constraints: Constraints): Promise<void> {
    const sent = kind === 'microphone' ? 'audio' : 'video'
    if (!this.sending[sent]) return // opened when it is first switched on
    if (this.isOn(sent)) {
      const changed = sent === 'audio' ? this.room.updateMicrophone(constraints) : this.room.updateCamera(constraints)
      await within(this.limits.command, changed).catch((error: unknown) => {
        throw translatedDevice(error) ?? error
      })
    }
    this.room.updateMediaOptions({ [sent]: constraints })
  }

  share(): Promise<void> {
    return share(this.room, this.limits)
  }

  stopSharing(): Promise<void> {
    return stopSharing(this.room, this.limits)
  }

  raiseHand(raised: boolean): Promise<void> {
    return this.command(() => this.room.setRaisedHand({ raised }))
  }

  setLayout(name: string): Promise<void> {
    return this.command(() => this.room.setLayout({ name }))
  }

  setLocked(locked: boolean): Promise<void> {
    return this.command(() => locked ? this.room.lock() : this.room.unlock())
  }

  setSpeaker(deviceId: string): Promise<void> {
    return this.command(() => this.room.updateSpeaker({ deviceId }))
  }

  muteOther(memberId: string): Promise<void> {
    return this.command(() => this.room.audioMute({ memberId }))
  }

  stopCameraOf(memberId: string): Promise<void> {
    return this.command(() => this.room.videoMute({ memberId }))
  }

  lowerHandOf(memberId: string): Promise<void> {
    return this.command(() => this.room.setRaisedHand({ raised: false, memberId }))
  }

  /** Where the SDK draws the call: the first video it puts into the page; the second is the own picture. */
  get picture(): HTMLVideoElement | null {
    return this.options.root.querySelector('video')
  }

  /** Tells when there is something to see, which is a while after the track came, and never where nothing is sent. */
  private async firstFrame(): Promise<void> {
    const until = performance.now() + this.limits.frame
    while ((this.picture?.readyState ?? 0) < HAVE_CURRENT_DATA) {
      if (this.over || performance.now() > until) return
      await new Promise((later) => setTimeout(later, 20))
    }
    this.tell({ type: 'picture' })
  }

  /** Leaves; `over` follows. Also right while the page goes away: the goodbye is sent before anything is awaited. */
  async leave(): Promise<void> {
    if (this.over) return
    if (!this.room.active) return this.abandon()
    await within(this.limits.leave, this.room.leave()).catch(() => this.hangUp())
    this.finish()
  }

  private async learnLayouts(): Promise<void> {
    try {
      const { layouts } = await within(this.limits.command, this.room.getLayouts())
      this.layouts = layouts
      this.show()
    } catch {
      // Without the list the page offers no layouts; nothing else depends on it.
    }
  }

  /** Commands throw at once while the room is not active; as rejections they have one way out. */
  private async command(ask: () => Promise<unknown>): Promise<void> {
    await within(this.limits.command, ask())
  }

  private async alive(track: () => MediaStreamTrack | null): Promise<void> {
    const until = performance.now() + this.limits.track
    while (track()?.readyState !== 'live') {
      if (performance.now() > until) throw new DeviceFailed('failed')
      await new Promise((later) => setTimeout(later, 100))
    }
  }

  private abandon(): void {
    this.over = true
    this.hangUp()
  }

  /** Before the relay was reached nothing stops the SDK; should it get there, `session.connected` comes here again. */
  private hangUp(): void {
    if (!this.connected) return
    try {
      this.room.setState('hangup')
    } catch {
      // Already gone.
    }
  }

  private finish(): void {
    if (this.over || !this.admitted) return
    this.tell({ type: 'over' })
    this.over = true
  }

  private tell(event: CallEvent): void {
    if (!this.over) this.options.tell(event)
  }
}

function translated(error: unknown): Error {
  return translatedDevice(error) ?? new JoinFailed(fromSdk(error))
}

function translatedDevice(error: unknown): DeviceFailed | null {
  const reason = deviceProblem(error)
  return reason === null ? null : new DeviceFailed(reason)
}
