// Talking for as long as a key is held. In: the key goes down, the key goes up. Out: the microphone follows.
import { constraints } from './devices.ts'
import type { Seat } from './seat.svelte.ts'

/** Who has the microphone on already needs no key. */
export function hold(seat: Seat, held: boolean): Promise<void> {
  if (held ? seat.held || seat.doing.microphone || seat.view?.microphone !== false : !seat.held) return Promise.resolve()
  seat.held = held
  return seat.command(
    'microphone',
    async (call) => {
      try {
        // The key may go up while the microphone is still coming on.
        for (let on = !seat.held; on !== seat.held; ) {
          on = seat.held
          seat.asked.microphone = on
          await call.setMicrophone(on, constraints('microphone', seat.preview.chosen.microphone))
        }
      } catch (error) {
        seat.held = false
        throw error
      }
    },
    'microphone',
  )
}
