// The whole of Greenroom for a test: the demo as `make demo` starts it, and people at its stage.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test as base, expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test'

export { expect }

export const artifacts = join(import.meta.dirname, '../../../artifacts/journeys')
export const target = process.env['CARGO_TARGET_DIR'] || join(import.meta.dirname, '../../../target')

/** How interactions reach the bot. */
export type Way = 'gateway' | 'http'

export interface Demo {
  /** The stage's address. */
  stage: string
  /** What a Greenroom beside the same stand-ins is configured with. */
  env: Record<string, string>
  /** A context of its own for somebody, who stands in #general. */
  person(key: string, options?: Parameters<Browser['newContext']>[0]): Promise<Somebody>
}

/** Somebody at the stage. */
export class Somebody {
  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly name: string,
  ) {}

  /** The newest card in the channel. */
  get card(): Locator {
    return this.page.locator('li.message', { has: this.page.locator('.embed') }).last()
  }

  /** What is said in the channel, the newest last. */
  get messages(): Locator {
    return this.page.locator('li.message')
  }

  async types(command: string): Promise<void> {
    const line = this.page.getByRole('combobox')
    await line.fill(command)
    // What is suggested is not what is meant.
    await this.page.keyboard.press('Escape')
    await line.press('Enter')
  }

  /** Follows the personal link of the newest answer: the tab it opens. */
  async enters(): Promise<Page> {
    const opened = this.context.waitForEvent('page')
    await this.page.getByRole('link', { name: new RegExp(`^Enter as ${this.name}`) }).last().click()
    const tab = await opened
    await expect(tab.getByRole('heading', { level: 1 })).toBeVisible()
    return tab
  }
}

/** Switches camera and microphone on and joins. */
export async function joins(tab: Page): Promise<void> {
  const devices = tab.getByRole('button', { name: 'Try camera and microphone' })
  // Audience has none to switch on, and a tab that comes back has them on.
  if (await devices.isVisible()) {
    await devices.click()
    await expect(tab.getByText('with camera and microphone', { exact: true })).toBeVisible()
  }
  await joinsQuietly(tab)
}

/** Presses Join in the lobby as it is, and waits until the call is there. */
export async function joinsQuietly(tab: Page): Promise<void> {
  await tab.getByRole('button', { name: /^Join/ }).click()
  await expect(tab.getByRole('button', { name: /^Leave/ })).toBeVisible({ timeout: 30_000 })
}

/** The picture of the call moves. */
export async function seesAMovingPicture(tab: Page): Promise<void> {
  const frames = (): Promise<number> =>
    tab.evaluate(() =>
      Math.max(0, ...[...document.querySelectorAll('video')].map((video) => video.getVideoPlaybackQuality().totalVideoFrames)),
    )
  const before = await frames()
  await expect.poll(frames, { message: 'frames advance' }).toBeGreaterThan(before + 5)
}

/** Opens the list of people, if it is not open. */
export async function people(tab: Page): Promise<Locator> {
  const toggle = tab.getByRole('button', { name: /^People/ })
  if ((await toggle.getAttribute('aria-expanded')) !== 'true') await toggle.click()
  return tab.getByRole('complementary', { name: 'People' })
}

export const test = base.extend<{ way: Way; odoComes: boolean; demo: Demo }>({
  way: ['gateway', { option: true }],
  odoComes: [false, { option: true }],
  demo: async ({ browser, way, odoComes, contextOptions }, use) => {
    const options = ['--json', '--no-open', '--port', '0', '--interactions', way, ...(odoComes ? [] : ['--no-odo'])]
    const child = spawn(join(target, 'debug/examples/demo'), options, { stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const { stage, env } = await Promise.race([
      firstLine(child.stdout).then((line) => JSON.parse(line) as Pick<Demo, 'stage' | 'env'>),
      ended.then(() => Promise.reject(new Error(`the demo ended:\n${log}`))),
    ])
    const contexts: BrowserContext[] = []
    const person = async (key: string, own: Parameters<Browser['newContext']>[0] = {}): Promise<Somebody> => {
      const context = await browser.newContext({ ...contextOptions, ...own })
      contexts.push(context)
      const page = await context.newPage()
      await page.goto(`${stage}/?as=${key}&channel=general`)
      await expect(page.getByRole('combobox')).toBeFocused()
      return new Somebody(context, page, key.charAt(0).toUpperCase() + key.slice(1))
    }
    await use({ stage, env, person })
    for (const context of contexts) await context.close()
    child.kill('SIGINT')
    await ended
  },
})

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stream)) return line
  throw new Error('the demo said nothing')
}
