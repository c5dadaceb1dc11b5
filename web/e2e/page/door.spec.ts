// Coming in: what stands between a link and the lobby.
import { facts } from '../../test/facts.ts'
import { ok, refusal } from '../scripted.ts'
import { expect, test } from './visit.ts'

test('without a link or a session one stands before the door', async ({ page, server, look }) => {
  server.on('GET room', refusal('signed_out'))
  await page.goto(server.link(null))
  await expect(page.getByRole('heading', { name: 'A door to a video room' })).toBeFocused()
  await expect(page.getByText('press Join on the room’s card'.replace('’', "'"))).toBeVisible()
  await look('door')
})

test('at the bare address stands the same door, and no reproach', async ({ page, server, look }) => {
  server.on('GET door', ok({ sign_in: true }))
  await page.goto(server.origin)
  await expect(page.getByRole('heading', { name: 'A door to a video room' })).toBeFocused()
  await expect(page.getByText('Reference')).toBeHidden()
  await expect(page.getByRole('link')).toHaveCount(0)
  expect(server.asked).toEqual([])
  await look('door-bare')
})

test('where sign-in is possible, the door offers it', async ({ page, server, look }) => {
  server.on('GET room', refusal('signed_out')).on('GET door', ok({ sign_in: true }))
  await page.goto(server.link(null))
  const signIn = page.getByRole('link', { name: 'Sign in with Discord' })
  await expect(signIn).toHaveAttribute('href', /^\/oauth\/login\?room=/)
  await look('door-sign-in')
})

test('the ticket leaves the address before anything else, and buys the lobby', async ({ page, server }) => {
  await page.goto(server.link('a-ticket'))
  await expect(page.getByRole('heading', { name: 'standup' })).toBeFocused()
  expect(page.url()).not.toContain('#')
  const [first] = server.asked
  expect(first).toMatchObject({ route: 'POST session', body: { ticket: 'a-ticket', nonce: expect.stringMatching(/^\w{32}$/) } })
  await page.reload()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  expect(server.times('POST session')).toBe(1)
  expect(server.asked.at(-1)?.sid).toBe('sid-1')
})

test('a lost answer is asked for again with the same pair', async ({ page, server }) => {
  await page.clock.install()
  await page.route('**/api/session', (route) => route.abort(), { times: 1 })
  server.on('POST session', refusal('discord_unavailable', 5), ok({ sid: 'sid-1' }))
  await page.goto(server.link())
  await expect(page.getByRole('heading', { name: 'No connection to Greenroom' })).toBeVisible()
  await page.clock.runFor(5_500)
  await expect(page.getByRole('heading', { name: "Discord doesn't answer" })).toBeVisible()
  await page.clock.runFor(5_500)
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  const pairs = server.asked.filter(({ route }) => route === 'POST session').map(({ body }) => JSON.stringify(body))
  expect(new Set(pairs).size).toBe(1)
})

for (const [code, heading, sentence] of [
  ['ticket_used', 'This link has been used', 'It works once'],
  ['ticket_expired', 'This link is too old', 'good for 10 minutes'],
  ['invalid_request', 'This link does not work', 'cut off or changed'],
  ['not_allowed', "You can't come in here", "This room doesn't exist, or your account can't see its channel."],
  ['discord_unavailable', "Discord doesn't answer", "We can't ask Discord"],
  ['rate_limited', 'Too many tries', 'Wait a moment'],
  ['internal', 'Something broke on our side', 'the reference below'],
] as const) {
  test(`a link that is refused: ${code}`, async ({ page, server, look }) => {
    await page.clock.install()
    server.on('POST session', refusal(code, code === 'rate_limited' ? 20 : undefined)).on('GET room', refusal('signed_out'))
    await page.goto(server.link())
    await expect(page.getByRole('heading', { name: heading })).toBeFocused()
    await expect(page.getByText(sentence)).toBeVisible()
    await expect(page.getByText('Reference 7F3K-92')).toBeVisible()
    await look(`refused-${code}`)
  })
}

test('a used link does not stop whoever is in already', async ({ page, server, look }) => {
  await page.goto(server.link('first'))
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  server.on('POST session', refusal('ticket_used'))
  await page.goto(server.link('second'))
  await look('refused-ticket_used-known')
  await page.getByRole('button', { name: 'Continue as Mira' }).click()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})

test('a browser that is somebody else by now says so, and goes on as that person', async ({ page, server, look }) => {
  await page.goto(server.link())
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  server.facts = facts({ you: { name: 'Odo', id: 'id-Odo' }, sid: 'sid-2' })
  server.on('GET room', refusal('session_changed'), ok(server.facts))
  server.on('GET room/stream', refusal('session_changed'), 'hang')
  server.cutStreams()
  await expect(page.getByText("now signed in as Odo; this tab was Mira's")).toBeVisible()
  await look('session_changed')
  await page.getByRole('button', { name: 'Continue as Odo' }).click()
  await expect(page.getByText('You come in as Odo')).toBeVisible()
})

for (const [code, heading] of [
  ['wrong_browser', 'You signed in, but in a different browser'],
  ['sign_in_late', 'You took longer than ten minutes'],
  ['sign_in_failed', "Discord didn't say who you are"],
] as const) {
  test(`back from a sign-in that came to nothing: ${code}`, async ({ page, server }) => {
    await page.goto(`${server.link(null)}#problem=${code}`)
    await expect(page.getByRole('heading', { name: heading })).toBeFocused()
    await expect(page.getByRole('link', { name: 'Start again here' })).toHaveAttribute('href', /^\/oauth\/login/)
    expect(page.url()).not.toContain('#')
  })
}

test('back from a sign-in one stands in the lobby', async ({ page, server }) => {
  await page.goto(`${server.link(null)}#in=0123456789abcdef0123`)
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  expect(page.url()).not.toContain('#')
  expect(server.asked[0]).toMatchObject({ route: 'GET room', sid: '0123456789abcdef0123' })
})

test('signing out leads to the door', async ({ page, server }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Not you?' }).click()
  await expect(page.getByRole('heading', { name: 'A door to a video room' })).toBeVisible()
  expect(server.times('POST session/end')).toBe(1)
})

test('a guest’s link opens the same page', async ({ page, server }) => {
  await page.goto(server.link().replace('/r/', '/g/'))
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})
