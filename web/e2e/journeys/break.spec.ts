// What breaks in a call, with the vendor's SDK as it is: the socket, the seat, the call.
import type { WebSocketRoute } from '@playwright/test'
import { expect, joins, people, seesAMovingPicture, test } from './demo.ts'

test('a socket that drops is a moment’s banner, and the call goes on', async ({ demo }) => {
  const mira = await demo.person('mira')
  const sockets: WebSocketRoute[] = []
  await mira.context.routeWebSocket(/^ws:\/\/127\.0\.0\.1:\d+\/?$/, (socket) => {
    sockets.push(socket)
    socket.connectToServer()
  })
  await mira.types('/video standup')
  const tab = await mira.enters()
  await joins(tab)
  await seesAMovingPicture(tab)
  expect(sockets.length).toBeGreaterThan(0)
  await Promise.all(sockets.map((socket) => socket.close({ code: 3001, reason: 'gone' })))
  await expect(tab.getByText('Reconnecting … The call goes on.')).toBeVisible()
  await expect(tab.getByText('Reconnecting … The call goes on.')).toBeHidden()
  await seesAMovingPicture(tab)
  await tab.getByRole('button', { name: 'Mute microphone' }).click()
  await expect(tab.getByRole('button', { name: 'Unmute microphone' })).toBeVisible()
  await expect(mira.card).toContainText('In the call (1): Mira')
})

test('who is removed is told so, and the others are told when the call ends for all', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const miras = await mira.enters()
  await joins(miras)
  const tabs = []
  for (const key of ['odo', 'ann']) {
    const person = await demo.person(key)
    await person.card.getByRole('button', { name: 'Join' }).click()
    const tab = await person.enters()
    await joins(tab)
    tabs.push(tab)
  }
  const [odos, anns] = tabs
  if (!odos || !anns) throw new Error('nobody came')
  await (await people(anns)).getByRole('button', { name: 'Remove Odo from the call' }).click()
  await anns.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(odos.getByRole('heading', { name: 'A moderator removed you' })).toBeVisible()
  await expect(odos.getByRole('button', { name: /^(Rejoin|Join)/ })).toHaveCount(0)
  await (await people(anns)).getByRole('button', { name: 'End for all' }).click()
  await anns.getByRole('dialog').getByRole('button', { name: 'End for all' }).click()
  for (const tab of [miras, anns]) await expect(tab.getByRole('heading', { name: 'standup has ended' })).toBeVisible()
  await expect(mira.card).toContainText('standup · ended')
})
