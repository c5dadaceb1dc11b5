// A QR code as one path. In: a text. Out: the size of its square, quiet zone included, and a path of its dark parts.
import { encode } from 'uqr'

/** Light modules around it, as ISO/IEC 18004 asks for. */
const QUIET = 4

export function drawn(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET })
  const rows = data.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join(''))
  return { size, path: rows.join('') }
}
