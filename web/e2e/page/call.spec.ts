// In the call, as far as the page goes: controls, people, banners. Real picture and sound are the journeys' part.
import { facts, person } from '../../test/facts.ts'
import { ok, refusal } from '../scripted.ts'
import { ANN, join, MEMBER, MODERATOR, ODO, play } from './inside.ts'
import { expect, test } from './visit.ts'

test('alone, one is told how others come in', async ({ page, server, pretend, look }) => {
  await pretend({ scopes: MEMBER })
  await join(page, server)
  await expect(page.getByText('You are the only one here.')).toBeVisible()
  await look('call-alone')
})

test('how long it took to come in is told to the server, as numbers alone', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await expect.poll(() => server.times('POST room/joined'), { timeout: 20_000 }).toBe(1)
  const body = server.asked.find(({ route }) => route === 'POST room/joined')?.body as Record<string, number>
  expect(Object.keys(body).sort()).toEqual(['connected', 'joined', 'picture', 'token'])
  expect(body['token']).toBeLessThanOrEqual(body['connected'] ?? 0)
  expect(body['joined']).toBeLessThanOrEqual(body['picture'] ?? 0)
})

test('with others: who joined, who left, who is how', async ({ page, server, pretend, look }) => {
  await pretend({ scopes: MEMBER, others: [ANN], session: { recording: true } })
  await join(page, server)
  await play(page, `arrives(${JSON.stringify(ODO)})`)
  await expect(page.getByText('Odo joined')).toBeVisible()
  await look('call')
  await page.getByRole('button', { name: 'People (3)' }).click()
  const people = page.getByRole('complementary', { name: 'People' })
  await expect(people.getByRole('listitem')).toHaveText([/^.*Mira \(you\)/, /Ann.*moderator · muted/s, /Odo/])
  await expect(people.getByRole('button', { name: 'Mute Odo' })).toBeHidden()
  await look('call-people')
  await play(page, 'goes("odo")')
  await expect(page.getByText('Odo left')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(people).toBeHidden()
})

test('microphone, camera, hand and screen', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('Your microphone is on')).toBeVisible()
  await page.getByRole('button', { name: 'Mute microphone' }).click()
  await expect(page.getByText('Your microphone is off')).toBeVisible()
  await page.getByRole('button', { name: 'Turn camera on' }).click()
  await expect(page.getByRole('button', { name: 'Turn camera off' })).toBeVisible()
  await page.getByRole('button', { name: 'Raise hand' }).click()
  await expect(page.getByText('Your hand is up')).toBeVisible()
  await page.getByRole('button', { name: 'Share screen' }).click()
  await expect(page.getByText('You are sharing your screen')).toBeVisible()
  await page.getByRole('button', { name: 'Stop sharing' }).click()
  await expect(page.getByRole('button', { name: 'Share screen' })).toBeVisible()
})

test('a moderator mutes, stops cameras, lowers hands and locks', async ({ page, server, pretend, look }) => {
  server.facts = facts({ you: { role: 'moderator' }, session: { state: 'live', people: [person('Odo')] } })
  await pretend({ scopes: MODERATOR, others: [{ ...ODO, handraised: true }, ANN] })
  await join(page, server)
  await page.getByRole('button', { name: /^People/ }).click()
  await look('call-moderator')
  await page.getByRole('button', { name: 'Mute Odo' }).click()
  await page.getByRole('button', { name: "Turn off Odo's camera" }).click()
  await page.getByRole('button', { name: "Lower Odo's hand" }).click()
  await expect(page.getByRole('listitem').filter({ hasText: 'Odo' })).toContainText('muted · camera off')
  await page.getByRole('button', { name: 'Lock the room' }).click()
  await expect(page.getByText('The room is locked')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Unlock the room' })).toBeVisible()
})

test('a moderator removes somebody and ends the call, after a question', async ({ page, server, pretend, look }) => {
  server.facts = facts({ you: { role: 'moderator' }, session: { state: 'live', people: [person('Odo')] } })
  server.on('POST room/actions/remove', ok({ put_out: true }), refusal('video_unavailable'))
  await pretend({ scopes: MODERATOR, others: [ODO, { id: 'gil', name: 'Gil' }] })
  await join(page, server)
  await page.getByRole('button', { name: /^People/ }).click()
  await expect(page.getByRole('button', { name: 'Remove Gil from the call' })).toBeHidden()
  const remove = page.getByRole('button', { name: 'Remove Odo from the call' })
  await remove.click()
  await expect(page.getByRole('dialog', { name: 'Remove Odo?' })).toBeVisible()
  await look('call-remove')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await expect(remove).toBeFocused()
  expect(server.times('POST room/actions/remove')).toBe(0)
  await remove.click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByText('Odo was removed')).toBeVisible()
  expect(server.asked.at(-1)?.body).toEqual({ user_id: 'id-Odo' })
  await remove.click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(page.getByText('That did not work.')).toBeVisible()
  await page.getByRole('button', { name: 'End for all' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End for all' }).click()
  await expect(page.getByText('The call is ending')).toBeVisible()
  expect(server.times('POST room/actions/end')).toBe(1)
})

test('what a moderator did to oneself is said', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ANN] })
  await join(page, server)
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('Your microphone is on')).toBeVisible()
  await play(page, 'change("me", {audio_muted: true})')
  await expect(page.getByText('A moderator muted you.')).toBeVisible()
})

