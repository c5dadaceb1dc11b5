// The page's words: every one it says is there, every one that is there is said, and none stands in a view file.
// (That all languages say the same, with the same arguments, is tested where the catalogue lives: src/words/tests.rs.)
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'svelte/compiler'
import { describe, expect, it } from 'vitest'
import { compile } from '../catalogue.ts'
import { DEVICE_PROBLEMS } from '../src/problem.ts'

const root = join(import.meta.dirname, '..')
const catalogue = (language: string): string =>
  readFileSync(join(root, `../src/words/${language}/page.ftl`), 'utf8')
const ids = Object.keys(compile(catalogue('en'), 'en'))

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(ts|svelte)$/.test(name),
)
const source = files.map((name) => readFileSync(join(root, 'src', name), 'utf8')).join('\n')
const quoted = [...source.matchAll(/(['"`])((?:page|problem)-.+?)\1/g)].map(([, , id]) => id ?? '')
const plain = quoted.filter((id) => !id.includes('{'))
/** What a composed id may have in its place for an expression that ends in this word. */
const PLACES: Record<string, string> = {
  kind: '(microphone|camera|speaker)',
  role: '(moderator|member|audience)',
  layout: '[a-z0-9-]+',
  each: '(token|connect|media)',
}
const composed = quoted
  .filter((id) => id.includes('{'))
  .map((id) => new RegExp(`^${id.replaceAll(/\$?\{[^}]*?(\w+)\W*\}/g, (_all, word) => PLACES[word] ?? '[a-z_]+')}$`))

describe('the catalogue', () => {
  it('has every message the page says', () => expect(plain.filter((id) => !ids.includes(id))).toEqual([]))

  it('has nothing the page never says', () => {
    const unsaid = ids.filter((id) => !plain.includes(id) && !composed.some((pattern) => pattern.test(id)))
    expect(unsaid).toEqual([])
  })

  it('has a heading for every problem, and a sentence under it', () => {
    const codes = ids.flatMap((id) => /^problem-title-(.+)$/.exec(id)?.[1] ?? [])
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !ids.includes(`problem-${code}`))).toEqual([])
  })

  it('names every device problem for both devices', () => {
    for (const reason of DEVICE_PROBLEMS) {
      expect(ids).toContain(`page-microphone-${reason}`)
      expect(ids).toContain(`page-camera-${reason}`)
    }
  })

  it('is understood in every language', () => {
    for (const language of readdirSync(join(root, '../src/words'), { withFileTypes: true })) {
      if (language.isDirectory()) expect(compile(catalogue(language.name), language.name)).toHaveProperty('page-join')
    }
  })

  it.each(['a = { NUMBER($x) }', 'a = { other }', 'a =\n    .x = y', 'a b = c'])('refuses what the page cannot say: %s', (text) => {
    expect(() => compile(text, 'test')).toThrow()
  })
})

/** Attributes that are read out or shown. */
const SPOKEN_ATTRIBUTES = ['aria-label', 'title', 'alt', 'placeholder', 'name']
/** The name of the house is the same in every language. */
const NAMES = ['Greenroom']
const hasLetters = /\p{Letter}/u

function spoken(node: unknown, found: string[]): string[] {
  if (Array.isArray(node)) for (const each of node) spoken(each, found)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return found
  const { type, name, value, data } = node as Record<string, unknown>
  if (type === 'Text' && typeof data === 'string' && hasLetters.test(data)) found.push(data.trim())
  if (type === 'StyleDirective') return found
  if (type === 'Attribute') {
    return SPOKEN_ATTRIBUTES.includes(String(name)) ? spoken(value, found) : found
  }
  for (const [key, each] of Object.entries(node)) if (key !== 'css' && key !== 'metadata') spoken(each, found)
  return found
}

it.each(files.filter((name) => name.endsWith('.svelte')))('no word stands in %s itself', (name) => {
  const { fragment } = parse(readFileSync(join(root, 'src', name), 'utf8'), { modern: true })
  const words = spoken(fragment, []).filter((text) => !NAMES.includes(text) && !text.startsWith('<!--'))
  expect(words).toEqual([])
})
