// Devices that come and go in the middle of a call. In: the browser's word that something changed. Out: the call goes
// on with what is there, the person is told; with nothing there it is muted, and not silently deaf.
import { constraints, type Kind } from './devices.ts'
import { DeviceFailed } from './problem.ts'
import type { Seat } from './seat.svelte.ts'

export function watchDevices(seat: Seat): void {
  const { preview } = seat
  let told = { ...preview.told }
  const look = async (): Promise<void> => {
    await preview.list()
    const [before, now] = [told, { ...preview.told }]
    told = now
    for (const kind of ['microphone', 'camera'] as const) {
      const news = now[kind]?.[0] === before[kind]?.[0] ? null : now[kind]
      await seat.command(
        null,
        async (call) => {
          if (!news && !call.lost(kind)) return
          await goOn(seat, kind)
          if (news) seat.notices.show([news])
        },
        kind,
      )
    }
    const speaker = now.speaker?.[0] === before.speaker?.[0] ? null : now.speaker
    if (speaker) await seat.command(null, (call) => call.setSpeaker(preview.chosen.speaker))
    if (speaker && seat.view) seat.notices.show([speaker])
  }
  navigator.mediaDevices?.addEventListener('devicechange', () => void look())
}

function goOn(seat: Seat, kind: Kind): Promise<void> {
  return seat.command(
    kind,
    async (call) => {
      try {
        await call.use(kind, constraints(kind, seat.preview.chosen[kind]))
      } catch (error) {
        if (kind === 'microphone') seat.asked.microphone = false
        await (kind === 'microphone' ? call.setMicrophone(false) : call.setCamera(false))
        // The SDK stops the other device as well where one does not open, and does not say why.
        const other = kind === 'microphone' ? 'camera' : 'microphone'
        if (call.lost(other)) await call.use(other, constraints(other, seat.preview.chosen[other]))
        throw seat.preview.lists[kind].length === 0 ? new DeviceFailed('missing') : error
      }
    },
    kind,
  )
}
