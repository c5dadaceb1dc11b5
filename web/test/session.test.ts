import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeviceFailed, JoinFailed } from '../src/problem.ts'
import { Call, type CallEvent, type CallView, LIMITS } from '../src/session.ts'
import { fakeSdk, track } from './fake-sdk.ts'

let sdk: ReturnType<typeof fakeSdk>
let told: CallEvent[]
let abort: AbortController
const emptied = vi.fn()
let shown: { readyState: number } | null = null

beforeEach(() => {
  vi.useFakeTimers()
  sdk = fakeSdk()
  told = []
  abort = new AbortController()
})
afterEach(() => void vi.useRealTimers())

function joining(media: { audio: boolean; video: boolean } = { audio: true, video: true }): Promise<Call> {
  const joined = Call.join(
    sdk,
    {
      token: 'token',
      root: { replaceChildren: emptied, querySelector: () => shown } as unknown as HTMLElement,
      media,
      speaker: '',
      refresh: async () => 'fresh',
      tell: (event) => void told.push(event),
    },
    abort.signal,
  )
  joined.catch(() => undefined)
  return joined
}

async function joined(media?: { audio: boolean; video: boolean }, scopes: string[] = []): Promise<Call> {
  const call = joining(media)
  sdk.room.permissions = scopes
  sdk.room.connects()
  sdk.room.admits([{ id: 'odo', name: 'Odo', audio_muted: true }])
  return call
}

const view = (): CallView => {
  const last = told.findLast((event) => event.type === 'view')
  if (!last) throw new Error('no view yet')
  return last.view
}
const types = (): string[] => told.map(({ type }) => type)

/** How the join went wrong: its problem's code, or its device problem. */
async function failure(call: Promise<Call>): Promise<string> {
  const error = await call.then(
    () => 'joined',
    (error: unknown) => error,
  )
  if (error instanceof JoinFailed) return error.problem.code
  return error instanceof DeviceFailed ? error.reason : String(error)
}

describe('joining', () => {
  it('tells the steps and who is there, oneself first', async () => {
    await joined()
    expect(types().slice(0, 2)).toEqual(['connected', 'view'])
    expect(view().people.map(({ name }) => name)).toEqual(['Mira', 'Odo'])
    expect(view()).toMatchObject({ self: 'me', microphone: true, camera: true, layout: 'grid-responsive' })
  })

  it('empties what a call before left in the picture', async () => {
    emptied.mockClear()
    await joined()
    expect(emptied).toHaveBeenCalledOnce()
  })

  it('sends what the lobby had on, and hears and sees in any case', async () => {
    await joined({ audio: false, video: false })
    expect(sdk.room.join).toHaveBeenCalledWith({ audio: false, video: false, receiveAudio: true, receiveVideo: true })
    expect(view()).toMatchObject({ microphone: false, camera: false })
  })

  it('never lets a duplicated tab take the call over, and refreshes its token through us', async () => {
    await joined()
    expect(sdk.room.options).toMatchObject({ reattach: false, token: 'token' })
    await expect((sdk.room.options['onRefreshToken'] as () => Promise<string>)()).resolves.toBe('fresh')
  })

  it('is done when the promise settles, though nobody said "joined"', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.joined.resolve()
    await expect(call).resolves.toBeInstanceOf(Call)
  })

  it('learns the layouts where that is allowed, and does without where it fails', async () => {
    await joined(undefined, ['room.list_available_layouts'])
    await vi.advanceTimersByTimeAsync(0)
    expect(view().layouts).toHaveLength(2)
  })
})

