// A person in the call, with the scripted SDK behind the seat: what is pressed, and what they are told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../src/inside.ts'
import { hold } from '../src/hold.ts'
import { Preview } from '../src/preview.svelte.ts'
import { Seat } from '../src/seat.svelte.ts'
import { choose } from '../src/switching.ts'
import '../src/joining.ts' // fetched before the clocks stand still
import { device, type Played, playBrowser } from './browser.ts'
import { fakeSdk, track } from './fake-sdk.ts'

const vendor = vi.hoisted(() => ({ Video: { RoomSession: class {} } }))
vi.mock('@signalwire/js', () => vendor)

let sdk: ReturnType<typeof fakeSdk>
let preview: Preview
let seat: Seat
let played: Played
const localStorage = (): string | null => played.local.getItem('greenroom.devices')
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const said = (): string[] => seat.notices.shown.map(({ line: [id] }) => id)

beforeEach(() => {
  vi.useFakeTimers()
  played = playBrowser()
  sdk = fakeSdk()
  vendor.Video = sdk.Video as unknown as typeof vendor.Video
  preview = new Preview()
  seat = new Seat(preview)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function sits(quietly = false, meanwhile = (): void => undefined): Promise<void> {
  preview.close()
  const root = { replaceChildren: () => undefined } as unknown as HTMLElement
  const watch = { connected: () => undefined, connection: () => undefined, over: () => undefined, picture: () => undefined, moved: () => undefined }
  const joined = seat.join({ token: 'token', root, quietly, refresh: async () => 'fresh', watch }, new AbortController().signal)
  await settle()
  sdk.room.connects()
  sdk.room.admits([{ id: 'odo', name: 'Odo' }])
  meanwhile()
  await joined
  await settle()
  sdk.room.localAudioTrack = track()
  sdk.room.audioMute.mockImplementation(async () => sdk.room.updates({ id: 'me', audio_muted: true }) as undefined)
  sdk.room.audioUnmute.mockImplementation(async () => sdk.room.updates({ id: 'me', audio_muted: false }) as undefined)
}

describe('talking while a key is held', () => {
  beforeEach(async () => {
    preview.microphone.on = true
    await sits()
    await seat.toggle('microphone')
    expect(seat.view?.microphone).toBe(false)
  })

  it('the microphone is on, and off again after it, and nobody is called a moderator', async () => {
    await hold(seat, true)
    expect(seat.view?.microphone).toBe(true)
    await hold(seat, false)
    expect(seat.view?.microphone).toBe(false)
    expect(said()).toEqual(['page-said-muted', 'page-said-unmuted', 'page-said-muted'])
  })

  it('let go before the microphone was there: it goes off as soon as it is', async () => {
    let unmuted = (): void => undefined
    sdk.room.audioUnmute.mockImplementation(() => new Promise((done) => (unmuted = () => done(undefined))))
    const held = hold(seat, true)
    await hold(seat, false)
    sdk.room.audioMute.mockClear()
    unmuted()
    await held
    expect(sdk.room.audioMute).toHaveBeenCalledOnce()
    expect(seat.view?.microphone).toBe(false)
  })

  it('is not what is remembered as one’s choice', async () => {
    await hold(seat, true)
    expect(preview.microphone.on).toBe(false)
  })

  it('with a microphone that does not come says so, and the next press may work', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    sdk.room.localAudioTrack = track('ended')
    const held = hold(seat, true)
    await settle(4_000)
    await held
    expect(said().at(-1)).toBe('page-microphone-failed')
    sdk.room.localAudioTrack = track()
    sdk.room.updates({ id: 'me', audio_muted: true })
    await hold(seat, true)
    expect(seat.view?.microphone).toBe(true)
  })

  it('outside of a call is nothing', async () => {
    seat.leave()
    await hold(seat, true)
    await hold(seat, false)
    expect(sdk.room.audioUnmute).not.toHaveBeenCalled()
  })
})

it('whose microphone is on needs no key, and keeps it on', async () => {
  preview.microphone.on = true
  await sits()
  await hold(seat, true)
  await hold(seat, false)
  expect(seat.view?.microphone).toBe(true)
  expect(sdk.room.audioMute).not.toHaveBeenCalled()
})

describe('another device in the call', () => {
  beforeEach(async () => {
    preview.microphone.on = true
    await sits()
  })

  it('is used and remembered', async () => {
    await choose(seat, 'microphone', 'headset')
    expect(sdk.room.updateMicrophone).toHaveBeenCalledWith(expect.objectContaining({ deviceId: { ideal: 'headset' } }))
    expect(JSON.parse(localStorage() ?? '{}').microphone).toMatchObject({ id: 'headset' })
    await choose(seat, 'speaker', 'box')
    expect(sdk.room.updateSpeaker).toHaveBeenCalledWith({ deviceId: 'box' })
  })

  it('that does not work says why, and the old one is chosen still', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    await choose(seat, 'microphone', 'headset')
    sdk.room.updateMicrophone.mockRejectedValue(new DOMException('', 'NotReadableError'))
    await choose(seat, 'microphone', 'broken')
    expect(preview.chosen.microphone).toBe('headset')
    expect(said()).toEqual(['page-microphone-busy'])
  })
})

