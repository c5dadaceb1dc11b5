// Somebody who said no to the browser's question.
import { expect, test } from './visit.ts'

test.use({ permissions: [] })

test('is told where to allow it, can join without, and try again when it is allowed', async ({ page, server, context, look }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Try camera and microphone' }).click()
  await expect(page.getByText('does not let this page use the microphone')).toBeVisible()
  await expect(page.getByText('does not let this page use the camera')).toBeVisible()
  await look('lobby-denied')
  await context.grantPermissions(['camera'])
  await page.getByRole('button', { name: 'Turn camera on' }).click()
  await expect(page.getByLabel('How you will look')).toBeVisible()
  await expect(page.getByText('does not let this page use the camera')).toBeHidden()
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})
