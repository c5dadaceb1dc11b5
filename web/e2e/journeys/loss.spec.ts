// What is lost in the middle of a call, with the vendor's SDK as it is: the way of the media, a device, the room itself.
import type { Page } from '@playwright/test'
import { type Demo, expect, joins, joinsQuietly, people, seesAMovingPicture, type Somebody, test } from './demo.ts'

/** Mira and Odo in the call; Mira's tab. */
async function inACall(demo: Demo): Promise<{ mira: Somebody; tab: Page; odos: Page }> {
  const mira = await demo.person('mira')
  await mira.types('/video standup')
  const tab = await mira.enters()
  await joins(tab)
  const odo = await demo.person('odo')
  await odo.card.getByRole('button', { name: 'Join' }).click()
  const odos = await odo.enters()
  await joins(odos)
  await expect(mira.card).toContainText('In the call (2): Mira, Odo')
  await seesAMovingPicture(tab)
  return { mira, tab, odos }
}

/** Something breaks at the video service. */
const breaks = (somebody: Somebody, what: 'media' | 'room'): Promise<void> =>
  somebody.page.evaluate(
    async ([who, what]) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch('/api/break', { method: 'POST', headers, body: JSON.stringify({ as: who, what }) })
      if (!answer.ok) throw new Error(`nothing broke: ${answer.status}`)
    },
    [somebody.name.toLowerCase(), what] as const,
  )

test('media that goes nowhere: the page notices, comes back by itself, and the channel hears nothing of it', async ({ demo }) => {
  test.slow() // a browser takes a quarter of a minute to give a silent way up, and here it does so twice
  const { mira, tab, odos } = await inACall(demo)
  await expect(mira.messages.filter({ hasText: 'joined' })).toContainText(['Odo'])
  const said = await mira.messages.allTextContents()
  let tokens = 0
  tab.on('request', (request) => (tokens += Number(request.url().endsWith('/token'))))

  await breaks(mira, 'media')
  await expect(tab.getByText('Reconnecting …')).toBeVisible({ timeout: 60_000 })
  await expect.poll(() => tokens, { timeout: 30_000 }).toBe(1)
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 15_000 })
  await seesAMovingPicture(tab)
  // As she was: heard and seen, once.
  await expect(tab.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
  await expect(tab.getByRole('button', { name: 'Turn camera off' })).toBeVisible()
  await expect((await people(odos)).getByRole('listitem')).toHaveCount(2)
  await expect(mira.card).toContainText('In the call (2):')
  // A leave is told after ten seconds: by then there would have been one.
  await expect(mira.messages.filter({ hasText: 'Mira left' }).or(mira.messages.filter({ hasText: 'Mira joined again' }))).toHaveCount(0)
  expect((await mira.messages.allTextContents()).length).toBe(said.length)

  // Once more, at once: not by itself, but with a press.
  await breaks(mira, 'media')
  await expect(tab.getByRole('heading', { name: 'The call broke off' })).toBeVisible({ timeout: 60_000 })
  await tab.getByRole('button', { name: 'Rejoin' }).click()
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
  await seesAMovingPicture(tab)
  await expect((await people(odos)).getByRole('listitem')).toHaveCount(2)
})

test('a room that is deleted at the video service says so and how it opens again, and does', async ({ demo }) => {
  const { mira, tab, odos } = await inACall(demo)
  await breaks(mira, 'room')
  for (const page of [tab, odos]) {
    await expect(page.getByRole('heading', { name: 'standup was deleted' })).toBeVisible()
    await expect(page.getByText('/video standup opens it again.')).toBeVisible()
  }
  await expect(mira.card).toContainText('standup · ended')
  await mira.types('/video standup')
  await expect(mira.card).toContainText('Nobody is inside yet')
  await expect(tab.getByText('It is open again.')).toBeVisible()
  await tab.getByRole('button', { name: 'Go to the lobby' }).click()
  await joinsQuietly(tab)
  await seesAMovingPicture(tab)
})

