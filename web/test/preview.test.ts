import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { measure } from '../src/meter.ts'
import { Preview } from '../src/preview.svelte.ts'
import { device, FakeAudioContext, type Played, playBrowser } from './browser.ts'

let played: Played
beforeEach(() => {
  vi.useFakeTimers()
  FakeAudioContext.volume = 0
  played = playBrowser()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const denied = new DOMException('', 'NotAllowedError')

describe('before a press', () => {
  it('nothing is opened and nobody is asked', async () => {
    const preview = new Preview()
    await preview.restore()
    expect(played.devices.getUserMedia).not.toHaveBeenCalled()
    expect(preview.media()).toEqual({ audio: false, video: false })
  })

  it('what was on last time opens by itself only where that needs no question', async () => {
    const before = new Preview()
    await before.tryBoth()
    before.close()
    played.permissions.become('granted', 'microphone')
    const preview = new Preview()
    await preview.restore()
    expect([preview.microphone.on, preview.camera.on]).toEqual([true, false])
  })

  it('works where the browser has no media at all', async () => {
    vi.stubGlobal('navigator', {})
    const preview = new Preview()
    await preview.restore()
    await preview.turn('camera', true)
    expect(preview.camera).toMatchObject({ on: false, problem: 'unavailable' })
  })

  it('and says so where that is because the page came unprotected', async () => {
    vi.stubGlobal('navigator', {})
    vi.stubGlobal('window', { ...window, isSecureContext: false })
    const preview = new Preview()
    await preview.turn('microphone', true)
    expect(preview.microphone).toMatchObject({ on: false, problem: 'insecure' })
  })
})

describe('a press', () => {
  it('asks for the microphone and the camera one by one', async () => {
    const preview = new Preview()
    await preview.tryBoth()
    const asked = played.devices.getUserMedia.mock.calls.map(([wanted]) => Object.keys(wanted))
    expect(asked).toEqual([['audio'], ['video']])
    expect(preview.picture).not.toBeNull()
    expect(preview.media()).toMatchObject({ audio: { echoCancellation: true }, video: { aspectRatio: 16 / 9 } })
  })

  it('of one that is denied keeps the other', async () => {
    played.permissions.become('denied', 'camera')
    played.devices.trouble.video = denied
    const preview = new Preview()
    await preview.tryBoth()
    expect(preview.camera).toEqual({ on: false, asking: false, problem: 'denied' })
    expect(preview.microphone).toEqual({ on: true, asking: false, problem: null })
    expect(preview.media().video).toBe(false)
  })

  it.each([
    ['denied', 'denied'],
    ['prompt', 'dismissed'], // the question can be asked again
    ['granted', 'blocked'], // it was not the browser who said no
  ] as const)('refused while the browser’s permission is %s was %s', async (state, problem) => {
    played.permissions.become(state, 'camera')
    played.devices.trouble.video = denied
    const preview = new Preview()
    await preview.turn('camera', true)
    expect(preview.camera.problem).toBe(problem)
  })

  it('in an app’s own browser leads out of it', async () => {
    vi.stubGlobal('navigator', { ...navigator, userAgent: 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148' })
    played.devices.trouble.video = denied
    const preview = new Preview()
    await preview.turn('camera', true)
    expect(preview.camera.problem).toBe('unavailable')
  })

  it('again after the permission was given clears the trouble', async () => {
    played.devices.trouble.video = denied
    const preview = new Preview()
    await preview.turn('camera', true)
    played.devices.trouble = {}
    await preview.turn('camera', true)
    expect(preview.camera).toEqual({ on: true, asking: false, problem: null })
  })

  it('taken back while the browser asks leaves the camera off', async () => {
    const preview = new Preview()
    const turning = preview.turn('camera', true)
    await preview.turn('camera', false)
    await turning
    expect(played.devices.open).toBe(0)
    expect(preview.picture).toBeNull()
  })
})

describe('the devices', () => {
  const headset = device('audioinput', 'm1', 'Headset')
  const desk = device('audioinput', 'm2', 'Desk')
  const webcam = device('videoinput', 'c1', 'Webcam')
  /** The microphone on the desk, chosen and on. */
  async function withDesk(): Promise<Preview> {
    played.devices.listed = [headset, desk]
    const preview = new Preview()
    await preview.turn('microphone', true)
    await preview.choose('microphone', 'm2')
    return preview
  }

  it('are given back before the call opens them, and opened again after it', async () => {
    const preview = new Preview()
    await preview.tryBoth()
    preview.close()
    expect(played.devices.open).toBe(0)
    expect(preview.media()).not.toEqual({ audio: false, video: false })
    await preview.reopen()
    expect(played.devices.open).toBe(2)
  })

  it('are opened by nobody while the call has them', async () => {
    const preview = new Preview()
    preview.close()
    await preview.turn('camera', true)
    preview.follow('microphone', true)
    expect(played.devices.getUserMedia).not.toHaveBeenCalled()
    expect(preview.media()).not.toEqual({ audio: false, video: false })
  })

  it('are remembered by id, and by label when the browser gave new ids', async () => {
    played.devices.listed = [headset, webcam]
    const before = new Preview()
    await before.turn('camera', true)
    await before.choose('camera', 'c1')
    played.devices.listed = [headset, device('videoinput', 'c2', 'Webcam')]
    const preview = new Preview()
    await preview.restore()
    expect(preview.chosen.camera).toBe('c2')
  })

  it('change under way: one that is chosen is opened', async () => {
    const preview = await withDesk()
    expect(played.devices.getUserMedia.mock.lastCall?.[0]).toMatchObject({ audio: { deviceId: { ideal: 'm2' } } })
    expect(played.devices.open).toBe(1)
    expect(preview.told.microphone).toBeNull()
  })

  it('that vanish give way to the system’s, and say so; back again they are used again', async () => {
    const preview = await withDesk()
    played.devices.change([headset])
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.lists.microphone).toEqual([{ id: 'm1', label: 'Headset' }])
    expect(preview.told.microphone).toEqual(['page-microphone-gone', { device: 'Desk' }])
    expect([preview.chosen.microphone, preview.microphone.on, played.devices.open]).toEqual(['', true, 1])
    expect(played.devices.getUserMedia.mock.lastCall?.[0]).not.toHaveProperty('audio.deviceId')
    played.devices.change([headset, desk])
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.told.microphone).toEqual(['page-microphone-back', { device: 'Desk' }])
    expect(preview.chosen.microphone).toBe('m2')
    expect(played.devices.getUserMedia.mock.lastCall?.[0]).toMatchObject({ audio: { deviceId: { ideal: 'm2' } } })
    expect(played.devices.open).toBe(1)
  })

  it('are missed at the next visit too, until another one is chosen', async () => {
    const before = await withDesk()
    before.close()
    played.devices.listed = [headset]
    const preview = new Preview()
    await preview.restore()
    expect(preview.told.microphone).toEqual(['page-microphone-gone', { device: 'Desk' }])
    await preview.turn('microphone', true)
    await preview.choose('microphone', 'm1')
    expect(preview.told.microphone).toBeNull()
  })

  it('that are unplugged say so, and are opened when they are back, without a question', async () => {
    played.devices.listed = [webcam]
    const preview = new Preview()
    await preview.turn('camera', true)
    played.permissions.become('granted', 'camera')
    played.devices.listed = []
    played.devices.opened[0]?.ends()
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera).toMatchObject({ on: false, problem: 'missing' })
    expect(preview.picture).toBeNull()
    played.devices.change([webcam])
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera).toEqual({ on: true, asking: false, problem: null })
    expect(preview.picture).not.toBeNull()
  })

  it('that are unplugged give way to another one', async () => {
    played.devices.listed = [headset, desk]
    played.permissions.become('granted', 'microphone')
    const preview = new Preview()
    await preview.turn('microphone', true)
    played.devices.listed = [headset]
    played.devices.opened[0]?.ends()
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.microphone).toEqual({ on: true, asking: false, problem: null })
    expect(played.devices.open).toBe(1)
  })

  it('that are forbidden under way say that', async () => {
    played.devices.listed = [webcam]
    const preview = new Preview()
    await preview.turn('camera', true)
    played.permissions.become('denied', 'camera')
    played.devices.opened[0]?.ends()
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera).toMatchObject({ on: false, problem: 'denied' })
  })
})

