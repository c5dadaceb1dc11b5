// The connection check in front of the whole of Greenroom: its token, the service's socket, and real media.
import { scan } from '../scan.ts'
import { expect, test } from './demo.ts'

test('somebody checks the connection before coming in', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const lobby = await mira.enters()
  await lobby.getByText('Devices and tests').click()
  await lobby.getByRole('button', { name: 'Check my connection' }).click()
  await expect(lobby.getByText('All of it works. You can join.')).toBeVisible({ timeout: 30_000 })
  await expect(lobby.getByRole('list', { name: 'Check my connection' }).getByRole('listitem')).toHaveCount(7)
  // Nobody came in by it.
  await expect(mira.card).toContainText('Nobody is inside yet.')
  await lobby.getByRole('button', { name: /^Join/ }).click()
  await expect(lobby.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
})

test('a phone goes on by the code, as the same person', async ({ demo, browser }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const lobby = await mira.enters()
  await lobby.getByText('Somewhere else?').click()
  await lobby.getByRole('button', { name: 'Continue on your phone' }).click()
  const link = await scan(lobby.getByRole('img', { name: "A code for your phone's camera" }))
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  await phone.goto(link)
  await expect(phone.getByText('You come in as Mira')).toBeVisible()
  await phone.close()
})
