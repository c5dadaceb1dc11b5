import { beforeEach, describe, expect, it } from 'vitest'
import { compile } from '../catalogue.ts'
import { choose, has, type Messages, rich, say, use } from '../src/words.ts'

const CATALOGUE = `
hello = Hello { $name }
door = Press **Join**, { $name }, or type \`/video { $room }\`.
count = { $n ->
    [0] nobody
    [one] one person
   *[other] { $n } people
}
plain = Just text
`

beforeEach(() => use('en', compile(CATALOGUE, 'test') as Messages))

describe('a sentence', () => {
  it('is said with its arguments', () => {
    expect(say('plain')).toBe('Just text')
    expect(say('hello', { name: 'Odo' })).toBe('Hello Odo')
    expect(say('hello')).toBe('Hello ')
  })

  it.each([
    [0, 'nobody'],
    [1, 'one person'],
    [7, '7 people'],
  ])('counts %i as %s', (n, text) => expect(say('count', { n })).toBe(text))

  it('that nobody wrote is its own id, which shows in a test and harms nobody', () => {
    expect(say('missing')).toBe('missing')
    expect([has('missing'), has('plain')]).toEqual([false, true])
  })

  it('keeps right-to-left names to themselves and adds nothing to others', () => {
    expect(say('hello', { name: 'מירה' })).toBe('Hello \u2068מירה\u2069')
    expect(say('hello', { name: 'a\u202eb' })).toBe('Hello \u2068a\u202eb\u2069')
    expect(say('hello', { name: 'Žofia 🎥' })).toBe('Hello Žofia 🎥')
  })
})

describe('our marks', () => {
  it('make strong words and code', () => {
    expect(rich('door', { name: 'Odo', room: 'standup' })).toEqual([
      { kind: 'text', text: 'Press ' },
      { kind: 'strong', text: 'Join' },
      { kind: 'text', text: ', Odo, or type ' },
      { kind: 'code', text: '/video standup' },
      { kind: 'text', text: '.' },
    ])
  })

  it('are never made by what people typed', () => {
    const pieces = rich('door', { name: '**Odo** `x`', room: '`; **a**' })
    expect(pieces.map(({ kind }) => kind)).toEqual(['text', 'strong', 'text', 'code', 'text'])
    expect(pieces[2]?.text).toBe(', **Odo** `x`, or type ')
    expect(pieces[3]?.text).toBe('/video `; **a**')
  })
})

it.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'DE'], 'de'],
  [['fr'], 'en'],
  [[], 'en'],
])('whoever reads %j gets %s', (wanted, language) => expect(choose(wanted, ['de', 'en'])).toBe(language))
