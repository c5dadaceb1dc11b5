// What one does in the call, and out of it: every command settles, whatever the SDK leaves hanging.
import { describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../src/call.ts'
import { joined, sdk, types, view } from './calling.ts'
import { track } from './fake-sdk.ts'

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
