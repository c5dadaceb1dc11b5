// How loud a microphone hears. In: its stream. Out: a level of 0..1 several times a second, until stopped.

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

/** Loudness of samples in -1..1 as 0..1, on the scale ears use: -60 dB is silence, -12 dB is full. */
export function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibels = 10 * Math.log10(sum / Math.max(samples.length, 1) + 1e-12)
  return Math.min(Math.max((decibels + 60) / 48, 0), 1)
}
