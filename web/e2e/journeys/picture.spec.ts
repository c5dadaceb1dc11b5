// The README's picture: the card in its channel, the call on a wide screen, the same call on a phone. Always made and
// kept among the artifacts; README_PICTURE=1 puts it beside the README's text too.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { artifacts, expect, joinsQuietly, seesAMovingPicture, test } from './demo.ts'

const COMMITTED = join(import.meta.dirname, '../readme.png')

test('the picture of the README', async ({ demo, browser }) => {
  const wide = { viewport: { width: 1120, height: 700 }, deviceScaleFactor: 1.5 }
  const phone = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1.5 }
  const mira = await demo.person('mira', wide)
  await mira.types('/video standup')
  const miras = await mira.enters()
  await joinsQuietly(miras)
  await mira.page.getByRole('button', { name: /^Send Odo in/ }).click()
  await expect(mira.card).toContainText('In the call (2): Mira, Odo', { timeout: 30_000 })
  const ann = await demo.person('ann', phone)
  await ann.card.getByRole('button', { name: 'Join' }).click()
  const anns = await ann.enters()
  await joinsQuietly(anns)
  await expect(mira.card).toContainText('Ann')
  await seesAMovingPicture(miras)
  await seesAMovingPicture(anns)

  // The controls get out of the way; here they are wanted.
  await miras.mouse.move(400, 300)
  await miras.mouse.move(410, 310)
  await expect(miras.getByRole('button', { name: /^Leave/ })).toBeVisible()
  await expect(miras.getByText('Ann joined')).toBeHidden()
  await miras.mouse.move(400, 300)
  await mira.page.getByRole('button', { name: /^Hide/ }).click()
  const message = mira.card.locator('article')
  // The card is drawn anew when it changes, also under our hands.
  await expect(() => message.scrollIntoViewIfNeeded({ timeout: 1_000 })).toPass()
  const { x, y, height } = (await message.boundingBox()) ?? { x: 0, y: 0, height: 200 }
  const clip = { x, y, width: 420, height }
  const shots = [await mira.page.screenshot({ clip }), await miras.screenshot(), await anns.screenshot()]
  const [card, call, hand] = shots.map((shot) => `data:image/png;base64,${shot.toString('base64')}`)
  const page = await browser.newPage({ viewport: { width: 1280, height: 690 }, deviceScaleFactor: 1.5 })
  await page.setContent(`
    <style>
      body { margin: 0; background: linear-gradient(150deg, #16211d, #0b100e); position: relative; block-size: 690px; overflow: hidden; }
      img { position: absolute; border-radius: 14px; box-shadow: 0 18px 50px rgb(0 0 0 / 60%), 0 0 0 1px #26342e; }
      .call { inline-size: 800px; inset: 30px auto auto 120px; }
      .card { inline-size: 370px; inset: auto auto 24px 30px; padding: 12px 0 12px 16px; background: #1a2320; }
      .phone { block-size: 590px; inset: 46px 48px auto auto; border: 8px solid #26342e; border-radius: 36px; }
    </style>
    <img class="call" src="${call}" alt=""><img class="card" src="${card}" alt=""><img class="phone" src="${hand}" alt="">`)
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  const picture = await page.screenshot({ path: `${artifacts}/readme.png` })
  if (process.env['README_PICTURE']) writeFileSync(COMMITTED, picture)
  await page.close()
})
