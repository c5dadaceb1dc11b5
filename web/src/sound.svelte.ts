// Hearing oneself before the call: two notes through the chosen speaker, and three seconds of the microphone played
// back. Nothing leaves the page. In: presses. Out: what goes on now, and what to say about it.
import type { Line } from './announce.ts'
import { measure } from './meter.ts'
import { HEARD_LEVEL, type Preview } from './preview.svelte.ts'

export const RECORD_MS = 3_000
const NOTES_HZ = [660, 880]
const NOTE_S = 0.3

export class SoundCheck {
  now = $state<'notes' | 'recording' | 'playing' | null>(null)
  said = $state.raw<Line | null>(null)
  private stopped = new AbortController()

  constructor(private readonly preview: Preview) {}

  /** The lobby goes away. */
  stop(): void {
    this.stopped.abort()
  }

  playNotes(): Promise<void> {
    return this.run('notes', ['page-test-speaker-now'], async () => {
      const context = new AudioContext()
      try {
        const { stream } = notes(context)
        await play(stream, this.preview.chosen.speaker, this.stopped.signal, NOTES_HZ.length * NOTE_S * 1000)
      } finally {
        void context.close()
      }
      return ['page-test-speaker-after']
    })
  }

  /** Switches the microphone on for as long as this takes, where it is off. */
  recordAndPlay(): Promise<void> {
    return this.run('recording', ['page-test-microphone-now'], async () => {
      const wasOn = this.preview.microphone.on
      if (!wasOn) await this.preview.turn('microphone', true)
      try {
        const { sound } = this.preview
        if (!sound) return null // its own words say why
        const { recorded, loudest } = await record(sound, this.stopped.signal)
        if (loudest < HEARD_LEVEL) return ['page-test-silent']
        this.now = 'playing'
        this.said = ['page-test-playing']
        await play(recorded, this.preview.chosen.speaker, this.stopped.signal)
        return ['page-test-microphone-after']
      } finally {
        if (!wasOn && !this.stopped.signal.aborted && this.preview.microphone.on) await this.preview.turn('microphone', false)
      }
    })
  }

  private async run(now: 'notes' | 'recording', line: Line, work: () => Promise<Line | null>): Promise<void> {
    if (this.now) return
    this.now = now
    this.said = line
    try {
      this.said = await work()
    } catch (error) {
      if (!this.stopped.signal.aborted) console.warn('greenroom: a sound test failed', error)
      this.said = ['page-command-failed']
    } finally {
      this.now = null
    }
  }
}

/** The notes, one after the other, as a stream that can be sent to any speaker. */
function notes(context: AudioContext): MediaStreamAudioDestinationNode {
  const out = context.createMediaStreamDestination()
  for (const [at, pitch] of NOTES_HZ.entries()) {
    const start = context.currentTime + at * NOTE_S
    const gain = new GainNode(context, { gain: 0 })
    gain.gain.setValueAtTime(0, start)
    gain.gain.linearRampToValueAtTime(0.25, start + 0.02)
    gain.gain.linearRampToValueAtTime(0, start + NOTE_S)
    const note = new OscillatorNode(context, { frequency: pitch })
    note.connect(gain).connect(out)
    note.start(start)
    note.stop(start + NOTE_S)
  }
  return out
}

/** Plays to the end, or for so many milliseconds where a stream has none. */
async function play(what: MediaStream | Blob, speaker: string, stopped: AbortSignal, forMs?: number): Promise<void> {
  const element = new Audio()
  const address = what instanceof Blob ? URL.createObjectURL(what) : null
  try {
    if (address === null) element.srcObject = what as MediaStream
    else element.src = address
    // A speaker that went away, or a browser that cannot choose one: the system's will do.
    if (speaker !== '') await element.setSinkId?.(speaker).catch(() => undefined)
    const over = new Promise<void>((end) => {
      element.onended = element.onerror = () => end()
      if (forMs !== undefined) setTimeout(end, forMs)
      stopped.addEventListener('abort', () => end())
    })
    stopped.throwIfAborted()
    await element.play()
    await over
  } finally {
    element.pause()
    element.srcObject = null
    if (address !== null) URL.revokeObjectURL(address)
  }
}

/** Three seconds, and how loud they got. */
async function record(stream: MediaStream, stopped: AbortSignal): Promise<{ recorded: Blob; loudest: number }> {
  let loudest = 0
  const meter = measure(stream, (level) => (loudest = Math.max(loudest, level)))
  try {
    return { recorded: await tape(stream, stopped), loudest }
  } finally {
    meter.stop()
  }
}

function tape(stream: MediaStream, stopped: AbortSignal): Promise<Blob> {
  const recorder = new MediaRecorder(stream)
  const parts: Blob[] = []
  return new Promise((done, failed) => {
    recorder.ondataavailable = ({ data }) => parts.push(data)
    recorder.onstop = () => (stopped.aborted ? failed(stopped.reason) : done(new Blob(parts, { type: recorder.mimeType })))
    recorder.onerror = failed
    recorder.start()
    const stop = (): void => {
      if (recorder.state !== 'inactive') recorder.stop()
    }
    setTimeout(stop, RECORD_MS)
    stopped.addEventListener('abort', stop)
  })
}
