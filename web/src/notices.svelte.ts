// Short lines that come and go ("Odo joined"), shown in a corner and read out by screen readers.
import type { Line } from './announce.ts'

export interface Notice {
  key: number
  line: Line
}

const SHOWN_FOR_MS = 5_000
const MOST_AT_ONCE = 3

export class Notices {
  shown = $state.raw<Notice[]>([])
  private count = 0

  show(lines: Line[]): void {
    for (const line of lines) {
      const notice = { key: ++this.count, line }
      this.shown = [...this.shown, notice].slice(-MOST_AT_ONCE)
      setTimeout(() => {
        this.shown = this.shown.filter(({ key }) => key !== notice.key)
      }, SHOWN_FOR_MS)
    }
  }
}
