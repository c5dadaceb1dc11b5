import { describe, expect, it } from 'vitest'
import { announce } from '../src/announce.ts'
import { people, put, seed } from '../src/members.ts'
import type { CallView } from '../src/call.ts'

const QUIET = { microphone: false, hand: false }

function view(different: Partial<CallView> = {}, ...names: string[]): CallView {
  const members = names.reduce((all, name) => put(all, { id: name, name }), seed([{ id: 'me', name: 'Mira' }]))
  return {
    self: 'me',
    people: people(members, 'me'),
    sharing: new Set(),
    scopes: new Set(),
    microphone: true,
    camera: true,
    hand: false,
    layout: '',
    layouts: [],
    recording: false,
    locked: false,
    ...different,
  }
}

describe('comings and goings', () => {
  it('are said by name', () => {
    expect(announce(view(), view({}, 'Odo'), QUIET)).toEqual([['page-said-joined', { name: 'Odo' }]])
    expect(announce(view({}, 'Odo'), view(), QUIET)).toEqual([['page-said-left', { name: 'Odo' }]])
  })

  it('are not a flood', () => {
    const crowd = Array.from({ length: 20 }, (_, at) => `P${at}`)
    expect(announce(view(), view({}, ...crowd), QUIET)).toHaveLength(3)
  })

  it('of the audience are nobody’s business', () => {
    const watched = view()
    const audience = put(seed([]), { id: 'vic', name: 'Vic', meta: { role: 'audience' } })
    const after = { ...watched, people: [...watched.people, ...people(audience, 'me')] }
    expect(announce(watched, after, QUIET)).toEqual([])
  })
})

it.each<[string, Partial<CallView>, Partial<CallView>, Partial<typeof QUIET>, string]>([
  ['muting oneself', { microphone: true }, { microphone: false }, {}, 'page-said-muted'],
  ['being muted', { microphone: true }, { microphone: false }, { microphone: true }, 'page-said-muted-by-moderator'],
  ['unmuting', { microphone: false }, { microphone: true }, {}, 'page-said-unmuted'],
  ['camera off', { camera: true }, { camera: false }, {}, 'page-said-camera-off'],
  ['camera on', { camera: false }, { camera: true }, {}, 'page-said-camera-on'],
  ['sharing', {}, { sharing: new Set(['me']) }, {}, 'page-said-sharing'],
  ['sharing no more', { sharing: new Set(['me']) }, {}, {}, 'page-said-shared'],
  ['a lock', {}, { locked: true }, {}, 'page-said-locked'],
  ['no lock', { locked: true }, {}, {}, 'page-said-unlocked'],
  ['a recording', {}, { recording: true }, {}, 'page-said-recorded'],
  ['no recording', { recording: true }, {}, {}, 'page-said-not-recorded'],
])('%s is said', (_what, before, after, asked, id) => {
  expect(announce(view(before), view(after), { ...QUIET, ...asked })).toEqual([[id]])
})

it('what others share or what did not change is not said', () => {
  expect(announce(view({}, 'Odo'), view({ sharing: new Set(['Odo']) }, 'Odo'), QUIET)).toEqual([])
})

describe('a hand', () => {
  const raised = (hand: boolean): CallView => view({ hand })
  it('goes up and down, by oneself or by a moderator', () => {
    expect(announce(raised(false), raised(true), QUIET)).toEqual([['page-said-hand-up']])
    expect(announce(raised(true), raised(false), QUIET)).toEqual([['page-said-hand-down']])
    expect(announce(raised(true), raised(false), { ...QUIET, hand: true })).toEqual([['page-said-hand-lowered']])
  })
})
