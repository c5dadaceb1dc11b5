// Two kinds of proof in Debian's Chromium (or what CHROMIUM names):
//   page      the built page in front of a scripted server (scripted.ts): every screen, every failure
//   journeys  the whole of Greenroom, from /video to the channel's summary; after `page`, so that media has the
//             processor to itself (`--no-deps` runs it alone)
//   numbers   figures, when NUMBERS=1 asks for them
// `npm run e2e -- lobby --project page` runs a part. Screenshots: artifacts/.
import { defineConfig } from '@playwright/test'

const artifacts = '../../artifacts'
const QUIET = [
  '--no-sandbox',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--metrics-recording-only',
]
const chromium = (args: string[]): { executablePath: string; args: string[] } => ({
  executablePath: process.env['CHROMIUM'] || '/usr/bin/chromium',
  args,
})

/** The whole of Greenroom, with real media. */
const WHOLE = {
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: 'chromium',
    channel: 'chromium',
    // Says yes to every question, the screen picker's too.
    launchOptions: chromium([...QUIET, '--use-fake-ui-for-media-stream']),
    viewport: { width: 1280, height: 720 },
    locale: 'en-GB',
    colorScheme: 'dark',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
} as const

export default defineConfig({
  globalSetup: './build.ts',
  outputDir: `${artifacts}/failures`,
  reporter: [['list'], ['./reporter.ts']],
  forbidOnly: process.env['CI'] !== undefined,
  // Real media on a machine that does other things too: a second try is made, and the last line tells of it.
  retries: 1,
  workers: 2,
  projects: [
    {
      name: 'page',
      testDir: './page',
      fullyParallel: true,
      timeout: 30_000,
      expect: { timeout: 5_000 },
      use: {
        browserName: 'chromium',
        // The new headless mode is Chromium itself; the shell of old is not in Debian's package.
        channel: 'chromium',
        launchOptions: chromium(QUIET),
        viewport: { width: 1280, height: 720 },
        locale: 'en-GB',
        colorScheme: 'dark',
        permissions: ['camera', 'microphone'],
        screenshot: 'only-on-failure',
      },
    },
    { ...WHOLE, name: 'journeys', testDir: './journeys', dependencies: ['page'] },
    ...(process.env['NUMBERS'] ? [{ ...WHOLE, name: 'numbers', testDir: './numbers', retries: 0 }] : []),
  ],
})
