// Time limits on what others leave hanging. In: a promise and milliseconds. Out: a promise that always settles.

export interface Gate {
  passed: Promise<void>
  open: () => void
  fail: (error: unknown) => void
  close: () => void
}

/** A promise with handles, which fails by itself with `otherwise()` after `limit` milliseconds. */
export function gate(limit?: number, otherwise?: () => unknown): Gate {
  let open = (): void => undefined
  let fail = (_error: unknown): void => undefined
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  passed.catch(() => undefined)
  const timer =
    limit === undefined ? undefined : setTimeout(() => fail(otherwise?.()), limit)
  return { passed, open, fail, close: () => clearTimeout(timer) }
}

/** `work`, or an error after `limit` milliseconds; the work itself is not stopped. */
export async function within<T>(limit: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, refuse) => {
    timer = setTimeout(() => refuse(new Error('no answer')), limit)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
