// Keyboard only, other languages, large letters, little motion, few colours; and a page that came in half.
import { facts, person } from '../../test/facts.ts'
import { expect, test, wrapped } from './visit.ts'

test.describe('by keyboard alone', () => {
  test('from the lobby into the call and out', async ({ page, server, pretend }) => {
    await pretend({ scopes: ['room.self.audio_unmute', 'room.self.video_unmute'], others: [{ id: 'odo', name: 'Odo' }] })
    await page.goto(server.link())
    await expect(page.getByRole('heading', { name: 'standup' })).toBeFocused()
    const focused = page.locator(':focus')
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 20; presses++) {
        await page.keyboard.press('Tab')
        const named = await focused.evaluate((element) => element.getAttribute('aria-label') ?? element.textContent ?? '')
        await expect(focused).toHaveCSS('outline-style', 'solid')
        if (name.test(named)) return
      }
      throw new Error(`no Tab leads to ${name}`)
    }
    await tabTo(/^Unmute microphone/)
    await page.keyboard.press('Space')
    await expect(page.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
    await tabTo(/^Join/)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'standup' })).toBeFocused()
    await tabTo(/^People/)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Close' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('button', { name: /^People/ })).toBeFocused()
    await tabTo(/^More/)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Copy room link' })).toBeVisible()
    await page.keyboard.press('Escape')
    await tabTo(/^Leave/)
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'You left standup' })).toBeFocused()
  })
})

test('whoever works by keyboard keeps the place where a button goes away', async ({ page, server }) => {
  await page.routeWebSocket('wss://relay.signalwire.com/', (service) => service.close())
  await page.goto(server.link())
  const press = async (name: string): Promise<void> => {
    await page.getByRole('button', { name }).focus()
    await page.keyboard.press('Enter')
  }
  await page.getByText('Devices and tests').focus()
  await page.keyboard.press('Enter')
  await press('Play two notes')
  await expect(page.getByText('Did you hear two notes?')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Play two notes' })).toBeFocused()
  await press('Check my connection')
  await expect(page.getByRole('list', { name: 'Check my connection' })).toBeFocused()
  await page.getByText('Somewhere else?').focus()
  await page.keyboard.press('Enter')
  await press('Continue on your phone')
  await expect(page.getByRole('img', { name: "A code for your phone's camera" })).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Copy my link' })).toBeFocused()
})

test.describe('in German', () => {
  test.use({ locale: 'de-AT' })
  test('the page speaks German', async ({ page, server, look }) => {
    server.facts = facts({ session: { state: 'live', people: [person('Odo'), person('Ann')] } })
    await page.goto(server.link())
    await expect(page.locator('html')).toHaveAttribute('lang', 'de')
    await expect(page.getByRole('button', { name: 'Beitreten' })).toBeVisible()
    await look('lobby-german')
    await page.setViewportSize({ width: 320, height: 568 })
    const switches = page.getByRole('button', { name: /^(Mikrofon|Kamera) (ein|aus)schalten$/ })
    await expect(switches).toHaveCount(2)
    expect(await wrapped(switches), 'one line each, also on the smallest phone').toEqual([])
  })

  test('its tests and its ways to a phone too, and they fit', async ({ page, server, look }) => {
    await page.routeWebSocket('wss://relay.signalwire.com/', (service) => service.close())
    await page.goto(server.link())
    await page.getByText('Geräte und Tests').click()
    await page.getByRole('button', { name: 'Meine Verbindung prüfen' }).click()
    await expect(page.getByText('Eine Sache braucht einen Blick.')).toBeVisible({ timeout: 15_000 })
    await page.getByText('Lieber woanders?').click()
    await page.getByRole('button', { name: 'Auf dem Handy weitermachen' }).click()
    await expect(page.getByRole('img', { name: 'Ein Code für die Kamera deines Handys' })).toBeVisible()
    await look('lobby-german-tests')
  })
})

test('at 200 % zoom Join and Leave are in sight', async ({ page, server, pretend }) => {
  await pretend({ others: [{ id: 'odo', name: 'Odo' }], scopes: ['room.self.audio_unmute', 'room.self.video_unmute'] })
  await page.setViewportSize({ width: 640, height: 360 })
  await page.goto(server.link())
  await expect(page.getByRole('button', { name: 'Join' })).toBeInViewport({ ratio: 1 })
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeInViewport({ ratio: 1 })
})

test('with the system’s own few colours', async ({ page, server, pretend }) => {
  await pretend({ others: [{ id: 'odo', name: 'Odo' }], scopes: ['room.self.audio_unmute', 'room.self.video_unmute'] })
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto(server.link())
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  await page.screenshot({ path: '../artifacts/page/lobby-forced-colors.png' })
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await page.screenshot({ path: '../artifacts/page/call-forced-colors.png' })
})

test('a part of the page that does not load is said, and mended by loading again', async ({ page, server }) => {
  await page.route('**/assets/signalwire-*.js', (route) => route.abort())
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'A part of this page did not load' })).toBeVisible()
  await page.unroute('**/assets/signalwire-*.js')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('without its words the page still says one sentence', async ({ page, server }) => {
  await page.route('**/assets/words-*.json', (route) => route.abort())
  await page.goto(server.link())
  await expect(page.getByText('This page did not load completely. Please load it again.')).toBeVisible()
})
