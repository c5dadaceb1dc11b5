// One's screen, shown in the call. In: the room and its limits. Out: the share began or ended, or why it could not.
import type { LIMITS } from './call.ts'
import { within } from './deadline.ts'
import { deviceProblem } from './problem.ts'
import type { Room } from './room.ts'

/** The picker may stay open as long as the person likes; the limit starts when a screen was chosen. */
export async function share(room: Room, limits: typeof LIMITS): Promise<void> {
  const starting = room.startScreenShare({ audio: true, video: true })
  const announced = new Promise<never>((_, refuse) => {
    const watch = setInterval(() => {
      if (room.screenShareList.length === 0) return
      clearInterval(watch)
      setTimeout(() => refuse(new Error('screen share was never announced')), limits.command)
    }, 250)
    const stop = (): void => clearInterval(watch)
    starting.then(stop, stop)
  })
  try {
    await Promise.race([starting, announced])
  } catch (error) {
    await stopSharing(room, limits)
    // Closing the picker is a choice, not a failure.
    if (deviceProblem(error) !== 'denied') throw error
  }
}

export async function stopSharing({ screenShareList }: Room, limits: typeof LIMITS): Promise<void> {
  await within(limits.leave, Promise.allSettled(screenShareList.map((each) => each.leave())))
}
