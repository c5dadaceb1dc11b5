// Seconds that run down to something the page does by itself, or a person may do. In: how many, and what then. Out: how
// many are left, to show.

export class Countdown {
  /** Null when nothing waits. */
  left = $state<number | null>(null)
  private timer: ReturnType<typeof setInterval> | undefined

  from(seconds: number, then: () => void): void {
    this.left = Math.ceil(seconds)
    this.timer = setInterval(() => {
      this.left = Math.max((this.left ?? 0) - 1, 0)
      if (this.left > 0) return
      this.stop()
      then()
    }, 1000)
  }

  stop(): void {
    clearInterval(this.timer)
    this.left = null
  }
}
