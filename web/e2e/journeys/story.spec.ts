// The whole story in real browsers, over both ways in: from /video to the summary.
import { expect, joins, people, seesAMovingPicture, artifacts, test, type Way } from './demo.ts'

for (const way of ['gateway', 'http'] satisfies Way[]) {
  test.describe(`over ${way}`, () => {
    test.use({ way })

    test('Mira opens a room, Odo comes in by the card, and the channel tells of it to the end', async ({ demo }) => {
      const mira = await demo.person('mira')
      await mira.types('/video standup')
      await expect(mira.card).toContainText('Nobody is inside yet')
      await mira.page.screenshot({ path: `${artifacts}/${way}-1-answer.png` })
      const miras = await mira.enters()
      await miras.screenshot({ path: `${artifacts}/${way}-2-lobby.png` })
      await joins(miras)

      const odo = await demo.person('odo')
      await expect(odo.card).toContainText('In the call (1): Mira')
      await odo.card.getByRole('button', { name: 'Join' }).click()
      const odos = await odo.enters()
      await joins(odos)

      await test.step('each sees the other, moving and by name', async () => {
        for (const [tab, self, other] of [[miras, 'Mira', 'Odo'], [odos, 'Odo', 'Mira']] as const) {
          await seesAMovingPicture(tab)
          await expect((await people(tab)).getByRole('listitem')).toContainText([`${self} (you)`, other])
        }
      })
      await test.step('the channel shows both', async () => {
        await expect(mira.card).toContainText('In the call (2): Mira, Odo')
        await expect(mira.messages.filter({ hasText: 'joined' })).toContainText(['Odo'])
        await mira.page.screenshot({ path: `${artifacts}/${way}-3-channel.png` })
      })
      await test.step('mute is seen by the other', async () => {
        await miras.getByRole('button', { name: 'Mute microphone' }).click()
        const miraAtOdos = (await people(odos)).getByRole('listitem').filter({ hasText: 'Mira' })
        await expect(miraAtOdos).toContainText('muted')
        await miras.getByRole('button', { name: 'Unmute microphone' }).click()
        await expect(miraAtOdos).not.toContainText('muted')
      })
      await test.step('a share is seen by the other', async () => {
        await miras.getByRole('button', { name: 'Share screen' }).click()
        const miraAtOdos = (await people(odos)).getByRole('listitem').filter({ hasText: 'Mira' })
        await expect(miraAtOdos).toContainText('sharing the screen')
        await seesAMovingPicture(odos)
        await odos.screenshot({ path: `${artifacts}/${way}-4-share.png` })
        await miras.getByRole('button', { name: 'Stop sharing' }).click()
        await expect(miraAtOdos).not.toContainText('sharing the screen')
      })
      await miras.screenshot({ path: `${artifacts}/${way}-5-call.png` })

      await test.step('a tab that is closed without leaving is heard of', async () => {
        await odos.close({ runBeforeUnload: false })
        await expect(mira.card).toContainText('In the call (1): Mira', { timeout: 30_000 })
        await expect(mira.messages.filter({ hasText: 'Odo left' })).toBeVisible({ timeout: 30_000 })
      })
      await test.step('the last one leaves and the card becomes a summary', async () => {
        await miras.getByRole('button', { name: /^Leave/ }).click()
        await expect(miras.getByRole('heading', { level: 1 })).toContainText(/left|ended/)
        await miras.screenshot({ path: `${artifacts}/${way}-6-left.png` })
        await expect(mira.card).toContainText('standup · ended')
        await expect(mira.card).toContainText('Who was there (2, at most 2 at once)')
        await expect(mira.card.getByRole('button')).toHaveCount(0)
        await mira.page.screenshot({ path: `${artifacts}/${way}-7-summary.png` })
      })
    })
  })
}

test('two people in two tabs of one browser stay two people', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const miras = await mira.enters()
  await joins(miras)
  const odo = await mira.context.newPage()
  await odo.goto(`${demo.stage}/?as=odo&channel=general`)
  await odo.locator('li.message', { has: odo.locator('.embed') }).getByRole('button', { name: 'Join' }).click()
  const opened = mira.context.waitForEvent('page')
  await odo.getByRole('link', { name: /^Enter as Odo/ }).click()
  const odos = await opened
  await joins(odos)
  await miras.reload()
  await expect(miras.getByText('You come in as Mira')).toBeVisible()
  await joins(miras)
  await expect((await people(odos)).getByRole('listitem')).toContainText([/Odo \(you\)/, /Mira/])
})

test('Vic, who may only look, watches and is not named', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  await joins(await mira.enters())
  const vic = await demo.person('vic')
  await vic.card.getByRole('button', { name: 'Join' }).click()
  await expect(vic.messages.last()).toContainText('You come in as audience')
  const vics = await vic.enters()
  await joins(vics)
  await seesAMovingPicture(vics)
  await expect(vics.getByRole('button', { name: /microphone/ })).toHaveCount(0)
  await expect(mira.card).toContainText('1 watching')
  await expect(mira.messages.filter({ hasText: 'Vic' })).toHaveCount(0)
})

test('Ann, a moderator, mutes Odo', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  await joins(await mira.enters())
  const odo = await demo.person('odo')
  await odo.card.getByRole('button', { name: 'Join' }).click()
  const odos = await odo.enters()
  await joins(odos)
  const ann = await demo.person('ann')
  await ann.card.getByRole('button', { name: 'Join' }).click()
  const anns = await ann.enters()
  await joins(anns)
  const list = await people(anns)
  await list.getByRole('button', { name: 'Mute Odo' }).click()
  await expect(odos.getByRole('button', { name: 'Unmute microphone' })).toBeVisible()
})
