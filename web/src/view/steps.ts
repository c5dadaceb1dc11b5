// The steps against a device's trouble, from the catalogue: the browser's own where it has some, else the system's,
// else everybody's. In: the trouble, and what the browser says it is. Out: one line of text pieces a step. Pure.
import type { Kind } from '../devices.ts'
import type { DeviceProblem } from '../problem.ts'
import { browserOf, systemOf } from '../where.ts'
import { has, type Piece, rich, say } from '../words.ts'

export function steps(kind: Kind, problem: DeviceProblem, agent: string, fingers: number): Piece[][] {
  const browser = browserOf(agent, fingers)
  const system = systemOf(agent, fingers)
  const ids = [`page-steps-${problem}-${browser}`, `page-steps-${problem}-${system}`, `page-steps-${problem}`]
  return lines(rich(ids.find(has) ?? '', { device: say(`page-${kind}`) }))
}

/** A message's lines: one step each. */
function lines(pieces: readonly Piece[]): Piece[][] {
  const found: Piece[][] = [[]]
  for (const { kind, text } of pieces) {
    for (const [at, part] of text.split('\n').entries()) {
      if (at > 0) found.push([])
      if (part !== '') found.at(-1)?.push({ kind, text: part })
    }
  }
  return found
}
