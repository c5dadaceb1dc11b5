// What our page adds to the time that the vendor's SDK needs to come into a call: from the press on Join to
// `room.joined`, beside a bare page with nothing but the SDK. The same browser, stand-in and room, in turns.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expect, joinsQuietly, test } from '../journeys/demo.ts'

const PAIRS = 15
/** Milliseconds. */
const ADDED = 150
const SDK = join(import.meta.dirname, '../../node_modules/@signalwire/js/dist/index.umd.js')

/** The page as it ships: milliseconds from the press to `room.joined`, and the room token it came in with. */
async function ours(tab: Page, lobby: string): Promise<{ took: number; token: string }> {
  await tab.goto(lobby)
  await expect(tab.getByRole('button', { name: /^Join/ })).toBeEnabled()
  const asked = tab.waitForResponse((response) => response.url().endsWith('/token'))
  await joinsQuietly(tab)
  const { token } = (await (await asked).json()) as { token: string }
  const took = await tab.evaluate(() => {
    const at = (name: string): number => performance.getEntriesByName(`greenroom:${name}`).at(-1)?.startTime ?? Number.NaN
    return at('joined') - at('pressed')
  })
  await tab.getByRole('button', { name: /^Leave/ }).click()
  await expect(tab.getByRole('heading', { level: 1 })).toContainText(/left|ended/)
  return { took, token }
}

/** The SDK alone: milliseconds from its first line to `room.joined`. */
async function bare(tab: Page, address: string, token: string): Promise<number> {
  await tab.goto(address)
  return tab.evaluate(async (token) => {
    const { SignalWire } = window as unknown as { SignalWire: { Video: { RoomSession: new (options: object) => BareRoom } } }
    interface BareRoom {
      join(options: object): Promise<unknown>
      on(event: string, heard: () => void): void
      leave(): Promise<void>
    }
    const began = performance.now()
    const room = new SignalWire.Video.RoomSession({ token, rootElement: document.body, logLevel: 'error' })
    // With some answers the promise of `join` never settles.
    await new Promise<void>((resolve, reject) => {
      room.on('room.joined', resolve)
      room.join({ audio: false, video: false, receiveAudio: true, receiveVideo: true }).catch(reject)
    })
    const took = performance.now() - began
    room.leave().catch(() => undefined)
    return took
  }, token)
}

/** A server of a page with nothing but the SDK, for as long as `work` takes. */
async function besideTheBarePage(work: (address: string) => Promise<void>): Promise<void> {
  const sdk = readFileSync(SDK)
  const server = createServer((request, response) => {
    const isScript = request.url === '/sdk.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? sdk : '<!doctype html><script src="/sdk.js"></script><body></body>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const middle = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

test('from the press on Join to the call, beside the bare SDK', async ({ demo }) => {
  test.setTimeout(300_000)
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const tab = await mira.enters()
  const lobby = tab.url()
  const other = await mira.context.newPage()
  // With nobody inside the call would be over after each of them.
  const odo = await demo.person('odo')
  await odo.card.getByRole('button', { name: 'Join' }).click()
  await joinsQuietly(await odo.enters())

  const [page, alone, added]: [number[], number[], number[]] = [[], [], []]
  await besideTheBarePage(async (address) => {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const { took, token } = await ours(tab, lobby)
      const without = await bare(other, address, token)
      page.push(took)
      alone.push(without)
      added.push(took - without)
    }
  })
  const figure = middle(added)
  console.log(
    `joining, the median of ${PAIRS} pairs: ${middle(page).toFixed(0)} ms with the page, ${middle(alone).toFixed(0)} ms with the SDK alone; added ${figure.toFixed(0)} ms (at most ${ADDED})`,
  )
  expect(figure).toBeLessThanOrEqual(ADDED)
})
