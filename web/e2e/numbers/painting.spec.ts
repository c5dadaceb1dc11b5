// What a visitor waits for before the lobby is there: requests, bytes over the wire, first paint, with nothing kept by
// the browser and with everything kept. And that the page asks nobody but Greenroom.
import type { CDPSession, Page } from '@playwright/test'
import { expect, joinsQuietly, test, type Demo } from '../journeys/demo.ts'

const VISITS = 9
/** A phone on a bad day: what web page tests call slow 4G. */
const SLOW = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 }

/** One answer, as it went over the wire. */
interface Came {
  url: string
  bytes: number
}
interface Visit {
  came: Came[]
  /** Milliseconds since the navigation began. */
  painted: number
  lobby: number
}

/** Notes what is asked for, and how many bytes of answers really came over the wire; what the cache has is not. */
async function watch(session: CDPSession): Promise<Map<string, Came>> {
  const asked = new Map<string, Came>()
  await session.send('Network.enable')
  session.on('Network.requestWillBeSent', ({ requestId, request }) => void asked.set(requestId, { url: request.url, bytes: 0 }))
  session.on('Network.requestServedFromCache', ({ requestId }) => void asked.delete(requestId))
  session.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.fromDiskCache) asked.delete(requestId)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const one = asked.get(requestId)
    if (one) one.bytes = encodedDataLength
  })
  return asked
}

async function visit(tab: Page, address: string, slow = false): Promise<Visit> {
  const session = await tab.context().newCDPSession(tab)
  if (slow) await session.send('Network.emulateNetworkConditions', SLOW)
  const asked = await watch(session)
  await tab.goto(address)
  await expect(tab.getByRole('button', { name: /^Join/ })).toBeVisible()
  const at = (name: string): Promise<number> =>
    tab.evaluate((name) => performance.getEntriesByName(name).at(-1)?.startTime ?? Number.NaN, name)
  const [painted, lobby] = [await at('first-contentful-paint'), await at('lobby')]
  await quiet(asked)
  await session.detach()
  return { came: [...asked.values()], painted, lobby }
}

/** What comes while the lobby shows has come: nothing new for a while, and all but the stream is there. */
async function quiet(asked: Map<string, Came>): Promise<void> {
  const here = (): string => [...asked.values()].map(({ url, bytes }) => `${url} ${bytes}`).join()
  let before = ''
  await expect(async () => {
    const now = here()
    const same = now === before
    before = now
    expect(same).toBe(true)
  }).toPass({ intervals: [500] })
}

/** Marks when Join is there, seen from outside the page's own code. */
function markJoin(): void {
  new MutationObserver((_, observer) => {
    if (![...document.querySelectorAll('button')].some((button) => button.textContent === 'Join')) return
    performance.mark('lobby')
    observer.disconnect()
  }).observe(document, { childList: true, subtree: true })
}

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

function told(name: string, visits: Visit[]): string {
  const [{ came }] = visits as [Visit]
  const of = (kind: (path: string) => boolean): string => {
    const some = came.filter(({ url }) => kind(new URL(url).pathname))
    return `${some.length} of ${kB(some.reduce((sum, { bytes }) => sum + bytes, 0))}`
  }
  const isSdk = (path: string): boolean => path.includes('/signalwire-')
  return (
    `${name}: first paint ${middle(visits.map(({ painted }) => painted)).toFixed(0)} ms, lobby ${middle(visits.map(({ lobby }) => lobby)).toFixed(0)} ms ` +
    `(medians of ${visits.length}); requests: ${of(() => true)}; HTML ${of((path) => /^\/[rg]\//.test(path))}, own script ${of((path) => path.endsWith('.js') && !isSdk(path))}, ` +
    `style ${of((path) => path.endsWith('.css'))}, words ${of((path) => path.endsWith('.json'))}, API ${of((path) => path.startsWith('/api/'))}, SDK ${of(isSdk)}`
  )
}

/** An address that leads to the lobby as often as one likes: the room's, for a browser that is known. */
async function known(demo: Demo): Promise<{ tab: Page; address: string }> {
  const odo = await demo.person('odo')
  await odo.types('/video standup')
  // Somebody with a picture is inside: it comes through Greenroom too.
  await joinsQuietly(await odo.enters())
  const mira = await demo.person('mira')
  await mira.card.getByRole('button', { name: 'Join' }).click()
  const tab = await mira.enters()
  await expect(tab.getByText('Odo is inside.')).toBeVisible()
  return { tab, address: tab.url() }
}

test('what the lobby costs, cold and warm', async ({ demo, browser }) => {
  test.setTimeout(300_000)
  const { tab, address } = await known(demo)
  const state = await tab.context().storageState()
  const [cold, warm, slow]: [Visit[], Visit[], Visit[]] = [[], [], []]
  // A context of its own has a cache of its own, and the session's cookie.
  const stranger = async (): Promise<Page> => {
    const page = await (await browser.newContext({ storageState: state })).newPage()
    await page.addInitScript(markJoin)
    return page
  }
  for (let nth = 0; nth < VISITS; nth += 1) {
    const page = await stranger()
    cold.push(await visit(page, address))
    warm.push(await visit(page, address))
    await page.context().close()
    const phone = await stranger()
    slow.push(await visit(phone, address, true))
    await phone.context().close()
  }
  console.log([told('cold', cold), told('warm', warm), told('cold, on a slow phone network', slow)].join('\n'))
  const elsewhere = [...cold, ...warm, ...slow].flatMap(({ came }) => came).filter(({ url }) => new URL(url).origin !== new URL(address).origin)
  console.log(`requests to anybody but Greenroom: ${elsewhere.length}`)
  expect(elsewhere).toEqual([])
  expect(cold[0]?.came.some(({ url }) => url.includes('/faces/'))).toBe(true)
})
