// The lobby: which room, who is inside, as whom, with what.
import { facts, person } from '../../test/facts.ts'
import { scan } from '../scan.ts'
import { expect, test } from './visit.ts'

const inside = (...names: string[]): Parameters<typeof facts>[0] => ({ session: { state: 'live', people: names.map(person) } })

test('an empty room', async ({ page, server, look }) => {
  await page.goto(server.link())
  await expect(page.getByText('Nobody is inside yet.')).toBeVisible()
  await expect(page.getByText('You come in as Mira (member).')).toBeVisible()
  await expect(page).toHaveTitle('standup · Greenroom')
  await look('lobby-empty')
})

test('who is inside, the topic and the recording are said before one joins', async ({ page, server, look }) => {
  server.facts = facts({
    room: { topic: 'What we did, what we do, what is in the way' },
    session: {
      state: 'live',
      people: ['Odo', 'Ann', 'Vic', 'Bea', 'Cem', 'Dua'].map(person),
      audience: 5,
      recording: true,
    },
  })
  await page.goto(server.link())
  await expect(page.getByText('Odo, Ann and 4 others are inside. 5 watching')).toBeVisible()
  await expect(page.getByText('Being recorded')).toBeVisible()
  await look('lobby-live')
})

test('what a call needs comes while one looks, however late the words are', async ({ page, server }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.route('**/assets/words-*.json', async (route) => {
    await expect.poll(() => server.times('GET room/stream')).toBe(1)
    await route.continue()
  })
  await page.goto(server.link())
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
  const missing = (): string[] => ['joining', 'Call', 'signalwire'].filter((part) => !asked.some((url) => url.includes(`/${part}-`)))
  await expect.poll(missing).toEqual([])
})

test('changes while one looks', async ({ page, server }) => {
  await page.goto(server.link())
  await expect(page.getByText('Nobody is inside yet.')).toBeVisible()
  server.changes(facts(inside('Odo')))
  await expect(page.getByText('Odo is inside.')).toBeVisible()
  server.changes(facts({ you: { role: 'audience' } }))
  await expect(page.getByText('You come in as audience')).toBeVisible()
  server.says('ended', { minutes: 3 })
  await expect(page.getByRole('heading', { name: 'standup has ended' })).toBeVisible()
})

test('people without a Discord identity are people too', async ({ page, server }) => {
  const guests = ['Gil', 'Gus'].map((name) => ({ ...person(name), user_id: null }))
  server.facts = facts({ session: { state: 'live', people: guests } })
  await page.goto(server.link())
  await expect(page.getByText('Gil and Gus are inside.')).toBeVisible()
})

test('locked, and full', async ({ page, server, look }) => {
  server.facts = facts({ session: { state: 'live', people: [person('Ann')], locked: true, full: true } })
  await page.goto(server.link())
  await expect(page.getByText('Only moderators can come in.')).toBeVisible()
  await expect(page.getByText('Full: 50 of 50')).toBeVisible()
  await look('lobby-locked')
})

