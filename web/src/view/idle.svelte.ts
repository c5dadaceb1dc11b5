// Whether nobody has moved for a while: then the controls get out of the picture's way.
const AFTER_MS = 3_500
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const

export class Idle {
  now = $state(false)
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    $effect(() => {
      const moved = (): void => this.moved()
      moved()
      for (const sign of SIGNS) window.addEventListener(sign, moved, { passive: true })
      return () => {
        clearTimeout(this.timer)
        for (const sign of SIGNS) window.removeEventListener(sign, moved)
      }
    })
  }

  private moved(): void {
    this.now = false
    clearTimeout(this.timer)
    this.timer = setTimeout(() => (this.now = true), AFTER_MS)
  }
}
