// The README's picture: the card in its channel, the call on a wide screen, the same call on a phone. Always made and
// kept among the artifacts; README_PICTURE=1 puts it beside the README's text too.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { artifacts, expect, joins, seesAMovingPicture, test } from './demo.ts'

const COMMITTED = join(import.meta.dirname, '../readme.png')

test('the picture of the README', async ({ demo, browser }) => {
  const wide = { viewport: { width: 1120, height: 700 }, deviceScaleFactor: 1.5 }
  const phone = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true, deviceScaleFactor: 1.5 }
  const mira = await demo.person('mira', wide)
  await mira.types('/video standup')
  const miras = await mira.enters()
  await joins(miras)
  await mira.page.getByRole('button', { name: /^Send Odo in/ }).click()
  await expect(mira.card).toContainText('In the call (2): Mira, Odo', { timeout: 30_000 })
  const ann = await demo.person('ann', phone)
  await ann.card.getByRole('button', { name: 'Join' }).click()
  const anns = await ann.enters()
  await joins(anns)
  await expect(mira.card).toContainText('Ann')
  await seesAMovingPicture(miras)
  await seesAMovingPicture(anns)

  const shots = [await mira.card.screenshot(), await miras.screenshot(), await anns.screenshot()]
  const [card, call, hand] = shots.map((shot) => `data:image/png;base64,${shot.toString('base64')}`)
  const page = await browser.newPage({ viewport: { width: 1280, height: 660 }, deviceScaleFactor: 1.5 })
  await page.setContent(`
    <style>
      body { margin: 0; background: #0d1311; position: relative; block-size: 660px; overflow: hidden; }
      img { position: absolute; border-radius: 14px; box-shadow: 0 18px 50px rgb(0 0 0 / 55%); }
      .call { inline-size: 900px; inset: 40px auto auto 40px; }
      .card { inline-size: 520px; inset: auto auto 30px 90px; }
      .phone { block-size: 560px; inset: 70px 60px auto auto; border: 8px solid #20302a; border-radius: 34px; }
    </style>
    <img class="call" src="${call}" alt=""><img class="card" src="${card}" alt=""><img class="phone" src="${hand}" alt="">`)
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  const picture = await page.screenshot({ path: `${artifacts}/readme.png` })
  if (process.env['README_PICTURE']) writeFileSync(COMMITTED, picture)
  await page.close()
})
