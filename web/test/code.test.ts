import { expect, it } from 'vitest'
import { drawn } from '../src/code.ts'

/** Rows of the square, dark modules as `#`. */
function square({ size, path }: ReturnType<typeof drawn>): string[] {
  const rows = Array.from({ length: size }, () => Array<string>(size).fill('.'))
  for (const [, x, y] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) (rows[Number(y)] as string[])[Number(x)] = '#'
  return rows.map((row) => row.join(''))
}

it('a link becomes a code with its three corners and a quiet zone around it', () => {
  const rows = square(drawn('https://greenroom.example/r/kT3hQ9vXw2LrY8pB#t=Zm9yLXRoZS1waG9uZS1vbmx5'))
  const size = rows.length
  const corner = ['#######', '#.....#', '#.###.#', '#.###.#', '#.###.#', '#.....#', '#######']
  const at = (x: number, y: number): string[] => rows.slice(y, y + 7).map((row) => row.slice(x, x + 7))
  for (const [x, y] of [[4, 4], [size - 11, 4], [4, size - 11]] as const) expect(at(x, y)).toEqual(corner)
  const edges = rows.map((row) => row.slice(0, 4) + row.slice(-4))
  expect([...rows.slice(0, 4), ...rows.slice(-4), ...edges].join('')).not.toContain('#')
})

it('another link is another code', () => expect(drawn('https://a.example').path).not.toBe(drawn('https://b.example').path))