it('who comes in while the words for it are still on their way is announced all the same', async () => {
  await sits(false, () => sdk.room.emit('member.joined', { member: { id: 'ann', name: 'Ann' } }))
  expect(said()).toEqual(['page-said-joined'])
})

describe('among many', () => {
  it('one comes in muted, is told, and can unmute', async () => {
    preview.microphone.on = true
    await sits(true)
    expect(sdk.room.join).toHaveBeenCalledWith(expect.objectContaining({ audio: false }))
    expect(said()).toEqual(['page-said-joined-muted'])
    await seat.toggle('microphone')
    expect(seat.view?.microphone).toBe(true)
  })

  it('who had the microphone off anyway is told nothing', async () => {
    await sits(true)
    expect(said()).toEqual([])
  })
})

it('whom a moderator muted is still muted after a break', async () => {
  preview.microphone.on = true
  await sits()
  sdk.room.updates({ id: 'me', audio_muted: true })
  sdk.room.emit('room.left')
  expect(preview.media().audio).toBe(false)
})

it('a break in the middle of a held key does not leave the microphone open', async () => {
  preview.microphone.on = true
  await sits()
  await seat.toggle('microphone')
  await hold(seat, true)
  sdk.room.emit('room.left')
  expect(preview.media().audio).toBe(false)
})

describe('a device that is pulled out in the middle of the call', () => {
  const headset = device('audioinput', 'headset', 'Headset')
  const builtIn = device('audioinput', 'built-in', 'Built-in')

  beforeEach(async () => {
    played.devices.listed = [headset, builtIn]
    await preview.list()
    await preview.choose('microphone', 'headset')
    preview.microphone.on = true
    await sits()
  })

  it('is replaced by the system’s choice, and by itself when it is back', async () => {
    sdk.room.localAudioTrack = track('ended')
    played.devices.change([builtIn])
    await settle()
    expect(sdk.room.updateMicrophone).toHaveBeenLastCalledWith(expect.not.objectContaining({ deviceId: expect.anything() }))
    expect(said()).toEqual(['page-microphone-gone'])
    sdk.room.localAudioTrack = track()
    played.devices.change([headset, builtIn])
    await settle()
    expect(sdk.room.updateMicrophone).toHaveBeenLastCalledWith(expect.objectContaining({ deviceId: { ideal: 'headset' } }))
    expect(said()).toEqual(['page-microphone-gone', 'page-microphone-back'])
  })

  it('and was the last one mutes, says so, and blames no moderator', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    sdk.room.localAudioTrack = track('ended')
    sdk.room.updateMicrophone.mockRejectedValue(new DOMException('', 'NotFoundError'))
    played.devices.change([])
    await settle()
    expect(seat.view?.microphone).toBe(false)
    expect(said()).toEqual(['page-said-muted', 'page-microphone-missing'])
  })

  it('of no concern to the call disturbs nobody', async () => {
    played.devices.change([headset])
    await settle()
    expect(sdk.room.updateMicrophone).not.toHaveBeenCalled()
    expect(said()).toEqual([])
  })
})