describe('joining that goes wrong', () => {
  it.each([
    ['a stale token', { name: 'AuthError', code: -32002, message: 'expired' }, 'token_refused'],
    ['a room that is gone', { code: '404', message: 'Room not found' }, 'room_missing'],
    ['a plain object', { code: 403, message: 'Unauthorized' }, 'join_refused'],
    ['a denied camera', new DOMException('', 'NotAllowedError'), 'denied'],
    ['a busy camera', new DOMException('', 'NotReadableError'), 'busy'],
    ['a blocked network', { code: 'ICE_GATHERING_FAILED', message: 'Ice gathering timeout' }, 'media_unreachable'],
  ])('by %s', async (_what, rejection, code) => {
    const call = joining()
    sdk.room.connects()
    sdk.room.joined.reject(rejection)
    expect(await failure(call)).toBe(code)
    expect(sdk.room.setState).toHaveBeenCalledWith('hangup')
  })

  it('by a room that is gone, after which the SDK tears its own down: a join that failed, not a call that is over', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('destroy')
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    expect(await failure(call)).toBe('room_missing')
    expect(types()).not.toContain('over')
  })

  it('by a relay that never answers: the SDK would try for ever', async () => {
    const call = joining()
    await vi.advanceTimersByTimeAsync(LIMITS.connect)
    expect(await failure(call)).toBe('video_unreachable')
    sdk.room.connects()
    expect(sdk.room.setState).toHaveBeenCalledWith('hangup')
    expect(types()).toEqual([])
  })

  it('by a relay that never lets us in', async () => {
    const call = joining()
    sdk.room.connects()
    await vi.advanceTimersByTimeAsync(LIMITS.connect + LIMITS.answer)
    expect(await failure(call)).toBe('join_timeout')
  })

  it('by a goodbye before the answer', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('room.left')
    await vi.advanceTimersByTimeAsync(50)
    expect(await failure(call)).toBe('join_refused')
  })

  it('by a goodbye whose reason comes a moment later: the reason counts', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('room.left')
    await vi.advanceTimersByTimeAsync(10)
    sdk.room.joined.reject({ code: 3, message: 'NO_ROUTE_DESTINATION' })
    expect(await failure(call)).toBe('room_missing')
  })

  it('by a press of Cancel, at once', async () => {
    const call = joining()
    const reason = new DOMException('cancelled', 'AbortError')
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect(joining()).rejects.toBe(reason)
    expect(sdk.rooms).toHaveLength(1)
  })

  it('leaves no timer behind', async () => {
    const call = joining()
    sdk.room.joined.reject({ code: 403 })
    await failure(call)
    await vi.advanceTimersByTimeAsync(60)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('in the call', () => {
  it('tells each change once, though the service says it twice', async () => {
    await joined()
    const before = told.length
    sdk.room.updates({ id: 'odo', audio_muted: false })
    expect(told).toHaveLength(before + 1)
    expect(view().people[1]).toMatchObject({ name: 'Odo', muted: false })
  })

  it('sees people come and go, and who shares', async () => {
    await joined()
    sdk.room.emit('member.joined', { member: { id: 'ann', name: 'Ann' } })
    sdk.room.emit('member.joined', { member: { id: 's', type: 'screen', parent_id: 'ann' } })
    expect(view().people.map(({ name }) => name)).toEqual(['Mira', 'Odo', 'Ann'])
    expect([...view().sharing]).toEqual(['ann'])
    sdk.room.emit('member.left', { member: { id: 'ann' } })
    expect(view().people).toHaveLength(2)
    expect(view().sharing.size).toBe(0)
  })

  it('keeps who joined before the list came', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('member.joined', { member: { id: 'early', name: 'Early' } })
    sdk.room.admits()
    await call
    expect(view().people.map(({ name }) => name)).toContain('Early')
  })

  it('hides the own picture at once, not at the next layout', async () => {
    await joined()
    sdk.room.updates({ id: 'me', video_muted: true })
    expect(sdk.room.localVideoOverlay.hide).toHaveBeenCalledOnce()
    sdk.room.updates({ id: 'me', video_muted: false })
    expect(sdk.room.localVideoOverlay.show).toHaveBeenCalledOnce()
  })

  it('knows whether the own hand is up, not another’s', async () => {
    await joined()
    sdk.room.updates({ id: 'odo', handraised: true })
    expect(view().hand).toBe(false)
    sdk.room.updates({ id: 'me', handraised: true })
    expect(view().hand).toBe(true)
  })

  it('knows recording, lock and layout', async () => {
    await joined()
    sdk.room.emit('room.updated', { room_session: { recording: true, locked: true } })
    sdk.room.emit('layout.changed', { layout: { name: 'highlight-1-responsive' } })
    expect(view()).toMatchObject({ recording: true, locked: true, layout: 'highlight-1-responsive' })
  })

  it.each(['member.joined', 'member.updated', 'member.left', 'room.updated', 'layout.changed', 'track', 'room.joined'])(
    'survives a %s without sense',
    async (event) => {
      await joined()
      for (const payload of [{}, { member: 7 }, { member: { id: 7 } }, { room_session: { members: [{}] } }]) {
        sdk.room.emit(event, payload)
      }
      expect(view().people.length).toBeGreaterThan(0)
    },
  )

  describe('when somebody comes in', () => {
    const me = { meta: { discord_user_id: '1' } }
    const comes = (meta: Record<string, unknown>): void => sdk.room.emit('member.joined', { member: { id: 'new', name: 'Mira', meta } })
    beforeEach(async () => {
      await joined()
      sdk.room.updates({ id: 'me', ...me })
    })

    it('who is oneself and moves the call: it has moved', () => {
      comes({ discord_user_id: '1', moves: true })
      expect(types()).toContain('moved')
    })

    it.each([
      ['oneself with a second device', { discord_user_id: '1', moves: false }],
      ['somebody else who moves theirs', { discord_user_id: '2', moves: true }],
      ['nobody we know of', { moves: true }],
      ['something odd', { discord_user_id: '1', moves: 'true' }],
    ])('%s: nothing moves', (_who, meta) => {
      comes(meta)
      expect(types()).not.toContain('moved')
    })
  })

  it('is not moved by the one that it took over from, which it finds inside', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('member.joined', { member: { id: 'me', meta: { discord_user_id: '1', moves: true } } })
    sdk.room.admits([{ id: 'old', name: 'Mira', meta: { discord_user_id: '1', moves: true } }])
    sdk.room.emit('member.joined', { member: { id: 'me', meta: { discord_user_id: '1', moves: true } } })
    await call
    expect(types()).not.toContain('moved')
  })

  it('tells the first frame when there is something to see, once, and not the track before it', async () => {
    await joined()
    shown = { readyState: 0 }
    sdk.room.emit('track', { track: { kind: 'audio' } })
    sdk.room.emit('track', { track: { kind: 'video' } })
    await vi.advanceTimersByTimeAsync(500)
    expect(types()).not.toContain('picture')
    shown.readyState = 2
    await vi.advanceTimersByTimeAsync(50)
    expect(types().filter((type) => type === 'picture')).toHaveLength(1)
  })

  it('stops waiting for a frame that never comes', async () => {
    await joined()
    shown = null
    sdk.room.emit('track', { track: { kind: 'video' } })
    await vi.advanceTimersByTimeAsync(LIMITS.frame + 100)
    expect(vi.getTimerCount()).toBe(0)
    expect(types()).not.toContain('picture')
  })

  it('says how the connection is', async () => {
    await joined()
    told = []
    sdk.room.session.emit('session.reconnecting')
    sdk.room.connects()
    sdk.room.emit('media.reconnecting')
    sdk.room.emit('media.connected')
    expect(told).toEqual(['socket', 'good', 'media', 'good'].map((connection) => ({ type: 'connection', connection })))
  })

  it('is over once', async () => {
    await joined()
    sdk.room.emit('room.left')
    sdk.room.emit('destroy')
    sdk.room.updates({ id: 'odo', audio_muted: false })
    expect(types().filter((type) => type === 'over')).toHaveLength(1)
    expect(types().at(-1)).toBe('over')
  })
})

