// What the specs of the page have in common: a scripted server, a visitor, and a good look at every screen.
import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Locator, type Page } from '@playwright/test'
import { Scripted } from '../scripted.ts'

export { expect }

/** What pretend-sdk.js plays. */
export interface Pretend {
  others?: Record<string, unknown>[]
  self?: Record<string, unknown>
  scopes?: string[]
  session?: Record<string, unknown>
  never?: 'connect' | 'answer'
  refuses?: Record<string, unknown>
}

interface Fixtures {
  server: Scripted
  /** What the browser complained about, the content security policy above all, and requests to anybody else. Empty at
      the end of every test. */
  complaints: string[]
  pretend: (script: Pretend) => Promise<void>
  /** Looks at the screen in every size and both lights, with axe's eyes too, and keeps pictures of it. A lobby has
      Join in sight, unless what it names is longer than any window. */
  look: (name: string, joinInSight?: boolean) => Promise<void>
}

export const test = base.extend<Fixtures>({
  server: async ({}, use) => {
    const server = await Scripted.start()
    await use(server)
    await server.stop()
  },

  complaints: [
    async ({ page, server }, use) => {
      const complaints: string[] = []
      const { origin } = server
      // Nobody is asked for anything but Greenroom; the call itself goes through a socket.
      page.on('request', (request) => {
        if (/^https?:/.test(request.url()) && !request.url().startsWith(origin)) complaints.push(`asks ${request.url()}`)
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        // Refused requests are what many of these tests are about; the page's own warnings are not.
        const expected = /Failed to load resource|greenroom: /.test(message.text())
        if (['error', 'warning'].includes(message.type()) && !expected) complaints.push(message.text())
      })
      await use(complaints)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],

  pretend: async ({ page }, use) => {
    await use(async (script) => {
      await page.addInitScript((played) => Object.assign(window, { pretend: played }), script)
    })
  },

  look: async ({ page }, use) => {
    await use((name, joinInSight = true) => look(page, name, joinInSight))
  },
})

const VIEWS = [
  { view: 'wide', width: 1280, height: 720, colorScheme: 'dark', axe: true },
  { view: 'wide-light', width: 1280, height: 720, colorScheme: 'light', axe: true },
  { view: 'phone', width: 390, height: 844, colorScheme: 'dark', axe: false },
  { view: 'phone-light', width: 390, height: 844, colorScheme: 'light', axe: false },
  { view: 'narrow', width: 320, height: 568, colorScheme: 'dark', axe: false },
  { view: 'landscape', width: 740, height: 360, colorScheme: 'dark', axe: false },
] as const

async function look(page: Page, name: string, joinInSight: boolean): Promise<void> {
  for (const { view, width, height, colorScheme, axe } of VIEWS) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await misfits(page), `${name} in ${view}`).toEqual([])
    const join = page.getByRole('button', { name: /^(Join|Beitreten)$/ })
    if (joinInSight && (await join.isVisible())) await expect(join, `${name} in ${view}`).toBeInViewport({ ratio: 1 })
    if (axe) expect(await faults(page), `${name} in ${view}`).toEqual([])
    await page.screenshot({ path: `../artifacts/page/${name}-${view}.png` })
  }
  await page.setViewportSize({ width: 1280, height: 720 })
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: null })
}

/** What axe finds serious. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Whose words take more than one line. */
export function wrapped(buttons: Locator): Promise<string[]> {
  return buttons.evaluateAll((all) =>
    all.flatMap((button) => {
      const words = document.createRange()
      words.selectNodeContents(button)
      const text = [...words.getClientRects()].filter(({ width }) => width > 1)
      const tops = text.map(({ top }) => top)
      return Math.max(...tops) - Math.min(...tops) > 12 ? [button.textContent?.trim() ?? ''] : []
    }),
  )
}

/** What sticks out of the window, and what is too small for a finger. */
export function misfits(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    // The first frames in the new size.
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame)
    const found: string[] = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} px too wide`)
    for (const control of document.querySelectorAll('button, select, summary, a, input')) {
      if (!control.checkVisibility({ opacityProperty: true })) continue
      // A box to tick is as large as the words beside it, which tick it too.
      const target = control.matches('[type=checkbox]') ? (control.closest('label') ?? control) : control
      const { left, right, width, height } = target.getBoundingClientRect()
      const what = `${control.tagName} "${control.textContent?.trim().slice(0, 40)}"`
      if (left < -0.5 || right > clientWidth + 0.5) found.push(`${what} sticks out: ${left}..${right}`)
      if (width < 43.5 || height < 43.5) found.push(`${what} is ${width.toFixed()} x ${height.toFixed()}`)
    }
    return found
  })
}
