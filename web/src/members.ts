// Who is in the call: our own list, since the SDK's `memberList.updated` never contains whoever was there before us.
// Seeded by `room.joined`, then joined, left and updated. In: the vendor's member objects, whole or in part,
// any of them repeated. Out: a new list only when something changed. Pure.
import type { Role } from './api.ts'

export interface Member {
  id: string
  name: string
  /** Screens and extra devices are members to the vendor, but no people. */
  kind: 'member' | 'screen' | 'device'
  parentId: string | null
  /** Discord's id, written into the room token by Greenroom. */
  userId: string | null
  role: Role | null
  muted: boolean
  cameraOff: boolean
  hand: boolean
  talking: boolean
  /** Came to take over from what this person was inside with before. */
  moves: boolean
}

/** The vendor's member, as far as we read it; updates carry only some of the fields. */
export interface Payload {
  id?: unknown
  name?: unknown
  type?: unknown
  parent_id?: unknown
  audio_muted?: unknown
  video_muted?: unknown
  handraised?: unknown
  talking?: unknown
  meta?: unknown
}

export type Members = ReadonlyMap<string, Member>

export function seed(payloads: readonly Payload[]): Members {
  return payloads.reduce<Members>(put, new Map())
}

/** Adds a member, or changes what the payload names of one. */
export function put(members: Members, payload: Payload): Members {
  if (typeof payload.id !== 'string') return members
  const before = members.get(payload.id)
  const member = merge(before ?? unknown(payload.id), payload)
  if (before && same(before, member)) return members
  return new Map(members).set(member.id, member)
}

/** An update of somebody we never saw join adds them: they are there, whatever we missed. Talking alone does not. */
export function talk(members: Members, payload: Payload): Members {
  return typeof payload.id === 'string' && members.has(payload.id) ? put(members, payload) : members
}

export function drop(members: Members, payload: Payload): Members {
  if (typeof payload.id !== 'string' || !members.has(payload.id)) return members
  const rest = new Map(members)
  rest.delete(payload.id)
  for (const member of members.values()) if (member.parentId === payload.id) rest.delete(member.id)
  return rest
}

/** People in the order they came, `self` first. */
export function people(members: Members, self: string): Member[] {
  const all = [...members.values()].filter((member) => member.kind === 'member')
  return [...all.filter((member) => member.id === self), ...all.filter((member) => member.id !== self)]
}

export function isSharing(members: Members, id: string): boolean {
  return [...members.values()].some((member) => member.kind === 'screen' && member.parentId === id)
}

function unknown(id: string): Member {
  return {
    id,
    name: '',
    kind: 'member',
    parentId: null,
    userId: null,
    role: null,
    muted: false,
    cameraOff: false,
    hand: false,
    talking: false,
    moves: false,
  }
}

function merge(before: Member, payload: Payload): Member {
  const flag = (value: unknown, old: boolean): boolean => (typeof value === 'boolean' ? value : old)
  const text = (value: unknown, old: string | null): string | null =>
    typeof value === 'string' && value !== '' ? value : old
  const meta = (typeof payload.meta === 'object' && payload.meta !== null ? payload.meta : {}) as Record<string, unknown>
  return {
    id: before.id,
    name: text(payload.name, before.name) ?? '',
    kind: kindOf(payload.type) ?? before.kind,
    parentId: text(payload.parent_id, before.parentId),
    userId: text(meta['discord_user_id'], before.userId),
    role: roleOf(meta['role']) ?? before.role,
    muted: flag(payload.audio_muted, before.muted),
    cameraOff: flag(payload.video_muted, before.cameraOff),
    hand: flag(payload.handraised, before.hand),
    talking: flag(payload.talking, before.talking),
    moves: flag(meta['moves'], before.moves),
  }
}

function kindOf(type: unknown): Member['kind'] | null {
  return type === 'member' || type === 'screen' || type === 'device' ? type : null
}

function roleOf(role: unknown): Role | null {
  return role === 'moderator' || role === 'member' || role === 'audience' ? role : null
}

function same(a: Member, b: Member): boolean {
  return (Object.keys(a) as (keyof Member)[]).every((key) => a[key] === b[key])
}
