// Hearing oneself before the call, in a browser that the test plays.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Preview } from '../src/preview.svelte.ts'
import { RECORD_MS, SoundCheck } from '../src/sound.svelte.ts'
import { device, FakeAudioContext, playBrowser, type Played } from './browser.ts'

class FakeAudio {
  static made: FakeAudio[] = []
  static speakers: string[] = []
  srcObject: unknown = null
  src = ''
  onended: () => void = () => undefined
  onerror: () => void = () => undefined
  play = vi.fn(async () => undefined)
  pause = vi.fn()
  setSinkId = async (id: string): Promise<void> => void FakeAudio.speakers.push(id)
  constructor() {
    FakeAudio.made.push(this)
  }
}

class FakeRecorder {
  state = 'inactive'
  mimeType = 'audio/webm'
  ondataavailable: (event: { data: Blob }) => void = () => undefined
  onstop: () => void = () => undefined
  start(): void {
    this.state = 'recording'
  }
  stop(): void {
    this.state = 'inactive'
    this.ondataavailable({ data: new Blob(['voice']) })
    this.onstop()
  }
}

const node = class {
  gain = { setValueAtTime: () => undefined, linearRampToValueAtTime: () => undefined }
  connect = (next: unknown): unknown => next
  start = (): void => undefined
  stop = (): void => undefined
}

let played: Played
let preview: Preview
let check: SoundCheck
const pass = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  FakeAudio.made = []
  FakeAudio.speakers = []
  FakeAudioContext.volume = 0.5
  played = playBrowser()
  vi.stubGlobal('Audio', FakeAudio)
  vi.stubGlobal('MediaRecorder', FakeRecorder)
  vi.stubGlobal('GainNode', node)
  vi.stubGlobal('OscillatorNode', node)
  preview = new Preview()
  check = new SoundCheck(preview)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

it('the notes come out of the speaker that is chosen', async () => {
  played.devices.listed = [device('audiooutput', 's1', 'Headset')]
  await preview.list()
  await preview.choose('speaker', 's1')
  void check.playNotes()
  await pass()
  expect([check.now, check.said]).toEqual(['notes', ['page-test-speaker-now']])
  expect(FakeAudio.speakers).toEqual(['s1'])
  await pass(700)
  expect([check.now, check.said]).toEqual([null, ['page-test-speaker-after']])
})

describe('three seconds of the microphone', () => {
  it('are recorded and played back, and the microphone is off again where it was off', async () => {
    void check.recordAndPlay()
    await pass()
    expect(check.now).toBe('recording')
    expect(played.devices.open).toBe(1)
    await pass(RECORD_MS)
    expect([check.now, check.said]).toEqual(['playing', ['page-test-playing']])
    expect(FakeAudio.made[0]?.src).toMatch(/^blob:/)
    FakeAudio.made[0]?.onended()
    await pass()
    expect([check.now, check.said]).toEqual([null, ['page-test-microphone-after']])
    expect([preview.microphone.on, played.devices.open]).toEqual([false, 0])
  })

  it('leave a microphone on that was on', async () => {
    await preview.turn('microphone', true)
    void check.recordAndPlay()
    await pass(RECORD_MS)
    FakeAudio.made[0]?.onended()
    await pass()
    expect(preview.microphone.on).toBe(true)
  })

  it('of silence are not played but explained', async () => {
    FakeAudioContext.volume = 0
    void check.recordAndPlay()
    await pass(RECORD_MS)
    expect(check.said).toEqual(['page-test-silent'])
    expect(FakeAudio.made).toEqual([])
  })

  it('are not taken from a microphone that does not open, which says why itself', async () => {
    played.devices.trouble.audio = new DOMException('', 'NotFoundError')
    await check.recordAndPlay()
    expect([check.now, check.said]).toEqual([null, null])
    expect(preview.microphone.problem).toBe('missing')
  })

  it('end where the lobby ends', async () => {
    void check.recordAndPlay()
    await pass(1_000)
    check.stop()
    preview.close()
    await pass(RECORD_MS)
    expect(FakeAudio.made).toEqual([])
    expect(played.devices.open).toBe(0)
  })
})

it('a speaker that refuses is said, and can be tried again', async () => {
  vi.stubGlobal('Audio', class extends FakeAudio {
    override play = vi.fn(async () => Promise.reject(new DOMException('', 'NotAllowedError')))
  })
  await check.playNotes()
  expect([check.now, check.said]).toEqual([null, ['page-command-failed']])
})