describe('what kept a device from opening', () => {
  async function inTrouble(error: string): Promise<Preview> {
    played.devices.listed = [device('videoinput', 'c1', 'Webcam')]
    played.permissions.become('denied', 'camera')
    played.devices.trouble.video = new DOMException('', error)
    const preview = new Preview()
    await preview.turn('camera', true)
    expect(preview.camera.on).toBe(false)
    played.devices.trouble = {}
    return preview
  }

  it('is over when the permission changes', async () => {
    const preview = await inTrouble('NotAllowedError')
    expect(preview.camera.problem).toBe('denied')
    played.permissions.become('granted', 'camera')
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera).toEqual({ on: true, asking: false, problem: null })
  })

  it('is looked at again by whoever comes back to the page', async () => {
    const preview = await inTrouble('NotReadableError')
    expect(preview.camera.problem).toBe('busy')
    played.focus()
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera.problem).toBe('busy') // it would ask
    played.permissions.become('granted', 'camera')
    played.focus()
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera.on).toBe(true)
  })

  it('stays said while it lasts', async () => {
    const preview = await inTrouble('NotReadableError')
    played.devices.trouble.video = new DOMException('', 'NotReadableError')
    played.permissions.become('granted', 'camera')
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.camera).toEqual({ on: false, asking: false, problem: 'busy' })
  })
})

it('a voice is heard for a while, a pause does not make it silent at once', async () => {
  const preview = new Preview()
  await preview.turn('microphone', true)
  const meter = measure(preview.sound as MediaStream, (level) => preview.measured(level))
  await vi.advanceTimersByTimeAsync(200)
  expect([preview.heard, preview.level]).toEqual([false, 0])
  FakeAudioContext.volume = 0.5
  await vi.advanceTimersByTimeAsync(200)
  expect(preview.heard).toBe(true)
  FakeAudioContext.volume = 0
  await vi.advanceTimersByTimeAsync(1_000)
  expect(preview.heard).toBe(true)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(preview.heard).toBe(false)
  meter.stop()
  preview.close()
  expect(vi.getTimerCount()).toBe(0)
})
