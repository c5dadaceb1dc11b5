// Small readings of the lobby's facts that more than one screen needs. Pure.
import type { Facts } from '../api.ts'
import type { Args } from '../words.ts'

/** What opens this room again: a channel's own room goes by the channel's name and needs none. */
export function commandFor(room: Facts['room']): string {
  return room.title === room.channel ? '/video' : `/video ${room.title}`
}

/** How many places are taken: who takes one without being shown (an extra device) counts once the room is full. */
export function occupied({ people, audience, full, max_members }: Facts['session']): number {
  const seen = people.length + audience
  return full ? Math.max(seen, max_members) : seen
}

/** "Odo and Ann are inside." */
export function inside(people: Facts['session']['people']): [id: string, args: Args] {
  const [first = '', second = '', third = ''] = people.map(({ name }) => name)
  switch (people.length) {
    case 0:
      return ['page-inside-nobody', {}]
    case 1:
      return ['page-inside-one', { name: first }]
    case 2:
      return ['page-inside-two', { first, second }]
    case 3:
      return ['page-inside-three', { first, second, third }]
    default:
      return ['page-inside-many', { first, second, count: people.length - 2 }]
  }
}
