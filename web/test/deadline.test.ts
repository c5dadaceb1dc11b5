import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { gate, within } from '../src/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new Promise<never>(() => undefined)

it('work that is done in time keeps its answer, or its own error', async () => {
  await expect(within(10, Promise.resolve('done'))).resolves.toBe('done')
  await expect(within(10, Promise.reject(new Error('own')))).rejects.toThrow('own')
  expect(vi.getTimerCount()).toBe(0)
})

it('work that never answers is given up', async () => {
  const given = within(10, never).catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(10)
  expect(await given).toBe('no answer')
})

it('a gate opens once, and a late failure changes nothing', async () => {
  const { passed, open, fail } = gate()
  open()
  fail(new Error('late'))
  await expect(passed).resolves.toBeUndefined()
})

it('a gate that nobody opens fails with what it was told to say', async () => {
  const { passed } = gate(10, () => new Error('too late'))
  const failed = passed.catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(10)
  expect(await failed).toBe('too late')
})

it('a closed gate waits no more, and an unheard failure troubles nobody', async () => {
  const closed = gate(10, () => new Error('too late'))
  closed.close()
  expect(vi.getTimerCount()).toBe(0)
  gate().fail(new Error('unheard'))
  await vi.advanceTimersByTimeAsync(0)
})
