// What Svelte and Vite bring for pages of another kind, left out of this one:
//   Svelte  goes on with what a server has drawn; our server draws nothing, every screen is mounted fresh
//   Vite    loads style sheets before a lazy part; ours are one sheet that is there from the start
// In: those modules as they come. Out: the same without it, so that what asks for it falls away; an error where a newer
// version no longer looks like that.
import type { Plugin } from 'vite'

const HYDRATION = /\/svelte\/src\/internal\/client\/dom\/hydration\.js$/
const PRELOAD = /vite\/preload-helper\.js$/

export function lean(): Plugin {
  const found = new Set<RegExp>()
  return {
    name: 'greenroom-lean',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (HYDRATION.test(id)) {
        found.add(HYDRATION)
        return code
          .replace('export let hydrating = false', 'export const hydrating = false')
          .replace('hydrating = value', 'if (value) throw new Error("nothing here was drawn by a server")')
      }
      if (PRELOAD.test(id)) {
        found.add(PRELOAD)
        return 'export const __vitePreload = (load) => load()'
      }
      return null
    },
    generateBundle(_options, bundle) {
      const code = Object.values(bundle).map((output) => (output.type === 'chunk' ? output.code : '')).join('')
      const left = ['preloadError', 'hydration_mismatch'].filter((trace) => code.includes(trace))
      if (found.size < 2 || left.length > 0) this.error(`lean: left in: ${left.join(', ') || 'unknown'}`)
    },
  }
}
