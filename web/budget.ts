// The page's weight, held by the build: it fails when a budget of ../ARCHITECTURE.md is broken.
// In: the finished bundle. Out: one line of sizes, or an error that names what grew.
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const HTML_BYTES = 10 * 1024
/** Our own JavaScript, gzip; the vendor's SDK loads while the lobby shows. */
const OWN_SCRIPT_GZIP_BYTES = 40 * 1024

export const isSdk = (moduleIds: readonly string[]): boolean =>
  moduleIds.some((id) => id.includes('/node_modules/@signalwire/'))

export function budget(): Plugin {
  return {
    name: 'greenroom-budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        let html = 0
        let own = 0
        let sdk = 0
        for (const output of Object.values(bundle)) {
          if (output.type === 'chunk') {
            const size = gzipSync(output.code).byteLength
            if (isSdk(output.moduleIds)) sdk += size
            else own += size
          } else if (output.fileName.endsWith('.html')) {
            html += Buffer.byteLength(output.source)
          }
        }
        const line = `HTML ${html} B, own script ${own} B gzip, SDK ${sdk} B gzip`
        if (html > HTML_BYTES) this.error(`budget: HTML is over ${HTML_BYTES} B (${line})`)
        if (own > OWN_SCRIPT_GZIP_BYTES) this.error(`budget: own script is over ${OWN_SCRIPT_GZIP_BYTES} B (${line})`)
        this.info(`budget: ${line}`)
      },
    },
  }
}
