// A whole call with the keyboard alone: every control is reached by Tab, in the order in which it stands, and seen to
// have the focus.
import type { Locator, Page } from '@playwright/test'
import { expect, people, seesAMovingPicture, test } from './demo.ts'

/** Presses Tab until the focus is there; it must be seen there. */
async function tabsTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeVisible()
  const isThere = (): Promise<boolean> => control.evaluate((element) => element === document.activeElement)
  for (let presses = 0; presses < 40 && !(await isThere()); presses += 1) await page.keyboard.press('Tab')
  await expect(control).toBeFocused()
  const ring = await control.evaluate((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
    return element.matches(':focus-visible') && ((outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none')
  })
  expect(ring, `the focus is seen on ${control}`).toBe(true)
}

test('lobby, call and leaving, with no mouse', async ({ demo }) => {
  const mira = await demo.person('mira')
  const odo = await demo.person('odo')
  await mira.types('/video standup')
  const tab = await mira.enters()
  await tab.bringToFront()
  const named = (name: string | RegExp): Locator => tab.getByRole('button', { name })
  const press = async (name: string | RegExp, key = 'Enter'): Promise<void> => {
    await tabsTo(tab, named(name))
    await tab.keyboard.press(key)
  }

  await press('Try camera and microphone')
  await expect(tab.getByText('with camera and microphone', { exact: true })).toBeVisible()
  await press(/^Join/)
  await expect(named(/^Leave/)).toBeVisible({ timeout: 30_000 })
  await seesAMovingPicture(tab)

  await odo.card.getByRole('button', { name: 'Join' }).click()
  const odos = await odo.enters()
  await odos.getByRole('button', { name: /^Join/ }).click()
  await expect(odos.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
  const miraAtOdos = (await people(odos)).getByRole('listitem').filter({ hasText: 'Mira' })
  await tab.bringToFront()

  await press('Mute microphone')
  await expect(miraAtOdos).toContainText('muted')
  await press('Raise hand')
  await expect(miraAtOdos).toContainText('hand')
  await press('Share screen')
  await expect(miraAtOdos).toContainText('sharing the screen')
  await press('Stop sharing')
  await expect(miraAtOdos).not.toContainText('sharing the screen')

  await press(/^People/)
  const panel = tab.getByRole('complementary', { name: 'People' })
  await expect(panel.getByRole('listitem')).toHaveCount(2)
  await tab.keyboard.press('Escape')
  await expect(panel).toBeHidden()
  await expect(named(/^People/)).toBeFocused()

  await press('More')
  await tabsTo(tab, named('Copy room link'))
  await tab.keyboard.press('Escape')
  await expect(named('Copy room link')).toBeHidden()
  await expect(named('More')).toBeFocused()

  await press(/^Leave/)
  await expect(tab.getByRole('heading', { name: 'You left standup' })).toBeFocused()
  await press('Rejoin')
  await expect(named(/^Leave/)).toBeVisible({ timeout: 30_000 })
  // A moderator's mute or one's own outlasts a break.
  await expect(named('Unmute microphone')).toBeVisible()
})
