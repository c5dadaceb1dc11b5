// How a call ends: each end has its own screen and its next step.
import type { Page } from '@playwright/test'
import { facts, person } from '../../test/facts.ts'
import { ok, refusal, type Scripted } from '../scripted.ts'
import { expect, test } from './visit.ts'

const OTHERS = [{ id: 'odo', name: 'Odo' }]
const going = facts({ session: { state: 'live', people: [person('Odo')] } })

async function join(page: Page, server: Scripted): Promise<void> {
  server.facts = going
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
}
const breaksOff = (page: Page): Promise<unknown> => page.evaluate('window.pretend.room.breaks()')

test.beforeEach(async ({ pretend }) => pretend({ others: OTHERS }))

test('left, and back in', async ({ page, server, look }) => {
  await join(page, server)
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('heading', { name: 'You left standup' })).toBeFocused()
  await expect(page.getByText('The call goes on without you.')).toBeVisible()
  await look('left')
  await page.getByRole('button', { name: 'Rejoin' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('broken off: brought back once without a press, then the seat is still free', async ({ page, server, look }) => {
  await join(page, server)
  await breaksOff(page)
  await expect.poll(() => server.times('POST room/token')).toBe(2)
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await breaksOff(page)
  await expect(page.getByRole('heading', { name: 'The call broke off' })).toBeVisible()
  await look('lost')
  await page.getByRole('button', { name: 'Rejoin' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('Greenroom restarts: the call goes on, and whoever breaks off meanwhile is brought back when it is there', async ({ page, server }) => {
  await join(page, server)
  const down = { status: 502, body: '<html>Bad gateway</html>' }
  server.on('GET room', down).on('GET room/stream', down).on('POST room/token', down)
  server.cutStreams()
  await expect.poll(() => server.times('GET room/stream')).toBeGreaterThan(1)
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await breaksOff(page)
  await expect(page.getByRole('heading', { name: 'The call broke off' })).toBeVisible()
  await page.getByRole('button', { name: 'Rejoin' }).click()
  await expect(page.getByRole('heading', { name: 'No connection to Greenroom' })).toBeVisible()
  server.on('GET room', ok(going)).on('POST room/token', ok({ token: 't', role: 'member' }))
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible({ timeout: 15_000 })
})

test('ended for all', async ({ page, server, look }) => {
  await join(page, server)
  server.facts = facts({ session: { state: 'ended' } })
  server.says('ended', { minutes: 42 })
  await breaksOff(page).catch(() => undefined)
  await expect(page.getByRole('heading', { name: 'standup has ended' })).toBeFocused()
  await expect(page.getByText('It lasted 42 minutes.')).toBeVisible()
  await look('ended')
  server.changes(facts())
  await expect(page.getByText('It is open again.')).toBeVisible()
  await look('ended-open-again')
  await page.getByRole('button', { name: 'Go to the lobby' }).click()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})

test('deleted at the video service', async ({ page, server, look }) => {
  await join(page, server)
  server.facts = facts({ session: { state: 'ended' } })
  server.says('ended', { minutes: 42, room_deleted: true })
  await breaksOff(page).catch(() => undefined)
  await expect(page.getByRole('heading', { name: 'standup was deleted' })).toBeFocused()
  await expect(page.getByText('Somebody deleted the room at the video service')).toBeVisible()
  await look('deleted')
})

test('the end is found out where nobody told it', async ({ page, server }) => {
  await join(page, server)
  server.facts = facts({ session: { state: 'ended' } })
  await breaksOff(page)
  await expect(page.getByRole('heading', { name: 'standup has ended' })).toBeVisible()
})

for (const [code, heading] of [
  ['removed', 'A moderator removed you'],
  ['not_allowed', 'You can no longer see #general'],
] as const) {
  test(`put out of the call: ${code}`, async ({ page, server, look }) => {
    await join(page, server)
    server.on('GET room', refusal(code)).on('GET room/stream', refusal(code))
    server.says('removed', refusal(code).body)
    await expect(page.getByRole('heading', { name: heading })).toBeFocused()
    await expect(page.getByText('Reference 7F3K-92')).toBeVisible()
    await expect(page.getByRole('link', { name: 'Back to #general' })).toBeVisible()
    await look(`out-${code}`)
  })
}

test('signed out elsewhere: the door', async ({ page, server, look }) => {
  await join(page, server)
  server.says('removed', refusal('signed_out').body)
  await expect(page.getByText('You are signed out here.')).toBeVisible()
  await look('door-signed-out')
})

test('moved to another device, and back', async ({ page, server, pretend, look }) => {
  await pretend({ self: { meta: { role: 'member', discord_user_id: 'id-Mira' } } })
  await join(page, server)
  const phone = { id: 'phone', name: 'Mira', meta: { role: 'member', discord_user_id: 'id-Mira', moves: true } }
  await page.evaluate(`window.pretend.room.arrives(${JSON.stringify(phone)})`)
  await expect(page.getByRole('heading', { name: 'The call moved' })).toBeFocused()
  await expect(page.getByText('It goes on on your other device')).toBeVisible()
  await look('moved')
  await page.getByRole('button', { name: 'Move the call here' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  expect(server.asked.filter(({ route }) => route === 'POST room/token').map(({ body }) => body)).toEqual([{}, { moves: true }])
})

test('moved, and this page’s own socket did not hear of it', async ({ page, server }) => {
  await join(page, server)
  const self = await page.evaluate('window.pretend.room.memberId')
  server.changes({ ...going, moved: ['another-page'] })
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  server.changes({ ...going, moved: ['another-page', String(self)] })
  await expect(page.getByRole('heading', { name: 'The call moved' })).toBeFocused()
})

test('whoever is inside elsewhere is offered to move the call', async ({ page, server, look }) => {
  server.facts = facts({ session: { state: 'live', people: [person('Odo'), person('Mira')] } })
  await page.goto(server.link())
  await expect(page.getByText('You are already inside, on another device or in another tab.')).toBeVisible()
  await look('lobby-elsewhere')
  await page.getByRole('button', { name: 'Move the call here' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  expect(server.asked.find(({ route }) => route === 'POST room/token')?.body).toEqual({ moves: true })
})

test('the phone went to sleep', async ({ page, server, look }) => {
  await join(page, server)
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide')))
  await expect(page.getByRole('heading', { name: 'Your phone paused the call' })).toBeVisible()
  await look('paused')
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})
