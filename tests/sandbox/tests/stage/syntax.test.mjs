// How a command is typed at the stage. `node --test`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, filled, missing, parse, withValue } from '../../src/stage/page/syntax.js'

const option = (name, required = false) => ({ name, required })
const commands = [
  { name: 'video', options: [option('room'), option('topic')] },
  { name: 'room end', options: [option('room', true)] },
  { name: 'room list', options: [] },
]

const read = (text, picked = new Map()) => {
  const parsed = parse(text, commands)
  return parsed?.command ? [parsed.command.name, filled(parsed, picked)] : parsed
}

test('what has no name belongs to the first option', () => {
  assert.deepEqual(read('/video standup'), ['video', [['room', 'standup']]])
  assert.deepEqual(read('/video art show topic:x y'), ['video', [['room', 'art show'], ['topic', 'x y']]])
  assert.deepEqual(read('/video'), ['video', []])
  assert.deepEqual(read('/video '), ['video', []])
})

test('named options come in any order, and a colon is no name', () => {
  assert.deepEqual(read('/video topic:x room:art'), ['video', [['topic', 'x'], ['room', 'art']]])
  assert.deepEqual(read('/video topic:The week: ahead'), ['video', [['topic', 'The week: ahead']]])
})

test('the longest command wins', () => {
  assert.deepEqual(read('/room end art'), ['room end', [['room', 'art']]])
  assert.deepEqual(read('/room list extra'), ['room list', []])
  assert.deepEqual(missing(parse('/room end ', commands)).map(({ name }) => name), ['room'])
})

test('a command half typed is no command yet, and a message is none at all', () => {
  assert.deepEqual(read('/vid'), { typing: 'vid' })
  assert.equal(read('hello /video'), null)
})

test('a suggestion takes the place of what was typed, and stands for its value', () => {
  const take = (text, caret, value) => withValue(text, at(parse(text, commands), caret), value)
  assert.deepEqual(take('/video st topic:x', 9, 'standup'), { text: '/video standup topic:x', caret: 14 })
  assert.deepEqual(take('/video ', 7, 'art'), { text: '/video art', caret: 10 })
  assert.deepEqual(take('/video topic:', 13, 'a'), { text: '/video topic:a', caret: 14 })
  assert.deepEqual(read('/video Art (2)', new Map([['room:Art (2)', 'art']])), ['video', [['room', 'art']]])
})
