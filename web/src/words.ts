// The words of the page, from the one message catalogue in ../../src/words (compiled by ../catalogue.ts).
// In: the browser's languages, a message's id, its arguments. Out: text, or text with our two marks
// (**strong** and `code`) taken apart, so that nothing anybody typed is ever read as markup.
import { data } from './api.ts'

/** A message: text, or text with variables and choices in it. */
export type Pattern = string | Part[]
export type Part = string | { $: string; of?: Record<string, Pattern>; otherwise?: string }
export type Messages = Record<string, Pattern>
export type Args = Record<string, string | number>
export type Piece = { kind: 'text' | 'strong' | 'code'; text: string }

const catalogue = import.meta.glob<string>('../../src/words/*/page.ftl', {
  query: '?words',
  import: 'default',
  eager: true,
})
const addresses = new Map(Object.entries(catalogue).map(([path, url]) => [path.split('/').at(-2) ?? '', url]))

/** Languages written from right to left, should somebody add their folder. */
const FROM_THE_RIGHT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)$/

let messages: Messages = {}
let plurals = new Intl.PluralRules('en')

/** Chooses the page's language and fetches its words, once, before the first screen. */
export async function speak(wanted: readonly string[]): Promise<void> {
  const language = choose(wanted, [...addresses.keys()])
  document.documentElement.lang = language
  document.documentElement.dir = FROM_THE_RIGHT.test(language) ? 'rtl' : 'ltr'
  use(language, (await data(addresses.get(language) ?? '')) as Messages)
}

export function use(language: string, words: Messages): void {
  messages = words
  plurals = new Intl.PluralRules(language)
}

/** The first language of `wanted` that is `known`; English otherwise. */
export function choose(wanted: readonly string[], known: readonly string[]): string {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? ''
    if (known.includes(language)) return language
  }
  return 'en'
}

export const has = (id: string): boolean => id in messages

/** The message `id` in the page's language. */
export function say(id: string, args: Args = {}): string {
  return fill(messages[id] ?? id, args)
}

function fill(pattern: Pattern, args: Args): string {
  if (typeof pattern === 'string') return pattern
  return pattern
    .map((part) => {
      if (typeof part === 'string') return part
      const value = args[part.$] ?? ''
      if (!part.of) return isolate(String(value))
      const chosen = part.of[value] ?? part.of[plurals.select(Number(value))] ?? part.of[part.otherwise ?? ''] ?? ''
      return fill(chosen, args)
    })
    .join('')
}

// Right-to-left letters and direction controls, which would otherwise turn the rest of the sentence around.
const TURNS_TEXT = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/

/** Right-to-left text keeps to itself; all other text stays without invisible characters. */
const isolate = (value: string): string => (TURNS_TEXT.test(value) ? `\u2068${value}\u2069` : value)

// Marks inside arguments are moved out of the way (to private-use characters) while the sentence is taken apart.
const hide = (text: string): string => text.replaceAll('*', '\ue000').replaceAll('`', '\ue001')
const bare = (text: string): string => text.replaceAll('\ue000', '*').replaceAll('\ue001', '`')

export function rich(id: string, args: Args = {}): Piece[] {
  const hidden = Object.entries(args).map(([name, value]) => [name, typeof value === 'string' ? hide(value) : value])
  return say(id, Object.fromEntries(hidden))
    .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part): Piece => {
      if (part.startsWith('**')) return { kind: 'strong', text: bare(part.slice(2, -2)) }
      if (part.startsWith('`')) return { kind: 'code', text: bare(part.slice(1, -1)) }
      return { kind: 'text', text: bare(part) }
    })
}
