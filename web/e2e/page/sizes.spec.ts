// The call and what comes after it in every shape of window, from right to left, and in the system's own colours.
import type { Page } from '@playwright/test'
import { facts, person } from '../../test/facts.ts'
import { ANN, join, MODERATOR, ODO, play } from './inside.ts'
import { expect, misfits, test } from './visit.ts'

const WINDOWS = [
  [320, 568],
  [568, 320],
  [667, 375],
  [768, 1024],
  [2560, 1080],
  [3840, 2160],
] as const

async function fits(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const [width, height] of WINDOWS) {
    await page.setViewportSize({ width, height })
    // From 4K to a phone the letters shrink a frame or two later.
    await expect.poll(() => misfits(page), `${name} at ${width} x ${height}`).toEqual([])
    const leave = page.getByRole('button', { name: 'Leave' })
    if (await leave.isVisible()) await expect(leave, `${name} at ${width} x ${height}`).toBeInViewport({ ratio: 1 })
    await page.screenshot({ path: `../artifacts/page/${name}-${width}x${height}.png` })
  }
}

async function visit(page: Page, server: Parameters<typeof join>[1]): Promise<void> {
  server.facts = facts({ you: { role: 'moderator' }, session: { state: 'live', people: [person('Odo'), person('Ann')] } })
  await join(page, server)
  await page.getByRole('button', { name: /^People/ }).click()
  await expect(page.getByRole('button', { name: 'End for all' })).toBeVisible()
}

const CALL = { scopes: MODERATOR, others: [ANN, { ...ODO, handraised: true }], session: { recording: true, locked: true } }

test('the call fits every window', async ({ page, server, pretend }) => {
  await pretend(CALL)
  await visit(page, server)
  await fits(page, 'fits-people')
  await page.keyboard.press('Escape')
  await fits(page, 'fits-call')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Devices', { exact: true }).click()
  await fits(page, 'fits-more')
  await page.keyboard.press('Escape')
  await play(page, 'session.emit("session.reconnecting")')
  await fits(page, 'fits-reconnecting')
})

test('the call reads from right to left', async ({ page, server, pretend }) => {
  await pretend(CALL)
  await visit(page, server)
  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  await fits(page, 'rtl-people')
  const [people, picture] = await Promise.all(
    [page.getByRole('complementary', { name: 'People' }), page.getByRole('group', { name: 'The picture of the call' })].map((part) =>
      part.boundingBox(),
    ),
  )
  expect(people?.x).toBeLessThan(picture?.x ?? 0)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'More' }).click()
  await fits(page, 'rtl-more')
})

test('with the system’s own few colours every control has an edge', async ({ page, server, pretend }) => {
  await pretend(CALL)
  await page.emulateMedia({ forcedColors: 'active' })
  await visit(page, server)
  await page.screenshot({ path: '../artifacts/page/forced-people.png' })
  await page.getByRole('button', { name: 'More' }).click()
  await page.screenshot({ path: '../artifacts/page/forced-more.png' })
  const bare = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, select, summary, a.button')]
      .filter((control) => control.checkVisibility() && !control.matches('.link'))
      .filter((control) => parseFloat(getComputedStyle(control).borderTopWidth) < 1 || getComputedStyle(control).borderTopStyle === 'none')
      .map((control) => control.textContent?.trim()),
  )
  expect(bare).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('heading', { name: 'You left standup' })).toBeVisible()
  await page.screenshot({ path: '../artifacts/page/forced-left.png' })
})

test('at 200 % zoom the whole call can be reached', async ({ page, server, pretend }) => {
  await pretend(CALL)
  await page.setViewportSize({ width: 640, height: 360 })
  await visit(page, server)
  await expect(page.getByRole('button', { name: 'End for all' })).toBeVisible()
  await page.getByRole('button', { name: 'Lower Odo' }).scrollIntoViewIfNeeded()
  await expect(page.getByRole('button', { name: 'Lower Odo' })).toBeInViewport()
  expect(await misfits(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('link', { name: 'Back to #general' }).scrollIntoViewIfNeeded()
  await expect(page.getByRole('link', { name: 'Back to #general' })).toBeInViewport({ ratio: 1 })
})
