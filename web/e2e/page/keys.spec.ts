// The call by keys: what each does, where it must not, the help and its off switch.
import type { Page } from '@playwright/test'
import { facts } from '../../test/facts.ts'
import { join, MEMBER, MODERATOR, ODO } from './inside.ts'
import { expect, test, wrapped } from './visit.ts'

const named = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
/** The keys come a moment after the call: until then nothing answers. */
async function helpOpens(page: Page): Promise<void> {
  await expect(async () => {
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible({ timeout: 500 })
  }).toPass()
}
async function joinWithKeys(page: Page, server: Parameters<typeof join>[1]): Promise<void> {
  await join(page, server)
  await helpOpens(page)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
}

test('M, V and H switch, and Space talks for as long as it is held', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await joinWithKeys(page, server)
  await page.keyboard.press('m')
  await expect(named(page, 'Mute microphone')).toBeVisible()
  await page.keyboard.press('m')
  await expect(named(page, 'Unmute microphone')).toBeVisible()
  await page.keyboard.press('v')
  await expect(named(page, 'Turn camera off')).toBeVisible()
  await page.keyboard.press('h')
  await expect(named(page, 'Lower hand')).toBeVisible()
  await page.keyboard.down('Space')
  await expect(named(page, 'Mute microphone')).toBeVisible()
  await page.keyboard.up('Space')
  await expect(named(page, 'Unmute microphone')).toBeVisible()
})

test('Space talks though a button was clicked before, and presses the one that Tab went to', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await joinWithKeys(page, server)
  await named(page, 'Raise hand').click()
  await page.keyboard.down('Space')
  await expect(named(page, 'Mute microphone')).toBeVisible()
  await page.keyboard.up('Space')
  await expect(named(page, 'Unmute microphone')).toBeVisible()
  await expect(named(page, 'Lower hand')).toBeVisible()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Shift+Tab')
  await expect(named(page, 'Lower hand')).toBeFocused()
  await page.keyboard.press('Space')
  await expect(named(page, 'Raise hand')).toBeVisible()
})

test('a list of choices keeps its letters, and keys with modifiers are the browser’s', async ({ page, server, pretend }) => {
  server.facts = facts({ you: { role: 'moderator' } })
  await pretend({ scopes: MODERATOR, others: [ODO] })
  await joinWithKeys(page, server)
  await named(page, 'More').click()
  await page.getByLabel('Layout').focus()
  await page.keyboard.press('m')
  await page.keyboard.press('h')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+m')
  await page.keyboard.press('Alt+h')
  await expect(named(page, 'Unmute microphone')).toBeVisible()
  await expect(named(page, 'Raise hand')).toBeVisible()
})

test('the help lists what one may do, and switches the keys off for good', async ({ page, server, pretend, look }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await helpOpens(page)
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(help.getByRole('term')).toHaveText(['M', 'Space', 'V', 'H', '?'])
  await look('call-keys')
  expect(await wrapped(help.getByRole('button'))).toEqual([])
  await help.getByRole('button', { name: 'Switch shortcuts off' }).click()
  await expect(help.getByText('They are off.')).toBeVisible()
  await help.getByRole('button', { name: 'Close' }).click()
  await page.keyboard.press('h')
  await page.keyboard.press('?')
  await expect(help).toBeHidden()
  await expect(named(page, 'Raise hand')).toBeVisible()
  await page.reload()
  await named(page, 'Join').click()
  await named(page, 'More').click()
  await named(page, 'Keyboard shortcuts').click()
  await expect(help.getByRole('button', { name: 'Switch shortcuts on' })).toBeVisible()
})

test('arrows go along the bar, and the audience has no keys for what it may not do', async ({ page, server, pretend }) => {
  server.facts = facts({ you: { role: 'audience' } })
  await pretend({ scopes: [], self: { meta: { role: 'audience' } }, others: [ODO] })
  await joinWithKeys(page, server)
  await helpOpens(page)
  await expect(page.getByRole('term')).toHaveText(['?'])
  await page.keyboard.press('Escape')
  await named(page, /^People/).focus()
  await page.keyboard.press('ArrowRight')
  await expect(named(page, 'More')).toBeFocused()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await expect(named(page, 'Leave')).toBeFocused()
})
