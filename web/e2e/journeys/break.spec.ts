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

test('one’s own picture is mirrored, and lies where the layout puts it, in every window', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const tab = await mira.enters()
  await joins(tab)
  await seesAMovingPicture(tab)
  const [own, whole] = [tab.locator('.mcuLayers video'), tab.locator('.mcuContent > div > div > video').first()]
  await expect(own).toHaveCSS('transform', 'matrix(-1, 0, 0, 1, 0, 0)')
  /** The own picture in the whole one, as shares of it; and the whole one's ratio. */
  const lies = async () => {
    const [inner, outer] = [await own.boundingBox(), await whole.boundingBox()]
    if (!inner || !outer) throw new Error('no picture')
    const share = (part: number, of: number): number => Math.round((100 * part) / of)
    return {
      at: [share(inner.x - outer.x, outer.width), share(inner.y - outer.y, outer.height)],
      size: [share(inner.width, outer.width), share(inner.height, outer.height)],
      ratio: Math.round((100 * outer.width) / outer.height),
    }
  }
  // Alone one sees oneself, as large as the picture is.
  await expect.poll(lies).toEqual({ at: [0, 0], size: [100, 100], ratio: 178 })
  const odo = await demo.person('odo')
  await odo.card.getByRole('button', { name: 'Join' }).click()
  await joins(await odo.enters())
  await expect.poll(async () => (await lies()).size[0]).toBeLessThan(50)
  const corner = await lies()
  expect(corner.at.every((share, way) => share >= 0 && share + (corner.size[way] ?? 0) <= 100)).toBe(true)
  for (const [width, height] of [[390, 844], [740, 360], [1920, 1080]] as const) {
    await tab.setViewportSize({ width, height })
    await expect.poll(lies, `${width} x ${height}`).toEqual(corner)
  }
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