test('the audience needs no devices', async ({ page, server, look }) => {
  server.facts = facts({ you: { role: 'audience' }, ...inside('Odo', 'Ann') })
  await page.goto(server.link())
  await expect(page.getByText('you see and hear, nobody sees or hears you')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Try camera and microphone' })).toBeHidden()
  await look('lobby-audience')
})

test('camera and microphone, tried', async ({ page, server, look }) => {
  server.facts = facts(inside('Odo', 'Ann'))
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Try camera and microphone' }).click()
  await expect(page.getByLabel('How you will look')).toBeVisible()
  await expect(page.getByText('We hear you')).toBeVisible()
  await expect(page.getByText('with camera and microphone', { exact: true })).toBeVisible()
  await page.getByText('Devices and tests').click()
  await expect(page.getByRole('combobox', { name: 'Camera' })).toBeVisible()
  await look('lobby-devices')
  await page.getByRole('button', { name: 'Turn camera off' }).click()
  await expect(page.getByText('with microphone, camera off')).toBeVisible()
  await expect(page.getByText('Your camera is off')).toBeVisible()
  await look('lobby-microphone')
})

test('one can hear oneself before anybody else does', async ({ page, server, look }) => {
  await page.goto(server.link())
  await page.getByText('Devices and tests').click()
  await expect(page.getByRole('combobox', { name: 'Microphone' })).toBeVisible()
  await page.getByRole('button', { name: 'Play two notes' }).click()
  await expect(page.getByText('Playing two notes …')).toBeVisible()
  await expect(page.getByText('Did you hear two notes?')).toBeVisible()
  await page.getByRole('button', { name: 'Record 3 seconds' }).click()
  await expect(page.getByText('Recording … say something.')).toBeVisible()
  await expect(page.getByText('This is what we heard …')).toBeVisible()
  await expect(page.getByText('Was that you?')).toBeVisible({ timeout: 10_000 })
  await look('lobby-recorded')
  // The microphone was off, and one would come in as before.
  await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible()
  await expect(page.getByText('camera and microphone off', { exact: true })).toBeVisible()
})

test('the audience can try its speaker', async ({ page, server, look }) => {
  server.facts = facts({ you: { role: 'audience' }, ...inside('Odo') })
  await page.goto(server.link())
  await page.getByText('Devices and tests').click()
  await page.getByRole('button', { name: 'Play two notes' }).click()
  await expect(page.getByText('Did you hear two notes?')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Record 3 seconds' })).toBeHidden()
  await look('lobby-audience-devices')
})

test('what was on is on again after a reload, without a question', async ({ page, server }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('with microphone, camera off')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Turn camera on' })).toBeVisible()
})

test('the seat can be handed to a phone', async ({ page, server, context, look }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto(server.link())
  await page.getByText('Somewhere else?').click()
  await page.getByRole('button', { name: 'Copy my link' }).click()
  await expect(page.getByText('Link copied.')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('#t=for-the-phone')
  expect(server.asked.at(-1)).toMatchObject({ route: 'POST session/handoff', body: { room: expect.any(String) } })
  await look('lobby-handoff')
})

test('the phone gets its own code, which is good for two minutes', async ({ page, server, look }) => {
  await page.clock.install()
  await page.goto(server.link())
  await page.getByText('Somewhere else?').click()
  await page.getByRole('button', { name: 'Continue on your phone' }).click()
  const code = page.getByRole('img', { name: "A code for your phone's camera" })
  await expect(code).toBeVisible()
  expect(server.times('POST session/handoff')).toBe(1)
  const link = `${server.link(null)}#t=for-the-phone`
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await scan(code), `in ${colorScheme}`).toBe(link)
  }
  await look('lobby-phone')
  await page.clock.runFor(120_000)
  await expect(page.getByText('This code is no longer good.')).toBeVisible()
  await expect(code).toBeHidden()
  await page.getByRole('button', { name: 'Show a new one' }).click()
  await expect(code).toBeVisible()
  expect(server.times('POST session/handoff')).toBe(2)
})

test('the lobby can be skipped next time, and come back to', async ({ page, server, look }) => {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await page.getByRole('checkbox', { name: 'Skip this page next time' }).check()
  await expect(page.getByText('You come straight in with what is on now')).toBeVisible()
  await look('lobby-skip')
  await page.goto(server.link('another-ticket'))
  await page.reload()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('button', { name: 'Go to the lobby' }).click()
  await page.getByRole('checkbox', { name: 'Skip this page next time' }).uncheck()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
})

test.describe('in an app’s own browser', () => {
  test.use({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148' })
  test('one is told how to get out of it', async ({ page, server, look }) => {
    await page.goto(server.link())
    await expect(page.getByText("Discord's built-in browser may cut your camera.")).toBeVisible()
    await expect(page.getByRole('button', { name: 'Copy my link' })).toBeVisible()
    await look('lobby-in-app')
  })
})

test('a stream that breaks is opened again', async ({ page, server }) => {
  await page.goto(server.link())
  await expect(page.getByText('Nobody is inside yet.')).toBeVisible()
  await expect.poll(() => server.times('GET room/stream')).toBe(1)
  server.facts = facts(inside('Odo'))
  server.cutStreams()
  await expect(page.getByText('Odo is inside.')).toBeVisible()
  await expect(page.getByText('Live updates pause')).toBeHidden()
  await expect.poll(() => server.times('GET room/stream')).toBe(2)
})

test('long, foreign and hostile names stay names', async ({ page, server, look }) => {
  server.facts = facts({
    room: {
      title: `${'Donaudampfschifffahrtsgesellschaft'.repeat(3)} **bold** <b>x</b>`,
      topic: `\u202eevil ${'🎥'.repeat(40)}`,
      channel: 'a-channel-with-a-name-as-long-as-discord-lets-a-channel-be-named-which-is-a-hundred-characters-in-all',
      guild: 'מועדון הקולנוע של תל אביב',
    },
    you: { name: '**Mira** `x` <i>' },
    session: { state: 'live', people: ['שלום עולם', 'مرحبا', 'Ж'.repeat(60)].map(person) },
  })
  await page.goto(server.link())
  await expect(page.getByText('You come in as **Mira** `x` <i> (member).')).toBeVisible()
  await look('lobby-names', false)
})
