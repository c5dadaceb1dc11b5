// From the press of Join to the call, and everything that stops one on the way.
import { facts, person } from '../../test/facts.ts'
import { ok, refusal } from '../scripted.ts'
import { expect, test } from './visit.ts'

test('shows each step, and can be broken off', async ({ page, server, pretend, look }) => {
  await pretend({ never: 'answer' })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'Joining standup' })).toBeFocused()
  await expect(page.getByRole('listitem').filter({ hasText: 'Starting picture and sound' })).toContainText('in progress')
  await look('joining')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})

for (const [code, heading] of [
  ['video_unavailable', "The video service doesn't answer"],
  ['database_unavailable', "Greenroom can't get at its records"],
  ['video_refused', 'The video service refuses this bot'],
  ['not_allowed', "You can't come in here"],
  ['removed', 'A moderator removed you'],
  ['room_full', 'The room is full'],
  ['room_locked', 'The room is locked'],
] as const) {
  test(`a refused token: ${code}`, async ({ page, server, look }) => {
    await page.clock.install()
    server.facts = facts({ session: { state: 'live', people: [person('Ann')], locked: code === 'room_locked' } })
    server.on('POST room/token', refusal(code))
    await page.goto(server.link())
    await page.getByRole('button', { name: 'Join' }).click()
    await expect(page.getByRole('heading', { name: heading })).toBeFocused()
    await expect(page.getByText('Reference 7F3K-92')).toBeVisible()
    await expect(page.getByRole('link', { name: 'Back to #general' })).toBeVisible()
    await look(`token-${code}`)
  })
}

test('a service that does not answer is tried again by itself', async ({ page, server }) => {
  await page.clock.install()
  server.on('POST room/token', refusal('video_unavailable', 5), refusal('video_unavailable', 5), ok({ token: 't' }))
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText(/Trying again in \d seconds?/)).toBeVisible()
  await page.clock.runFor(6_000)
  expect(server.times('POST room/token')).toBe(2)
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('a locked room lets one in when it is unlocked', async ({ page, server }) => {
  server.facts = facts({ session: { state: 'live', people: [person('Ann')], locked: true } })
  server.on('POST room/token', refusal('room_locked'), ok({ token: 't' }))
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText("you go in when it's unlocked")).toBeVisible()
  server.changes(facts({ session: { state: 'live', people: [person('Ann')] } }))
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('a guest asks to be let in, and goes in when a moderator has answered', async ({ page, server, look }) => {
  const at = (door: 'ask' | 'waiting' | 'denied' | 'open') =>
    facts({ room: { channel_url: null }, session: { state: 'live', people: [person('Ann')], door } })
  server.facts = at('ask')
  server.on('POST room/token', refusal('knock_first'))
  server.on('POST room/actions/knock', { status: 202, body: { door: 'waiting' } })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'A moderator lets guests in' })).toBeFocused()
  // There is no channel to send a guest back to.
  await expect(page.getByRole('link', { name: /Back to/ })).toHaveCount(0)
  await look('knock')
  server.facts = at('waiting')
  await page.getByRole('button', { name: 'Ask to be let in' }).click()
  await expect(page.getByText('A moderator has been asked.')).toBeVisible()
  await look('knock-waiting')
  server.changes(at('denied'))
  await expect(page.getByText('A moderator did not let you in.')).toBeVisible()
  server.on('POST room/token', ok({ token: 't' }))
  server.changes(at('open'))
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
})

test('a room that ended meanwhile says so', async ({ page, server }) => {
  server.on('POST room/token', refusal('room_ended'))
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'standup has ended' })).toBeVisible()
})

test('a room the service has lost is asked for again', async ({ page, server, pretend }) => {
  await pretend({ refuses: { code: '404', message: 'Room not found' } })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('heading', { name: 'The video service has lost the room' })).toBeVisible()
  const tokens = server.asked.filter(({ route }) => route === 'POST room/token').map(({ body }) => body)
  expect(tokens).toEqual([{}, { room_missing: true }])
})

test('a service out of reach, and one that lets us wait', async ({ page, server, pretend, look }) => {
  await page.clock.install()
  await pretend({ never: 'connect' })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText('Reaching the video service')).toBeVisible()
  await page.clock.runFor(13_000)
  await expect(page.getByRole('heading', { name: "The video service can't be reached" })).toBeVisible()
  await look('unreachable')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})

for (const [what, refuses, heading] of [
  ['a blocked network', { code: 'ICE_GATHERING_FAILED', message: 'Ice gathering timeout' }, "Picture and sound can't get through"],
  ['a stale token', { name: 'AuthError', code: -32002, message: 'expired' }, 'The video service did not let us in'],
] as const) {
  test(`${what} is explained`, async ({ page, server, pretend }) => {
    await pretend({ refuses })
    await page.goto(server.link())
    await page.getByRole('button', { name: 'Join' }).click()
    await expect(page.getByRole('heading', { name: heading })).toBeVisible()
    await expect(page.getByText('Reference 9QX2-41')).toBeVisible()
    await page.getByRole('button', { name: 'Go to the lobby' }).click()
    await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  })
}
