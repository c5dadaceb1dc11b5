// A QR code as one path. In: a text. Out: the size of its square, quiet zone included, and a path of its dark parts.
import { correction, generate } from 'lean-qr/nano'

/** Light modules around it, as ISO/IEC 18004 asks for. */
const QUIET = 4

export function drawn(text: string): { size: number; path: string } {
  const code = generate(text, { minCorrectionLevel: correction.M })
  const line = [...Array(code.size).keys()]
  const dark = line.flatMap((y) => line.filter((x) => code.get(x, y)).map((x) => `M${x + QUIET} ${y + QUIET}h1v1h-1z`))
  return { size: code.size + 2 * QUIET, path: dark.join('') }
}
