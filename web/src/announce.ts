// What changed in the call, as words for the corner of the eye and for screen readers. In: the call before and after,
// and what this person just asked for. Out: message ids with their arguments. Pure.
import type { CallView } from './call.ts'
import type { Args } from './words.ts'

export type Line = [id: string, args?: Args | undefined]
/** What the person pressed last; anything else that happens to them was a moderator. */
export interface Asked {
  microphone: boolean
  hand: boolean
}

/** Beyond this many at once a list of names is noise. */
const MOST_NAMES = 3

export function announce(before: CallView, after: CallView, asked: Asked): Line[] {
  const lines: Line[] = [...comings('page-said-joined', before, after), ...comings('page-said-left', after, before)]
  if (before.microphone !== after.microphone) {
    if (after.microphone) lines.push(['page-said-unmuted'])
    else lines.push([asked.microphone ? 'page-said-muted-by-moderator' : 'page-said-muted'])
  }
  if (before.camera !== after.camera) lines.push([after.camera ? 'page-said-camera-on' : 'page-said-camera-off'])
  const [shared, shares] = [before, after].map(({ sharing, self }) => sharing.has(self))
  if (shared !== shares) lines.push([shares ? 'page-said-sharing' : 'page-said-shared'])
  if (!before.hand && after.hand) lines.push(['page-said-hand-up'])
  if (before.hand && !after.hand) lines.push([asked.hand ? 'page-said-hand-lowered' : 'page-said-hand-down'])
  if (before.locked !== after.locked) lines.push([after.locked ? 'page-said-locked' : 'page-said-unlocked'])
  if (before.recording !== after.recording) {
    lines.push([after.recording ? 'page-said-recorded' : 'page-said-not-recorded'])
  }
  return lines
}

/** Who is in `after` and was not in `before`. */
function comings(id: string, before: CallView, after: CallView): Line[] {
  // By person, not by device: who moves a call, or comes back with the old seat still there, was never away.
  const known = new Set(before.people.flatMap((person) => [person.id, person.userId ?? person.id]))
  const fresh = after.people.filter(
    (person) => !known.has(person.id) && !known.has(person.userId ?? person.id) && person.role !== 'audience',
  )
  return fresh.slice(0, MOST_NAMES).map(({ name }): Line => [id, { name }])
}
