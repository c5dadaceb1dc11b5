// One person, two tabs, with the vendor's SDK as it is: the call moves from one to the other, and devices change in it.
import { expect, joins, people, seesAMovingPicture, test } from './demo.ts'

test('Mira moves the call to her other tab, and nobody hears that she was away', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const first = await mira.enters()
  await joins(first)
  await expect(mira.card).toContainText('In the call (1): Mira')
  await mira.card.getByRole('button', { name: 'Join' }).click()
  await expect(mira.messages.filter({ hasText: 'this link moves the call here' })).toBeVisible()
  const second = await mira.enters()
  await second.getByRole('button', { name: 'Move the call here' }).click()
  await expect(second.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
  await expect(first.getByRole('heading', { name: 'The call moved' })).toBeVisible()
  await seesAMovingPicture(second)
  await expect((await people(second)).getByRole('listitem')).toHaveCount(1)
  await expect(mira.card).toContainText('In the call (1): Mira')
  await first.getByRole('button', { name: 'Move the call here' }).click()
  await expect(second.getByRole('heading', { name: 'The call moved' })).toBeVisible({ timeout: 30_000 })
  await first.getByRole('button', { name: /^Leave/ }).click()
  await expect(mira.card).toContainText('standup · ended')
  await expect(mira.card).toContainText('Who was there (1, at most 1 at once)')
})

test('an earlier tab whose socket is dead hears by the stream that the call moved', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const first = await mira.enters()
  let dead = false
  const sockets = new Set<() => Promise<void>>()
  await first.routeWebSocket(/^ws:\/\/127\.0\.0\.1:\d+\/?$/, (socket) => {
    if (dead) return void socket.close()
    socket.connectToServer()
    sockets.add(() => socket.close({ code: 3001, reason: 'gone' }))
  })
  await joins(first)
  await seesAMovingPicture(first)
  dead = true
  for (const close of sockets) await close()
  await expect(first.getByText('Reconnecting … The call goes on.')).toBeVisible()

  await mira.card.getByRole('button', { name: 'Join' }).click()
  await expect(mira.messages.filter({ hasText: 'this link moves the call here' })).toBeVisible()
  const second = await mira.enters()
  await second.getByRole('button', { name: 'Move the call here' }).click()
  await expect(second.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
  await expect(first.getByRole('heading', { name: 'The call moved' })).toBeVisible()
  await seesAMovingPicture(second)
  await expect(mira.card).toContainText('In the call (1): Mira')
  await expect((await people(second)).getByRole('listitem')).toHaveCount(1)
})

test('another microphone and camera in the call, the picture in a window of its own, and the figures', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const tab = await mira.enters()
  await joins(tab)
  await seesAMovingPicture(tab)
  await tab.getByRole('button', { name: 'More' }).click()
  await tab.getByText('Devices', { exact: true }).click()
  for (const name of ['Microphone', 'Camera']) {
    const devices = tab.getByRole('combobox', { name })
    await devices.selectOption((await devices.locator('option').last().getAttribute('value')) ?? '')
  }
  await expect(tab.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
  await seesAMovingPicture(tab)
  await tab.getByRole('button', { name: 'Picture in picture' }).click()
  await expect.poll(() => tab.evaluate(() => document.pictureInPictureElement?.getBoundingClientRect().width ?? 0)).toBeGreaterThan(300)
  for (const [key, name] of [
    ['m', 'Unmute microphone'],
    ['m', 'Mute microphone'],
    ['v', 'Turn camera on'],
    ['v', 'Turn camera off'],
  ] as const) {
    await tab.keyboard.press(key)
    await expect(tab.getByRole('button', { name })).toBeVisible()
  }
  const owen = await demo.person('owen')
  await expect(async () => {
    await owen.types('/greenroom stats')
    await expect(owen.messages.last()).toContainText('half of 1 join', { timeout: 1_000 })
  }).toPass({ timeout: 30_000 })
})