test('a camera and a microphone that are unplugged: the call goes on, with another or without', async ({ demo }) => {
  const mira = await demo.person('mira')
  await mira.context.addInitScript(devicesWithPlugs)
  await mira.types('/video standup')
  const tab = await mira.enters()
  await joins(tab)
  await tab.getByRole('button', { name: 'More' }).click()
  await tab.getByText('Devices', { exact: true }).click()
  const microphones = tab.getByRole('combobox', { name: 'Microphone' })
  const chosen = (await microphones.locator('option').last().textContent()) ?? ''
  await microphones.selectOption({ label: chosen })
  await tab.keyboard.press('Escape')
  const odo = await demo.person('odo')
  await odo.card.getByRole('button', { name: 'Join' }).click()
  const odos = await odo.enters()
  await joinsQuietly(odos)
  await seesAMovingPicture(odos)

  await tab.evaluate(([kind, label]) => window.unplug(kind, label), ['audioinput', chosen] as const)
  await expect(tab.getByText(`${chosen} is not plugged in. We use your system's microphone instead.`)).toBeVisible()
  await expect(tab.getByRole('button', { name: 'Mute microphone' })).toBeVisible()
  await expect.poll(() => tab.evaluate(() => window.sending('audio'))).toBe('live')

  await tab.evaluate(() => window.unplug('videoinput', ''))
  await expect(tab.getByText('No camera found.')).toBeVisible()
  await expect(tab.getByRole('button', { name: 'Turn camera on' })).toBeVisible()
  const miraAtOdos = (await people(odos)).getByRole('listitem').filter({ hasText: 'Mira' })
  await expect(miraAtOdos).toContainText('camera off')
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible()
  await expect.poll(() => tab.evaluate(() => window.sending('audio'))).toBe('live')
})

declare global {
  interface Window {
    /** Takes away the devices of a kind, or the one of that name. */
    unplug(kind: MediaDeviceKind, label: string): void
    /** The state of what is sent last. */
    sending(kind: 'audio' | 'video'): MediaStreamTrackState | undefined
  }
}

/**
 * The browser's devices, each with a plug: what is unplugged is no longer listed, can't be opened, and its open tracks
 * have ended. No browser lets a test do that to a device; everything behind these three answers is real.
 */
function devicesWithPlugs(): void {
  const devices = navigator.mediaDevices
  if (!devices) return
  const [list, open] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)]
  const gone: { kind: MediaDeviceKind; label: string }[] = []
  const opened: MediaStreamTrack[] = []
  const senders: RTCPeerConnection[] = []
  const kindOf = (track: MediaStreamTrack): MediaDeviceKind => (track.kind === 'audio' ? 'audioinput' : 'videoinput')
  const isGone = (kind: MediaDeviceKind, label: string): boolean =>
    gone.some((each) => each.kind === kind && (each.label === '' || each.label === label))
  devices.enumerateDevices = async () => (await list()).filter(({ kind, label }) => !isGone(kind, label))
  devices.getUserMedia = async (wanted) => {
    const stream = await open(wanted)
    if (stream.getTracks().some((track) => isGone(kindOf(track), track.label))) {
      for (const track of stream.getTracks()) track.stop()
      throw new DOMException('Requested device not found', 'NotFoundError')
    }
    opened.push(...stream.getTracks())
    return stream
  }
  const Connection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Connection {
    constructor(...how: ConstructorParameters<typeof RTCPeerConnection>) {
      super(...how)
      senders.push(this)
    }
  }
  window.unplug = (kind, label) => {
    gone.push({ kind, label })
    for (const track of opened) {
      if (track.readyState === 'ended' || !isGone(kindOf(track), track.label)) continue
      track.stop()
      track.dispatchEvent(new Event('ended'))
    }
    devices.dispatchEvent(new Event('devicechange'))
  }
  window.sending = (kind) =>
    senders.flatMap((each) => each.getSenders()).findLast(({ track }) => track?.kind === kind)?.track?.readyState
}
