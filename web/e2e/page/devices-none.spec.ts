// A machine without camera and microphone.
import { expect, test } from './visit.ts'

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = launchOptions.args?.filter((flag) => flag !== '--use-fake-device-for-media-stream') ?? []
    await use({ ...launchOptions, args })
  },
})

test('says so for each, and lets one join all the same', async ({ page, server, look }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Try camera and microphone' }).click()
  await expect(page.getByText('No microphone found.')).toBeVisible()
  await expect(page.getByText('No camera found.')).toBeVisible()
  await expect(page.getByText('camera and microphone off', { exact: true })).toBeVisible()
  await look('lobby-no-devices')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})
