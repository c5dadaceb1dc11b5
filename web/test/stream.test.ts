import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Listener, openStream, type Source } from '../src/stream.ts'
import { facts } from './facts.ts'

class Scripted implements Source {
  readyState = 1
  closed = false
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener)
  }
  close(): void {
    this.closed = true
  }
  says(type: string, data = ''): void {
    this.listeners.get(type)?.({ data } as MessageEvent<string>)
  }
  /** `readyState` 2: refused for good; 0: the browser is at it. */
  breaks(readyState: 0 | 2): void {
    this.readyState = readyState
    this.says('error')
  }
}

let sources: Scripted[]
let heard: unknown[][]
let stream: { close(): void }
const listener: Listener = {
  facts: (facts) => void heard.push(['facts', facts.room.title]),
  ended: (minutes, deleted) => void heard.push(['ended', minutes, deleted]),
  removed: (told) => void heard.push(['removed', told]),
  lingers: (name) => void heard.push(['lingers', name]),
  changed: () => void heard.push(['changed']),
  refused: () => void heard.push(['refused']),
  live: (live) => void heard.push(['live', live]),
}
const now = (): Scripted => sources.at(-1) as Scripted

beforeEach(() => {
  vi.useFakeTimers()
  sources = []
  heard = []
  stream = openStream(() => `/stream?${sources.length}`, listener, () => {
    sources.push(new Scripted())
    return now()
  })
})
afterEach(() => void vi.useRealTimers())

describe('news', () => {
  it('are told as they come', () => {
    now().says('open')
    now().says('lobby', JSON.stringify(facts()))
    now().says('lingers', '{"name":"Zed"}')
    now().says('locked', '{"locked":true}')
    now().says('role', '{"role":"audience"}')
    now().says('ended', '{"minutes":42,"room_deleted":true}')
    now().says('removed', '{"code":"removed"}')
    expect(heard).toEqual([
      ['live', true],
      ['facts', 'standup'],
      ['lingers', 'Zed'],
      ['changed'],
      ['changed'],
      ['ended', 42, true],
      ['removed', { code: 'removed' }],
    ])
  })

  it.each(['', 'not json', '{}', 'null', '[]', '{"room":{}}'])('without sense are no facts: %s', (data) => {
    now().says('lobby', data)
    expect(heard).toEqual([])
  })

  it('of an end may lack the minutes', () => {
    now().says('ended', 'x')
    now().says('ended', '{"minutes":"many"}')
    now().says('ended', '{"minutes":null}')
    expect(heard).toEqual([['ended', null, false], ['ended', null, false], ['ended', null, false]])
  })
})

describe('a stream that breaks', () => {
  it('is left to the browser while the browser tries', async () => {
    now().breaks(0)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(heard).toEqual([['live', false]])
    expect(sources).toHaveLength(1)
  })

  it('is opened again after a refusal, slower each time, and asks why', async () => {
    const waits = [2, 4, 8, 16, 30, 30]
    for (const [tries, seconds] of waits.entries()) {
      now().breaks(2)
      await vi.advanceTimersByTimeAsync(seconds * 1000 - 1)
      expect(sources).toHaveLength(tries + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(sources).toHaveLength(tries + 2)
    }
    expect(heard.filter(([what]) => what === 'refused')).toHaveLength(waits.length)
  })

  it('is quick again once it was open', async () => {
    now().breaks(2)
    await vi.advanceTimersByTimeAsync(2_000)
    now().says('open')
    now().breaks(2)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sources).toHaveLength(3)
  })

  it('is not opened again once it was closed, and an old one is not heard', async () => {
    const first = now()
    stream.close()
    expect(first.closed).toBe(true)
    first.breaks(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sources).toHaveLength(1)
    expect(heard).toEqual([])
  })
})
