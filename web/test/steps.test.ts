// What to do about a device, for the browser at hand.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { compile } from '../catalogue.ts'
import { isInApp } from '../src/inapp.ts'
import { DEVICE_PROBLEMS } from '../src/problem.ts'
import { steps } from '../src/view/steps.ts'
import { browserOf, systemOf } from '../src/where.ts'
import { use } from '../src/words.ts'

const words = join(import.meta.dirname, '../../src/words')
const languages = readdirSync(words, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
const speak = (language: string): void => {
  const path = join(words, language, 'page.ftl')
  use(language, compile(readFileSync(path, 'utf8'), path))
}

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const AGENTS = {
  'Chrome on Windows': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
  'Edge on Windows': `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
  'Firefox on Linux': 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Safari on a Mac': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Chrome on a Mac': `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
  'Safari on an iPhone': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  'Chrome on an iPhone': 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
  'Chrome on Android': `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`,
  'Firefox on Android': 'Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0',
}

describe('the browser', () => {
  it.each([
    ['Chrome on Windows', 'chrome', 'windows'],
    ['Edge on Windows', 'edge', 'windows'],
    ['Firefox on Linux', 'firefox', 'linux'],
    ['Safari on a Mac', 'safari', 'mac'],
    ['Chrome on a Mac', 'chrome', 'mac'],
    ['Safari on an iPhone', 'ios', 'ios'],
    ['Chrome on an iPhone', 'ios', 'ios'],
    ['Chrome on Android', 'android', 'android'],
    ['Firefox on Android', 'android', 'android'],
  ] as const)('%s is %s on %s', (name, browser, system) => {
    expect([browserOf(AGENTS[name], 0), systemOf(AGENTS[name], 0)]).toEqual([browser, system])
    expect(isInApp(AGENTS[name])).toBe(false)
  })

  it('on an iPad calls itself a Mac, but feels fingers', () => {
    expect(browserOf(AGENTS['Safari on a Mac'], 5)).toBe('ios')
  })

  it.each([
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
    'Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0 Mobile Safari/537.36',
    `${AGENTS['Safari on an iPhone']} Instagram 300.0`,
    'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Discord/0.0.300',
  ])('of an app is told from a browser: %s', (agent) => expect(isInApp(agent)).toBe(true))
})

describe.each(languages)('the steps in %s', (language) => {
  beforeEach(() => speak(language))

  it.each(Object.entries(AGENTS))('are there for %s, whatever the trouble', (_name, agent) => {
    for (const problem of DEVICE_PROBLEMS) {
      const todo = steps('camera', problem, agent, 0)
      expect(todo.length, problem).toBeGreaterThan(1)
      expect(todo.every((step) => step.length > 0), problem).toBe(true)
    }
  })

  it('against a refusal are other ones in every browser, and name the device', () => {
    const browsers = ['Chrome on Windows', 'Edge on Windows', 'Firefox on Linux', 'Safari on a Mac', 'Safari on an iPhone', 'Chrome on Android'] as const
    for (const problem of ['denied', 'dismissed'] as const) {
      const told = browsers.map((name) => JSON.stringify(steps('microphone', problem, AGENTS[name], 0)))
      expect(new Set(told).size).toBe(browsers.length)
    }
    expect(JSON.stringify(steps('camera', 'denied', AGENTS['Edge on Windows'], 0))).toMatch(/Camera|Kamera/)
  })
})
