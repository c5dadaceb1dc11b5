// Whoever runs Greenroom lets it try what it assumes of SignalWire: `greenroom check --deep`, with the vendor's SDK in
// a real browser, against the stand-in that was built on these very assumptions.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artifacts, expect, target, test } from './demo.ts'

test('everything is as assumed beside the stand-in, and nothing of it is left behind', async ({ demo, page }) => {
  test.setTimeout(180_000)
  const folder = mkdtempSync(join(tmpdir(), 'greenroom-check-'))
  const child = spawn(join(target, 'debug/greenroom'), ['check', '--deep', '--listen', '2'], {
    cwd: folder,
    env: { ...demo.env, PUBLIC_URL: 'http://127.0.0.1:9', LISTEN_ADDR: '127.0.0.1:0', DATABASE_URL: `sqlite://${folder}/check.db` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [report, progress] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (report += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))

  await expect.poll(() => progress, { timeout: 30_000 }).toContain('Open this in a browser')
  const link = /http:\/\/127\.0\.0\.1:\d+\/#\S+/.exec(progress)?.[0] ?? ''
  await page.goto(link)
  await expect(page.getByRole('status')).toContainText('Done.', { timeout: 150_000 })
  await page.screenshot({ path: `${artifacts}/deep-check.png`, fullPage: true })
  await ended

  for (const number of ['R1', 'R2', 'R3', 'R4', 'R5', 'R8', 'R9', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15', 'R16', 'R17', 'R18',
    'E1', 'E2', 'E3', 'E4', 'E6', 'E7', 'E8', 'E9', 'E10', 'E11', 'E13', 'E14', 'E16', 'E17', 'E18', 'E19', 'E20',
    'B1', 'B2', 'B3', 'B4', 'B6', 'B7', 'B8']) {
    expect(report, number).toMatch(new RegExp(`^ {2}ok +${number}: `, 'm'))
  }
  expect(report).not.toMatch(/DIFFERS|unseen/)
  expect(report).toContain('all of them are deleted')
  const rooms = await fetch(`${demo.env['SIGNALWIRE_SPACE_URL']}/api/video/rooms`, {
    headers: { authorization: `Basic ${btoa(`${demo.env['SIGNALWIRE_PROJECT_ID']}:${demo.env['SIGNALWIRE_API_TOKEN']}`)}` },
  })
  expect(JSON.stringify(await rooms.json())).not.toContain('greenroom-deep-')
})
