// Which key means what in the call. In: a key press, and where it fell. Out: what to do, or nothing. Pure but for the
// storage of the off switch: single letters get in the way of speech input and of some screen readers.

export type Deed = 'microphone' | 'camera' | 'hand' | 'talk' | 'help'

/** As the help lists them. */
export const SHORTCUTS: readonly (readonly [key: string, deed: Deed])[] = [
  ['M', 'microphone'],
  ['Space', 'talk'],
  ['V', 'camera'],
  ['H', 'hand'],
  ['?', 'help'],
]

/** What is read of a `KeyboardEvent`. */
export type Press = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey' | 'isComposing' | 'defaultPrevented'
>

/** The element that the keys go to, as far as it matters here. */
export type Focused = { matches(selectors: string): boolean } | null

const TAKES_LETTERS = 'input, textarea, select, [contenteditable]:not([contenteditable="false"])'
const TAKES_SPACE = 'button, a, summary, [role="button"]'

/**
 * What a key press asks for. `pointed`: the focus came by a pointer, so that Space is no press of what has it (a
 * button clicked a minute ago must not be clicked again by who wants to talk).
 */
export function deedOf(press: Press, focused: Focused, pointed: boolean): Deed | null {
  if (press.defaultPrevented || press.isComposing || press.ctrlKey || press.altKey || press.metaKey) return null
  if (focused?.matches(TAKES_LETTERS)) return null
  if (press.code === 'Space') return !press.shiftKey && (pointed || !focused?.matches(TAKES_SPACE)) ? 'talk' : null
  const key = letter(press)
  // With Shift only what cannot be typed without.
  if (press.shiftKey && key !== '?') return null
  return SHORTCUTS.find(([name]) => name === key)?.[1] ?? null
}

/** The letter of the layout, or, where that writes no Latin, of the key's place. */
function letter({ key, code }: Press): string {
  const latin = key.length === 1 && key <= '~'
  return (latin ? key : /^Key([A-Z])$/.exec(code)?.[1] ?? '').toUpperCase()
}

const STORED_AT = 'greenroom.shortcuts'

export function shortcutsAreOn(storage: Pick<Storage, 'getItem'> | null): boolean {
  return storage?.getItem(STORED_AT) !== 'off'
}

export function turnShortcuts(storage: Pick<Storage, 'setItem'> | null, on: boolean): void {
  try {
    storage?.setItem(STORED_AT, on ? 'on' : 'off')
  } catch {
    // Full: the choice holds for this call only.
  }
}
