// Builds the page before its tests, unless the last build was of these very sources.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const SOURCES = ['src', 'index.html', 'vite.config.ts', 'budget.ts', 'catalogue.ts', 'lean.ts', 'package-lock.json', '../src/words']

const changed = (path: string): number => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))))
}

export default function build(): void {
  const newest = Math.max(...SOURCES.map((name) => changed(join(root, name))))
  if (changed(join(root, 'dist/index.html')) > newest) return
  execFileSync('npm', ['run', '--silent', 'build', '--', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' })
}
