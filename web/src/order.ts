// What keeps order in a call: with others' devices and hands through the call itself, as far as the scopes go; putting
// out and ending through the server, which knows who may.
import type { Line } from './announce.ts'
import type { Page } from './page.svelte.ts'
import type { Seat } from './seat.svelte.ts'

export const muteOther = (seat: Seat, id: string): Promise<void> => seat.command(null, (call) => call.muteOther(id))
export const stopCameraOf = (seat: Seat, id: string): Promise<void> => seat.command(null, (call) => call.stopCameraOf(id))
export const lowerHandOf = (seat: Seat, id: string): Promise<void> => seat.command(null, (call) => call.lowerHandOf(id))

export function toggleLock(seat: Seat): Promise<void> {
  const locked = seat.view?.locked !== true
  return seat.command('lock', (call) => call.setLocked(locked))
}

export function remove(page: Page, userId: string, name: string): Promise<void> {
  return ask(page, async () => {
    const { put_out: out } = await page.api.remove(userId)
    return [out ? 'page-said-removed' : 'page-said-kept-out', { name }]
  })
}

/** The stream tells the end, to everybody. */
export function endForAll(page: Page): Promise<void> {
  return ask(page, async () => {
    await page.api.endForAll()
    return ['page-said-ending']
  })
}

async function ask(page: Page, act: () => Promise<Line>): Promise<void> {
  const line: Line = await act().catch((error: unknown): Line => {
    console.warn('greenroom: a moderator was refused', error)
    return ['page-command-failed']
  })
  page.seat.notices.show([line])
}
