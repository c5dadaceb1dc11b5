// The connection check: what a call needs, tried one by one, with a report for whoever can mend it.
import { refusal } from '../scripted.ts'
import { expect, test } from './visit.ts'

// Every test of it, and a look at every size.
test.describe.configure({ timeout: 60_000 })

const SERVICE = 'wss://relay.signalwire.com/'

test('all of it works, and the report names nobody', async ({ page, server, context, look }) => {
  await context.grantPermissions(['camera', 'microphone', 'clipboard-read', 'clipboard-write'])
  await page.routeWebSocket(SERVICE, (socket) => {
    socket.onMessage((text) => {
      const { id, method } = JSON.parse(String(text)) as { id: string; method: string }
      if (method === 'signalwire.connect') socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { ice_servers: [] } }))
    })
  })
  await page.goto(server.link())
  await page.getByText('Devices and tests').click()
  await page.getByRole('button', { name: 'Check my connection' }).click()
  await expect(page.getByText('All of it works. You can join.')).toBeVisible({ timeout: 15_000 })
  const list = page.getByRole('list', { name: 'Check my connection' })
  await expect(list.getByRole('listitem')).toHaveText([
    /Protected page\s+works/,
    /Microphone\s+works/,
    /Camera\s+works/,
    /Permission to enter\s+works/,
    /Video service\s+works/,
    /Ways through your network\s+works.*direct/s,
    /Picture, there and back\s+works.*Seen again/s,
  ])
  await look('lobby-check')
  await page.getByRole('button', { name: 'Copy report' }).click()
  await expect(page.getByText('Report copied.')).toBeVisible()
  const report = await page.evaluate(() => navigator.clipboard.readText())
  expect(report).toMatch(/^Greenroom connection check\n.*Z, chrome \d+ on linux\n/)
  expect(report).not.toMatch(/Mira|standup|127\.|token"/)
  expect(server.times('GET room')).toBe(1)
})

test('what fails says so for itself, and one joins all the same', async ({ page, server, look }) => {
  server.on('POST room/token', refusal('video_unavailable'), { status: 200, body: { token: 'a-token', role: 'member' } })
  await page.routeWebSocket(SERVICE, (socket) => socket.close())
  await page.goto(server.link())
  await page.getByText('Devices and tests').click()
  await page.getByRole('button', { name: 'Check my connection' }).click()
  await expect(page.getByText('2 things need a look.')).toBeVisible({ timeout: 15_000 })
  await expect(page.getByText("The video service doesn't answer")).toBeVisible()
  await look('lobby-check-trouble')
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})
