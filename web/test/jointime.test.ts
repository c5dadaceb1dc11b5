import { describe, expect, it } from 'vitest'
import { joinTimes } from '../src/jointime.ts'

const marks = (at: Record<string, number>) => (name: string) => at[name]
const JOINED = { pressed: 1_000, token: 1_100.4, connected: 1_250, joined: 1_600 }

describe('how long it took to come in', () => {
  it('is counted from the press', () => {
    expect(joinTimes(marks({ ...JOINED, picture: 2_000 }))).toEqual({ token: 100, connected: 250, joined: 600, picture: 1_000 })
  })

  it('has no picture where none came, or only one of the call before', () => {
    expect(joinTimes(marks(JOINED))?.picture).toBeNull()
    expect(joinTimes(marks({ ...JOINED, picture: 900 }))?.picture).toBeNull()
  })

  it('counts a picture that was there before one was inside as there at once', () => {
    expect(joinTimes(marks({ ...JOINED, picture: 1_500 }))?.picture).toBe(600)
  })

  it.each([
    ['nothing', {}],
    ['no press', { token: 1, connected: 2, joined: 3 }],
    ['a connection of the call before', { ...JOINED, connected: 500 }],
    ['a broken order', { ...JOINED, token: 1_300 }],
    ['a laptop that was closed meanwhile', { ...JOINED, joined: 500_000 }],
  ])('is not known from %s', (_what, at) => {
    expect(joinTimes(marks(at))).toBeNull()
  })
})
