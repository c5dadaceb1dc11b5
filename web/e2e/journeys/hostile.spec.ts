// Whatever people call themselves and their rooms is text, in every browser that shows it.
import type { Page } from '@playwright/test'
import { expect, joinsQuietly, people, test } from './demo.ts'

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "';alert(1);//",
  '<a href="javascript:alert(1)">x</a>',
  '</title><svg/onload=alert(1)>',
  '{{7*7}}${7*7}',
]

/** Notes whatever such a text must not bring about. */
async function watched(page: Page, seen: string[]): Promise<void> {
  page.on('dialog', (dialog) => {
    seen.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (/content.security.policy/i.test(message.text())) seen.push(`a report: ${message.text()}`)
  })
  page.on('pageerror', (error) => seen.push(`an error: ${error.message}`))
}

test('hostile rooms, topics and guests are only text', async ({ demo }) => {
  const seen: string[] = []
  const somebody = await Promise.all(['mira', 'odo'].map((key) => demo.person(key)))
  for (const { context, page } of somebody) {
    context.on('page', (tab) => void watched(tab, seen))
    await watched(page, seen)
  }

  for (const [n, text] of HOSTILE.entries()) {
    // Nobody opens more than three rooms at a time.
    const person = somebody[n % 2]
    if (!person) throw new Error('nobody')
    await test.step(text, async () => {
      await person.types(`/video room:${text} topic:${text}`)
      await expect(person.card).toContainText(text)
      const tab = await person.enters()
      await expect(tab.getByText(text).first()).toBeVisible()
      await joinsQuietly(tab)
      await expect((await people(tab)).getByRole('listitem')).toContainText([person.name])
      await tab.close()
    })
  }

  await test.step('a guest of such a name', async () => {
    const owen = await demo.person('owen')
    await watched(owen.page, seen)
    await owen.types('/greenroom settings')
    const form = owen.page.getByRole('dialog')
    await form.getByLabel(/guests/i).fill('yes')
    await form.getByRole('button', { name: 'Submit' }).click()
    await expect(form).toBeHidden()
    await owen.types('/video standup')
    await expect(owen.page.getByRole('link', { name: /^Enter as Owen/ }).last()).toBeVisible()
    const [name] = HOSTILE
    await owen.types(`/room guest name:${name}`)
    const link = owen.page.locator('a[href*="/g/"]').last()
    await expect(link).toBeVisible()
    const guest = await owen.context.browser()?.newContext()
    const tab = await guest?.newPage()
    if (!guest || !tab) throw new Error('no second browser')
    await watched(tab, seen)
    await tab.goto((await link.getAttribute('href')) ?? '')
    await expect(tab.getByText(name ?? '').first()).toBeVisible()
    await guest.close()
  })
  expect(seen).toEqual([])
})
