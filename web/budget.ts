// The page's weight, held by the build: it fails when a budget of ../ARCHITECTURE.md is broken. Sizes are gzip, our own
// JavaScript only; the vendor's SDK loads while the lobby shows.
//   lobby   what every visitor waits for
//   join    the same and what a first call needs, fetched while the lobby shows
//   whole   the same and every part behind a press, each fetched when it is first wanted
// The page of `greenroom check --deep` is for who runs Greenroom, and not weighed.
// In: the finished bundle. Out: one line of sizes, or an error that names what grew.
import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

const HTML_BYTES = 10 * 1024
const SCRIPT_BYTES = { lobby: 31 * 1024, join: 38 * 1024, whole: 62 * 1024 }
const CHECK = /\/src\/check\/|\/check\.html$/
export const FIRST_CALL = /\/src\/(view\/Call\.svelte|joining\.ts)$/

export const isSdk = (moduleIds: readonly string[]): boolean =>
  moduleIds.some((id) => id.includes('/node_modules/@signalwire/'))

export function budget(): Plugin {
  return {
    name: 'greenroom-budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const html = Object.values(bundle).reduce((sum, output) => sum + htmlBytes(output), 0)
        const chunks = new Map(Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? [[output.fileName, output]] : [])))
        const own = [...chunks.values()].filter(({ moduleIds, facadeModuleId }) => !isSdk(moduleIds) && !CHECK.test(facadeModuleId ?? ''))
        const first = own.filter(({ isEntry }) => isEntry)
        const call = own.filter(({ facadeModuleId }) => FIRST_CALL.test(facadeModuleId ?? ''))
        if (call.length !== 2) this.error('budget: the chunks of a first call are not where they were')
        const script = { lobby: gzip(withImports(first, chunks)), join: gzip(withImports([...first, ...call], chunks)), whole: gzip(own) }
        const sizes = Object.entries(script).map(([name, bytes]) => `${name} ${bytes} B`)
        const line = `HTML ${html} B; own script, gzip: ${sizes.join(', ')}`
        if (html > HTML_BYTES) this.error(`budget: HTML is over ${HTML_BYTES} B (${line})`)
        for (const [name, bytes] of Object.entries(SCRIPT_BYTES)) {
          if (script[name as keyof typeof script] > bytes) this.error(`budget: ${name} is over ${bytes} B (${line})`)
        }
        this.info(`budget: ${line}`)
      },
    },
  }
}

type Chunk = Rolldown.OutputChunk

function htmlBytes(output: Rolldown.OutputAsset | Chunk): number {
  return output.type === 'asset' && output.fileName.endsWith('.html') ? Buffer.byteLength(output.source) : 0
}

/** These chunks and all that they import before they run. */
function withImports(wanted: readonly Chunk[], chunks: ReadonlyMap<string, Chunk>): Chunk[] {
  const found = new Set(wanted)
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const imported = chunks.get(name)
      if (imported) found.add(imported)
    }
  }
  return [...found]
}

const gzip = (chunks: readonly Chunk[]): number =>
  chunks.reduce((sum, { code }) => sum + gzipSync(code).byteLength, 0)
