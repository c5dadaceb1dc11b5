// How loud a microphone hears. In: its stream. Out: a level of 0..1 several times a second, until stopped.
import { loudness } from './devices.ts'

const EVERY_MS = 80

export function measure(stream: MediaStream, tell: (level: number) => void): { stop(): void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    if (context.state === 'suspended') void context.resume() // opened without a press: allowed after the next one
    analyser.getFloatTimeDomainData(samples)
    tell(loudness(samples))
  }, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      void context.close()
    },
  }
}