test('the menu has what is needed less often', async ({ page, server, pretend, context, look }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await pretend({ scopes: MODERATOR, others: [ODO] })
  await join(page, server)
  await page.getByRole('button', { name: 'More' }).click()
  await expect(page.getByRole('link', { name: 'Back to #general' })).toHaveAttribute('target', '_blank')
  await look('call-more')
  await expect(page.getByLabel('Layout').getByRole('option')).toHaveText([
    'Everybody alike',
    'Everybody alike, for phones',
    'One large, others small',
    'One alone',
    '2 × 1 places',
    'Five places',
  ])
  await page.getByLabel('Layout').selectOption('highlight-1-responsive')
  await page.getByRole('button', { name: 'Copy room link' }).click()
  await expect(page.getByText('Room link copied.')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(server.link(null))
})

test('another microphone and camera in the middle of the call, and the picture in a window of its own', async ({ page, server, pretend, look }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('Your microphone is on')).toBeVisible()
  await page.evaluate(`pretend.room.updateMicrophone = async (wanted) => { pretend.heardFrom = wanted.deviceId.ideal }`)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Devices', { exact: true }).click()
  await expect(page.getByRole('combobox', { name: 'Camera' })).toBeVisible()
  await look('call-devices')
  const second = await page.getByRole('combobox', { name: 'Microphone' }).locator('option').last().getAttribute('value')
  await page.getByRole('combobox', { name: 'Microphone' }).selectOption(second)
  await expect.poll(() => page.evaluate('pretend.heardFrom')).toBe(second)
  await page.getByRole('button', { name: 'Picture in picture' }).click()
  await expect.poll(() => page.evaluate(() => document.pictureInPictureElement?.tagName)).toBe('VIDEO')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('button', { name: 'Leave picture in picture' }).click()
  await expect.poll(() => page.evaluate(() => document.pictureInPictureElement)).toBeNull()
})

test('a device that does not open is said, and the one before stays chosen', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('Your microphone is on')).toBeVisible()
  await page.evaluate(`pretend.room.updateMicrophone = async () => { throw new DOMException('', 'NotReadableError') }`)
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByText('Devices', { exact: true }).click()
  const before = await page.getByRole('combobox', { name: 'Microphone' }).inputValue()
  await page.getByRole('combobox', { name: 'Microphone' }).selectOption({ index: 1 })
  await expect(page.getByText('Another app is using the microphone.')).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Microphone' })).toHaveValue(before)
})

test('who joins more than eight comes in muted and is told', async ({ page, server, pretend }) => {
  const people = 'Ann Ben Cleo Dan Eve Finn Gil Hal Ida'.split(' ').map(person)
  server.facts = facts({ session: { state: 'live', people } })
  await pretend({ scopes: MEMBER, others: people.map(({ name }) => ({ name })) })
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByText('Many are inside, so you came in muted.')).toBeVisible()
  await page.getByRole('button', { name: 'Unmute microphone' }).click()
  await expect(page.getByText('Your microphone is on')).toBeVisible()
})

test('the audience watches: no microphone, no camera, no hand', async ({ page, server, pretend, look }) => {
  server.facts = facts({ you: { role: 'audience' } })
  await pretend({ scopes: [], self: { meta: { role: 'audience' } }, others: [ODO, ANN] })
  await join(page, server)
  for (const name of ['Mute', 'Unmute', 'camera', 'Share', 'hand']) {
    await expect(page.getByRole('button', { name })).toBeHidden()
  }
  await look('call-audience')
  await page.getByRole('button', { name: 'More' }).click()
  await expect(page.getByRole('button', { name: 'Copy room link' })).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Microphone' })).toHaveCount(0)
})

test('a lost socket is a banner, not an end', async ({ page, server, pretend, look }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await join(page, server)
  await play(page, 'session.emit("session.reconnecting")')
  await expect(page.getByText('Reconnecting … The call goes on.')).toBeVisible()
  await look('call-reconnecting')
  await play(page, 'session.emit("session.connected")')
  await expect(page.getByText('Reconnecting')).toBeHidden()
  await play(page, 'emit("media.reconnecting")')
  await expect(page.getByText('The picture is stuck.')).toBeVisible()
})

test('the screen stays awake for as long as one is inside', async ({ page, server, pretend }) => {
  await pretend({ scopes: MEMBER, others: [ODO] })
  await page.addInitScript(() => {
    // No browser without a window has a screen to keep awake.
    WakeLock.prototype.request = async () => {
      const lock = { released: false, release: async () => void (lock.released = true) }
      Object.assign(window, { lock })
      return lock as unknown as WakeLockSentinel
    }
  })
  await join(page, server)
  await expect.poll(() => page.evaluate('window.lock?.released')).toBe(false)
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect.poll(() => page.evaluate('window.lock.released')).toBe(true)
})

test('the controls get out of the way, and come back', async ({ page, server, pretend }) => {
  await page.clock.install()
  await pretend({ scopes: MEMBER, others: [ODO], session: { recording: true } })
  await join(page, server)
  await page.mouse.move(640, 200)
  await page.getByRole('button', { name: 'Leave' }).evaluate((button) => button.blur())
  await page.clock.runFor(4_000)
  const bar = page.getByRole('toolbar', { name: 'Controls' })
  await expect(bar).toHaveCSS('opacity', '0')
  // Not that one is recorded.
  await expect(page.getByRole('heading', { name: 'standup' })).toHaveCSS('opacity', '0')
  await expect(page.getByText('Being recorded')).toHaveCSS('opacity', '1')
  await page.mouse.move(600, 210)
  await expect(bar).toHaveCSS('opacity', '1')
  // Nor beneath a menu that is open.
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('button', { name: 'Copy room link' }).hover()
  await page.getByRole('button', { name: 'More' }).evaluate((button) => button.blur())
  await page.clock.runFor(4_000)
  await expect(page.getByRole('heading', { name: 'standup' })).toHaveCSS('opacity', '0')
  await expect(bar).toHaveCSS('opacity', '1')
})