describe('microphone and camera', () => {
  it('are muted and unmuted by commands', async () => {
    const call = await joined()
    await call.setMicrophone(false)
    expect(sdk.room.audioMute).toHaveBeenCalledOnce()
    sdk.room.updates({ id: 'me', audio_muted: true })
    expect(view().microphone).toBe(false)
    sdk.room.localAudioTrack = track()
    await call.setMicrophone(true)
    expect(sdk.room.audioUnmute).toHaveBeenCalledOnce()
  })

  it('that come back dead are a failure, not a silence', async () => {
    const call = await joined()
    sdk.room.updates({ id: 'me', video_muted: true })
    sdk.room.localVideoTrack = track('ended')
    const failed = call.setCamera(true).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(LIMITS.track + 200)
    expect(await failed).toMatchObject({ reason: 'failed' })
  })

  it('that we joined without are sent when they are wanted', async () => {
    const call = await joined({ audio: false, video: false })
    await call.setMicrophone(true, { echoCancellation: true })
    expect(sdk.room.updateMedia).toHaveBeenCalledWith({
      audio: { direction: 'sendrecv', constraints: { echoCancellation: true } },
    })
    expect(view().microphone).toBe(true)
  })

  it('that are denied later say so', async () => {
    const call = await joined({ audio: false, video: false })
    sdk.room.updateMedia.mockRejectedValue(new DOMException('', 'NotAllowedError'))
    await expect(call.setCamera(true)).rejects.toMatchObject({ reason: 'denied' })
    expect(view().camera).toBe(false)
  })
})

