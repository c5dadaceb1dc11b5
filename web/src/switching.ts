// Another microphone, camera or speaker in the middle of the call. In: a choice. Out: the call uses it from now on;
// with one that will not work the old one goes on, and is chosen still.
import { type AnyKind, constraints } from './devices.ts'
import type { Seat } from './seat.svelte.ts'

export async function choose(seat: Seat, kind: AnyKind, id: string): Promise<void> {
  const { preview } = seat
  const before = preview.chosen[kind]
  await preview.choose(kind, id)
  await seat.command(
    null,
    async (call) => {
      try {
        await (kind === 'speaker' ? call.setSpeaker(id) : call.use(kind, constraints(kind, id)))
      } catch (error) {
        await preview.choose(kind, before)
        throw error
      }
    },
    kind === 'speaker' ? undefined : kind,
  )
}
