// Somebody who has read nothing: three presses to a call with Odo's moving picture, with the keyboard alone.
import type { Page } from '@playwright/test'
import { expect, seesAMovingPicture, artifacts, people, test } from './demo.ts'

test.use({ odoComes: true })

test('three presses, with the keyboard alone, and Odo is there', async ({ demo }) => {
  const mira = await demo.person('mira')
  await expect(mira.page.getByText('Nothing leaves it.')).toBeVisible()
  await mira.page.screenshot({ path: `${artifacts}/newcomer-1-stage.png` })

  // The first press: the line is filled in and has the focus.
  await mira.page.keyboard.press('Enter')
  const link = mira.page.getByRole('link', { name: /^Enter as Mira/ })
  await expect(link).toBeFocused()

  // The second: the answer's link took the focus.
  const opened = mira.context.waitForEvent('page')
  await mira.page.keyboard.press('Enter')
  const tab = await opened

  // The third: Join, reached by Tab from the page's heading.
  const join = tab.getByRole('button', { name: /^Join/ })
  await expect(join).toBeVisible()
  await tab.bringToFront()
  for (let presses = 0; presses < 20 && !(await join.evaluate((button) => button === document.activeElement)); presses++) {
    await tab.keyboard.press('Tab')
  }
  await expect(join).toBeFocused()
  await tab.keyboard.press('Enter')
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })

  await expect((await people(tab)).getByRole('listitem')).toContainText([/Mira/, /Odo/], { timeout: 30_000 })
  await seesAMovingPicture(tab)
  await tab.screenshot({ path: `${artifacts}/newcomer-2-call.png` })
  await expect(mira.card).toContainText('In the call (2): Mira, Odo')
})

test('a phone shows all of it without scrolling sideways', async ({ demo }) => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
  const mira = await demo.person('mira', phone)
  await mira.page.keyboard.press('Enter')
  await expect(mira.card).toBeVisible()
  await mira.page.screenshot({ path: `${artifacts}/phone-1-channel.png` })
  const tab = await mira.enters()
  await tab.screenshot({ path: `${artifacts}/phone-2-lobby.png` })
  await tab.getByRole('button', { name: /^Join/ }).click()
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
  await seesAMovingPicture(tab)
  await tab.screenshot({ path: `${artifacts}/phone-3-call.png` })
  for (const page of [mira.page, tab])
    for (const width of [phone.viewport.width, 320]) {
      await page.setViewportSize({ width, height: 568 })
      await expect(() => spillsNot(page, width)).toPass({ timeout: 5_000 })
    }
})

async function spillsNot(page: Page, width: number): Promise<void> {
  const spills = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(spills, page.url()).toBe(0)
  expect((await page.getByRole('main').boundingBox())?.width, page.url()).toBe(width)
}
