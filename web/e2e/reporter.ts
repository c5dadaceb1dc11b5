// One last line that says how it went: `browser: 61 passed`.
import type { FullResult, Reporter, Suite } from '@playwright/test/reporter'

export default class LastLine implements Reporter {
  private suite: Suite | null = null

  onBegin(_config: unknown, suite: Suite): void {
    this.suite = suite
  }

  printsToStdio(): boolean {
    return true
  }

  onEnd(_result: FullResult): void {
    const tests = this.suite?.allTests() ?? []
    const count = (...wanted: string[]): number => tests.filter((test) => wanted.includes(test.outcome())).length
    const [passed, flaky, failed, skipped] = [count('expected'), count('flaky'), count('unexpected'), count('skipped')]
    const parts = [`${passed + flaky} passed`]
    if (flaky > 0) parts.push(`${flaky} of them only at the second try`)
    if (failed > 0) parts.push(`${failed} failed`)
    if (skipped > 0) parts.push(`${skipped} skipped`)
    process.stdout.write(`browser: ${parts.join(', ')}\n`)
  }
}
