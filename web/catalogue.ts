// The message catalogue as the page gets it: parsed when the page is built, so that the page carries no parser, and
// kept out of its scripts, since words are data. In: `import url from '…/page.ftl?words'`. Out: a content-hashed JSON
// file beside the scripts, and its address.
import { readFileSync } from 'node:fs'
import { FluentResource } from '@fluent/bundle'
import type { Plugin } from 'vite'
import type { Part, Pattern } from './src/words.ts'

const QUERY = '.ftl?words'

export function catalogue(): Plugin {
  let building = false
  return {
    name: 'greenroom-catalogue',
    configResolved: (config) => {
      building = config.command === 'build'
    },
    load(id) {
      if (!id.endsWith(QUERY)) return null
      const path = id.slice(0, -'?words'.length)
      this.addWatchFile(path)
      const source = JSON.stringify(compile(readFileSync(path, 'utf8'), path))
      // The development server has no files to point at; its page has no content security policy either.
      if (!building) return `export default ${JSON.stringify(`data:application/json,${encodeURIComponent(source)}`)}`
      const language = path.split('/').at(-2) ?? 'words'
      const file = this.emitFile({ type: 'asset', name: `words-${language}.json`, source })
      return `export default import.meta.ROLLUP_FILE_URL_${file}`
    },
  }
}

/** Messages by id. What src/words.ts cannot say is refused here, at build time. */
export function compile(source: string, path: string): Record<string, Pattern> {
  const { body } = new FluentResource(source)
  const wanted = source.match(/^[a-z]/gim)?.length ?? 0
  if (body.length !== wanted) throw new Error(`${path}: ${wanted} messages, ${body.length} understood`)
  return Object.fromEntries(
    body.map(({ id, value }) => {
      if (value === null) throw new Error(`${path}: ${id} has no text`)
      return [id, pattern(value, `${path}: ${id}`)]
    }),
  )
}

type Parsed = NonNullable<FluentResource['body'][number]['value']>
type Expression = Exclude<Exclude<Parsed, string>[number], string>

function pattern(value: Parsed, where: string): Pattern {
  return typeof value === 'string' ? value : value.map((part) => (typeof part === 'string' ? part : spoken(part, where)))
}

function spoken(part: Expression, where: string): Part {
  if (part.type === 'var') return { $: part.name }
  if (part.type === 'select' && part.selector.type === 'var') {
    const variants = part.variants.map(({ key, value }): [string, Pattern] => {
      if (key.type !== 'str' && key.type !== 'num') throw new Error(`${where}: a variant's key is not plain`)
      return [String(key.value), pattern(value, where)]
    })
    return { $: part.selector.name, of: Object.fromEntries(variants), otherwise: variants[part.star]?.[0] ?? '' }
  }
  throw new Error(`${where}: the page says variables and plurals, not ${part.type}`)
}
