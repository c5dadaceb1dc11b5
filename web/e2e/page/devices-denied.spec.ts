// Somebody who said no to the browser's question.
import { expect, test } from './visit.ts'

test.use({ permissions: [] })

test('is told step by step where to allow it, and the page goes on by itself when it is allowed', async ({ page, server, context, look }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Try camera and microphone' }).click()
  await expect(page.getByText('does not let this page use the microphone')).toBeVisible()
  await expect(page.getByText('does not let this page use the camera')).toBeVisible()
  const steps = page.getByRole('list', { name: 'What to do' })
  await expect(steps).toHaveCount(2)
  await expect(steps.last().getByRole('listitem')).toHaveText(['Press the sign left of the address.', 'Switch Camera on.'])
  await look('lobby-denied')
  await context.grantPermissions(['camera'])
  await expect(page.getByLabel('How you will look')).toBeVisible()
  await expect(page.getByText('does not let this page use the camera')).toBeHidden()
  await expect(page.getByText('with camera, muted')).toBeVisible()
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})
