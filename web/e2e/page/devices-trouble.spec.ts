// Devices that do not work, each in its own words, and ones that are gone.
import type { Page } from '@playwright/test'
import { expect, test } from './visit.ts'

/** The camera answers with this from now on; nothing: it works. */
const cameraSays = (page: Page, name: string, message = ''): Promise<unknown> =>
  page.addInitScript(
    ({ name, message }) => {
      const usual = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (wanted?.video && !('mended' in window)) throw new DOMException(message, name)
        return usual(wanted)
      }
    },
    { name, message },
  )

for (const [trouble, name, message, words, step] of [
  ['dismissed', 'NotAllowedError', 'Permission dismissed', 'was closed without an answer', 'choose Allow while visiting the site'],
  ['blocked', 'NotAllowedError', 'Permission denied by system', 'Your system does not let this browser', 'Flatpak or Snap'],
  ['busy', 'NotReadableError', 'Could not start video source', 'Another app is using the camera.', 'Close what else uses it'],
  ['missing', 'NotFoundError', 'Requested device not found', 'No camera found.', 'Plug it in'],
] as const) {
  test(`a camera that is ${trouble} says so, what to do, and works once that is done`, async ({ page, server, look }) => {
    await cameraSays(page, name, message)
    await page.goto(server.link())
    await page.getByRole('button', { name: 'Turn camera on' }).click()
    await expect(page.getByText(words)).toBeVisible()
    await expect(page.getByRole('list', { name: 'What to do' })).toContainText(step)
    await look(`lobby-${trouble}`)
    // Mended elsewhere: coming back to the page is enough.
    await page.evaluate(() => {
      Object.assign(window, { mended: true })
      window.dispatchEvent(new Event('focus'))
    })
    await expect(page.getByLabel('How you will look')).toBeVisible()
    await expect(page.getByText(words)).toBeHidden()
  })
}

test('a page that came unprotected says why there is no camera', async ({ page, server, look }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'isSecureContext', { value: false })
    Object.defineProperty(navigator, 'mediaDevices', { value: undefined })
  })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Try camera and microphone' }).click()
  await expect(page.getByText('so your browser gives it no camera')).toBeVisible()
  await expect(page.getByRole('list', { name: 'What to do' }).last()).toContainText('it has to begin with https://')
  await look('lobby-insecure')
})

test('a headset that is gone since last time is missed in words, and the lobby goes on without', async ({ page, server, look }) => {
  await page.addInitScript(() => {
    const headset = { id: 'gone', label: 'Blue Headset', on: true }
    localStorage.setItem('greenroom.devices', JSON.stringify({ microphone: headset, speaker: headset }))
  })
  await page.goto(server.link())
  await expect(page.getByText("Blue Headset is not plugged in. We use your system's microphone instead.")).toBeVisible()
  await expect(page.getByText("You hear the call through your system's speaker.")).toBeVisible()
  await expect(page.getByText('with microphone, camera off')).toBeVisible()
  await look('lobby-gone')
  await page.getByText('Devices and tests').click()
  await page.getByRole('combobox', { name: 'Microphone' }).selectOption({ index: 1 })
  await expect(page.getByText("We use your system's microphone instead.")).toBeHidden()
})
