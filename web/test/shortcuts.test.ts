import { describe, expect, it } from 'vitest'
import { type Deed, deedOf, type Focused, type Press, SHORTCUTS, shortcutsAreOn, turnShortcuts } from '../src/shortcuts.ts'
import { storage } from './browser.ts'

const press = (key: string, different: Partial<Press> = {}): Press => ({
  key,
  code: key === ' ' ? 'Space' : `Key${key.toUpperCase()}`,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  shiftKey: false,
  isComposing: false,
  defaultPrevented: false,
  ...different,
})
/** A page whose focus is on such an element: by its tag, as selectors name it. */
const on = (tag: string): Focused => ({ matches: (list: string) => list.split(', ').includes(tag) })
const deed = (key: string, different: Partial<Press> = {}): Deed | null => deedOf(press(key, different), null, false)

describe('a key in the call', () => {
  it.each([
    ['m', 'microphone'],
    ['v', 'camera'],
    ['h', 'hand'],
    ['?', 'help'],
    [' ', 'talk'],
  ])('%j: %s', (key, wanted) => {
    expect(deed(key, { shiftKey: key === '?' })).toBe(wanted)
  })

  it('means the same with Caps Lock, and by its place where the layout writes no Latin', () => {
    expect(deed('M', { code: 'KeyM' })).toBe('microphone')
    expect(deed('ь', { code: 'KeyM' })).toBe('microphone')
  })

  it('means what the layout writes, not where it lies', () => {
    expect(deed('m', { code: 'Semicolon' })).toBe('microphone')
    expect(deed('z', { code: 'KeyV' })).toBeNull()
  })

  it.each(['ctrlKey', 'altKey', 'metaKey', 'shiftKey', 'isComposing', 'defaultPrevented'] as const)(
    'is somebody else’s with %s',
    (modifier) => {
      for (const key of ['m', 'v', 'h', ' ']) expect(deed(key, { [modifier]: true })).toBeNull()
    },
  )

  it.each(['input', 'textarea', 'select'])('is a letter in %s', (tag) => {
    for (const key of ['m', 'v', 'h', ' ', '?']) expect(deedOf(press(key), on(tag), true)).toBeNull()
  })

  it('is a press of the button that one has gone to by keys, but talks when the button was clicked', () => {
    expect(deedOf(press(' '), on('button'), false)).toBeNull()
    expect(deedOf(press(' '), on('button'), true)).toBe('talk')
    expect(deedOf(press('m'), on('button'), false)).toBe('microphone')
  })

  it('of no meaning has none', () => {
    for (const key of ['Escape', 'Tab', 'Enter', 'F5', 'x', 'Dead', '']) expect(deed(key, { code: key })).toBeNull()
  })
})

it('every key of the help does something', () => {
  for (const [key, wanted] of SHORTCUTS) expect(deed(key === 'Space' ? ' ' : key)).toBe(wanted)
})

it('the off switch is remembered, and a full storage harms nobody', () => {
  const local = storage()
  expect(shortcutsAreOn(local)).toBe(true)
  turnShortcuts(local, false)
  expect(shortcutsAreOn(local)).toBe(false)
  turnShortcuts(local, true)
  expect(shortcutsAreOn(local)).toBe(true)
  const full = {
    setItem: () => {
      throw new DOMException('', 'QuotaExceededError')
    },
  }
  expect(() => turnShortcuts(full, false)).not.toThrow()
  expect(shortcutsAreOn(null)).toBe(true)
})
