// How the page is built, tested and, with `npm run dev`, served in front of a running Greenroom
// (GREENROOM_URL, by default http://127.0.0.1:8080).
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Rolldown } from 'vite'
import { defineConfig } from 'vitest/config'
import { budget, FIRST_CALL, isSdk } from './budget.ts'
import { catalogue } from './catalogue.ts'
import { lean } from './lean.ts'

const greenroom = process.env['GREENROOM_URL'] ?? 'http://127.0.0.1:8080'
// Greenroom accepts state-changing requests from its own origin only, so the proxy speaks as it.
const proxied = { target: greenroom, changeOrigin: true, headers: { origin: greenroom } }

type InfoOf = (id: string) => Rolldown.ModuleInfo | null

/** The file for a module that several parts need: the first script's, a first call's, or that of the parts behind a press. */
function shared(id: string, infoOf: InfoOf): string {
  const users = [...importersOf(id, infoOf)]
  if (users.some((user) => infoOf(user)?.isEntry)) return 'page'
  return users.some((user) => FIRST_CALL.test(user)) ? 'call' : 'parts'
}

/** Every module that this one is loaded with. */
function importersOf(id: string, infoOf: InfoOf): Set<string> {
  const found = new Set([id])
  for (const each of found) for (const importer of infoOf(each)?.importers ?? []) found.add(importer)
  return found
}

export default defineConfig({
  plugins: [lean(), catalogue(), svelte({ compilerOptions: { runes: true } }), budget()],
  build: {
    // The content security policy allows no `data:` and no inline anything: every asset is a file.
    assetsInlineLimit: 0,
    // Both files of the first script are asked for at once. One style sheet serves all, so the parts that load later
    // have nothing to preload beside them.
    modulePreload: { polyfill: false, resolveDependencies: (_file, parts, { hostType }) => (hostType === 'html' ? parts : []) },
    cssCodeSplit: false,
    target: 'es2022',
    rolldownOptions: {
      // The page, and the one that `greenroom check --deep` serves.
      input: ['index.html', 'check.html'],
      // Svelte's custom elements, which this page has none of; they would stay for a class they make when loaded.
      treeshake: { moduleSideEffects: [{ test: /\/svelte\/.*\/custom-element\.js$/, sideEffects: false }] },
      output: {
        // What several parts need comes with the first of them, in one file instead of many small ones; the lobby and
        // a first call do not wait for what only later parts share.
        codeSplitting: {
          groups: [
            {
              name: (id, chunks) => shared(id, (each) => chunks.getModuleInfo(each)),
              debugName: 'shared',
              minShareCount: 2,
            },
          ],
        },
        chunkFileNames: (chunk) =>
          isSdk(chunk.moduleIds) ? 'assets/signalwire-[hash].js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    proxy: { '/api': proxied, '/oauth': proxied },
    fs: { allow: ['..'] },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
})