describe('another device', () => {
  it('that is on is opened now, and again after a mute', async () => {
    const call = await joined()
    await call.use('microphone', { deviceId: 'headset' })
    await call.use('camera', { deviceId: 'desk' })
    expect(sdk.room.updateMicrophone).toHaveBeenCalledWith({ deviceId: 'headset' })
    expect(sdk.room.updateCamera).toHaveBeenCalledWith({ deviceId: 'desk' })
    expect(sdk.room.updateMediaOptions.mock.calls).toEqual([[{ audio: { deviceId: 'headset' } }], [{ video: { deviceId: 'desk' } }]])
  })

  it('that is muted stays dark until it is switched on, which the SDK would not mind', async () => {
    const call = await joined()
    sdk.room.updates({ id: 'me', video_muted: true })
    await call.use('camera', { deviceId: 'desk' })
    expect(sdk.room.updateCamera).not.toHaveBeenCalled()
    expect(sdk.room.updateMediaOptions).toHaveBeenCalledWith({ video: { deviceId: 'desk' } })
  })

  it('where none was sent yet is a matter of later', async () => {
    const call = await joined({ audio: false, video: false })
    await call.use('microphone', { deviceId: 'headset' })
    expect(sdk.room.updateMicrophone).not.toHaveBeenCalled()
    expect(sdk.room.updateMediaOptions).not.toHaveBeenCalled()
  })

  it('that does not open is refused like one at the start, and the old one stays', async () => {
    const call = await joined()
    sdk.room.updateCamera.mockRejectedValue(new DOMException('', 'NotReadableError'))
    await expect(call.use('camera', { deviceId: 'desk' })).rejects.toMatchObject({ reason: 'busy' })
    expect(sdk.room.updateMediaOptions).not.toHaveBeenCalled()
  })
})

describe('commands', () => {
  it('of a moderator reach the other one', async () => {
    const call = await joined()
    await call.muteOther('odo')
    await call.stopCameraOf('odo')
    await call.lowerHandOf('odo')
    await call.setLocked(true)
    await call.setLocked(false)
    expect(sdk.room.audioMute).toHaveBeenCalledWith({ memberId: 'odo' })
    expect(sdk.room.videoMute).toHaveBeenCalledWith({ memberId: 'odo' })
    expect(sdk.room.setRaisedHand).toHaveBeenCalledWith({ raised: false, memberId: 'odo' })
    expect([sdk.room.lock, sdk.room.unlock].map((asked) => asked.mock.calls.length)).toEqual([1, 1])
  })

  it('that throw at once, or never answer, are refused like any other', async () => {
    const call = await joined()
    sdk.room.setLayout.mockImplementation(() => {
      throw new Error('before the room was connected')
    })
    await expect(call.setLayout('x')).rejects.toThrow('before the room')
    sdk.room.lock.mockReturnValue(new Promise(() => undefined))
    const locked = call.setLocked(true).catch((error: Error) => error.message)
    await vi.advanceTimersByTimeAsync(LIMITS.command)
    expect(await locked).toBe('no answer')
  })
})

describe('sharing the screen', () => {
  it('is no failure when the picker is closed', async () => {
    const call = await joined()
    sdk.room.startScreenShare.mockRejectedValue(new DOMException('', 'NotAllowedError'))
    await expect(call.share()).resolves.toBeUndefined()
  })

  it('may take as long as a person needs to choose, then not long', async () => {
    const call = await joined()
    const leave = vi.fn(async () => undefined)
    const shared = call.share().catch((error: Error) => error.message)
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    sdk.room.screenShareList = [{ leave }]
    await vi.advanceTimersByTimeAsync(250 + LIMITS.command)
    expect(await shared).toContain('never announced')
    expect(leave).toHaveBeenCalledOnce()
  })

  it('stops all screens', async () => {
    const call = await joined()
    const leave = vi.fn(async () => undefined)
    sdk.room.screenShareList = [{ leave }, { leave: () => Promise.reject(new Error('gone')) }]
    await call.stopSharing()
    expect(leave).toHaveBeenCalledOnce()
  })
})

describe('leaving', () => {
  it('says goodbye before it waits for anything, and is over', async () => {
    const call = await joined()
    const left = call.leave()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    await left
    expect(types().at(-1)).toBe('over')
    await call.leave()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
  })

  it('hangs up when the goodbye gets no answer', async () => {
    const call = await joined()
    sdk.room.leave.mockReturnValue(new Promise(() => undefined))
    const left = call.leave()
    await vi.advanceTimersByTimeAsync(LIMITS.leave)
    await left
    expect(sdk.room.setState).toHaveBeenCalledWith('hangup')
    expect(types().at(-1)).toBe('over')
  })

  it('works though the room is not active, which the SDK answers by throwing', async () => {
    const call = await joined()
    sdk.room.active = false
    sdk.room.setState.mockImplementation(() => {
      throw new Error('already gone')
    })
    await expect(call.leave()).resolves.toBeUndefined()
    expect(sdk.room.leave).not.toHaveBeenCalled()
  })
})
