// Compresses a built page for embedding: beside each file that gets smaller, its .br and .gz twin.
// Run by build.rs as `node embed.mjs DIRECTORY`; Node's zlib does in two seconds what an unoptimised
// build script would take half a minute for.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const directory = process.argv[2]
const compressible = /\.(html|js|css|svg|json|webmanifest|txt|wasm)$/

for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue
  const file = join(entry.parentPath ?? entry.path, entry.name)
  const plain = readFileSync(file)
  const twins = {
    br: brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    }),
    gz: gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }),
  }
  for (const [suffix, bytes] of Object.entries(twins)) {
    if (bytes.length < plain.length * 0.95) writeFileSync(`${file}.${suffix}`, bytes)
  }
}
