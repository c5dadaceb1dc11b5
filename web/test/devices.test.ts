import { describe, expect, it } from 'vitest'
import { constraints, devicesOf, loadChoices, pick, saveChoices } from '../src/devices.ts'
import { loudness } from '../src/meter.ts'

const device = (kind: MediaDeviceKind, deviceId: string, label = ''): MediaDeviceInfo =>
  ({ kind, deviceId, label, groupId: '' }) as MediaDeviceInfo

describe('the list of devices', () => {
  it('has those of a kind that can be told apart', () => {
    const all = [
      device('audioinput', 'default', 'Default'),
      device('audioinput', 'm1', 'Headset'),
      device('videoinput', 'c1', 'Webcam'),
      device('videoinput', ''),
    ]
    expect(devicesOf(all, 'microphone')).toEqual([{ id: 'm1', label: 'Headset' }])
    expect(devicesOf(all, 'camera')).toEqual([{ id: 'c1', label: 'Webcam' }])
    expect(devicesOf(all, 'speaker')).toEqual([])
  })
})

describe('the remembered device', () => {
  const there = [
    { id: 'a', label: 'Headset' },
    { id: 'b', label: 'Webcam' },
  ]
  it.each([
    [{ id: 'b', label: 'other' }, 'b'],
    [{ id: 'gone', label: 'Headset' }, 'a'],
    [{ id: 'gone', label: 'Gone' }, ''],
    [{ id: '', label: '' }, ''],
  ])('%o is %s', (remembered, id) => expect(pick(there, remembered)).toBe(id))
})

it('a device that vanished keeps nobody from joining', () => {
  expect(constraints('camera', 'c1')).toMatchObject({ deviceId: { ideal: 'c1' }, width: { ideal: 1280 } })
  expect(constraints('microphone', '')).not.toHaveProperty('deviceId')
})

describe('what was chosen last time', () => {
  function storage(text: string | null): Pick<Storage, 'getItem' | 'setItem'> & { text: string | null } {
    return {
      text,
      getItem() {
        return this.text
      },
      setItem(_name, value) {
        this.text = value
      },
    }
  }
  const nothing = { id: '', label: '', on: false }

  it('comes back', () => {
    const store = storage(null)
    const choices = { microphone: { id: 'm', label: 'Headset', on: true }, camera: nothing, speaker: nothing }
    saveChoices(store, choices)
    expect(loadChoices(store)).toEqual(choices)
  })

  it.each([null, 'not json', 'null', '[]', '"text"', '{"microphone":null}', '{"camera":{"on":"yes"}}'])(
    'is nothing where the storage holds %s',
    (text) => expect(loadChoices(storage(text))).toEqual({ microphone: nothing, camera: nothing, speaker: nothing }),
  )

  it('is nothing where there is no storage', () => {
    expect(loadChoices(null).microphone).toEqual(nothing)
    expect(() => saveChoices(null, loadChoices(null))).not.toThrow()
    const full = { setItem: () => { throw new DOMException('', 'QuotaExceededError') } }
    expect(() => saveChoices(full, loadChoices(null))).not.toThrow()
  })
})

describe('loudness', () => {
  const tone = (peak: number): Float32Array => Float32Array.from({ length: 1024 }, (_, at) => peak * Math.sin(at / 5))
  it('is 0 for silence, 1 for shouting, and between for speech', () => {
    expect(loudness(new Float32Array(1024))).toBe(0)
    expect(loudness(new Float32Array(0))).toBe(0)
    expect(loudness(tone(1))).toBe(1)
    expect(loudness(tone(0.05))).toBeGreaterThan(0.3)
    expect(loudness(tone(0.05))).toBeLessThan(0.9)
  })
})
