// A page of all screenshots that the browser tests took: a state a row, a way to look at it a column.
//
// In: artifacts/page/STATE-VIEW.png, and artifacts/journeys/*.png where they were run. Out: artifacts/shots.html.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const VIEWS = ['wide', 'wide-light', 'phone', 'phone-light', 'narrow', 'landscape']
const artifacts = join(import.meta.dirname, '../../artifacts')
const pictures = (folder) =>
  existsSync(join(artifacts, folder)) ? readdirSync(join(artifacts, folder)).filter((name) => name.endsWith('.png')) : []

const states = new Map()
for (const picture of pictures('page')) {
  // The longest view that fits: `wide-light` before `light`.
  const view = VIEWS.filter((view) => picture.endsWith(`-${view}.png`)).sort((a, b) => b.length - a.length)[0]
  const state = view ? picture.slice(0, -`-${view}.png`.length) : picture.slice(0, -'.png'.length)
  states.set(state, { ...states.get(state), [view ?? 'wide']: `page/${picture}` })
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const picture = (path, alt) => `<a href="${escaped(path)}"><img loading="lazy" src="${escaped(path)}" alt="${escaped(alt)}"></a>`
const row = ([state, views]) =>
  `<section><h2>${escaped(state)}</h2><div>${VIEWS.filter((view) => views[view])
    .map((view) => `<figure>${picture(views[view], `${state}, ${view}`)}<figcaption>${view}</figcaption></figure>`)
    .join('')}</div></section>`
const journeys = pictures('journeys').map((name) => ({ [name.replace('.png', '')]: { wide: `journeys/${name}` } }))
const rows = [...[...states].sort(([a], [b]) => a.localeCompare(b)), ...journeys.flatMap((journey) => Object.entries(journey))]

const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Greenroom: every state</title>
<meta name="viewport" content="width=device-width"><style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem; background: Canvas; color: CanvasText; color-scheme: light dark }
div { display: flex; gap: 1rem; overflow-x: auto; align-items: end } figure { margin: 0 }
img { max-height: 20rem; border: 1px solid GrayText; display: block }
</style><h1>Every state, as it looks</h1>${rows.map(row).join('\n')}</html>
`
writeFileSync(join(artifacts, 'shots.html'), html)
console.log(`artifacts/shots.html: ${rows.length} states`)
