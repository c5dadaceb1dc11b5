import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
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
    played.granted = ['microphone']
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
    played.devices.trouble.video = denied
    const preview = new Preview()
    await preview.tryBoth()
    expect(preview.camera).toEqual({ on: false, asking: false, problem: 'denied' })
    expect(preview.microphone).toEqual({ on: true, asking: false, problem: null })
    expect(preview.media().video).toBe(false)
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
  const webcam = device('videoinput', 'c1', 'Webcam')

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

  it('change under way: one that is chosen is opened, one that vanishes gives way', async () => {
    played.devices.listed = [headset, device('audioinput', 'm2', 'Desk')]
    const preview = new Preview()
    await preview.turn('microphone', true)
    await preview.choose('microphone', 'm2')
    expect(played.devices.getUserMedia.mock.lastCall?.[0]).toMatchObject({ audio: { deviceId: { ideal: 'm2' } } })
    expect(played.devices.open).toBe(1)
    played.devices.change([headset])
    await vi.advanceTimersByTimeAsync(0)
    expect(preview.chosen.microphone).toBe('')
    expect(preview.lists.microphone).toEqual([{ id: 'm1', label: 'Headset' }])
  })

  it('that are unplugged say so', async () => {
    const preview = new Preview()
    await preview.turn('camera', true)
    played.devices.opened[0]?.ends()
    expect(preview.camera).toMatchObject({ on: false, problem: 'missing' })
    expect(preview.picture).toBeNull()
  })
})

it('a voice is heard for a while, a pause does not make it silent at once', async () => {
  const preview = new Preview()
  await preview.turn('microphone', true)
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
  preview.close()
  expect(vi.getTimerCount()).toBe(0)
})
