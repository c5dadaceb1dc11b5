// How a command is typed: `/name value of the first option other:value`. Pure.

/**
 * What stands in the box: null for an ordinary message, `{ typing }` while no command is complete, else
 * `{ command, options: [{ option, value, start, room }] }` with `start..room` where the value stands.
 */
export function parse(text, commands) {
  if (!text.startsWith('/')) return null
  const body = text.slice(1)
  const fits = commands.filter(({ name }) => body === name || body.startsWith(`${name} `))
  const command = fits.sort((a, b) => b.name.length - a.name.length)[0]
  return command ? { command, options: optionsOf(text, command) } : { typing: body }
}

function optionsOf(text, command) {
  const from = 1 + command.name.length
  const names = new Map(command.options.map((option) => [option.name.toLowerCase(), option]))
  const marks = [...text.slice(from).matchAll(/\s([^\s:]+):/g)]
    .map((match) => ({ option: names.get(match[1].toLowerCase()), at: from + match.index, length: match[0].length }))
    .filter(({ option }) => option)
  const ends = [...marks.map(({ at }) => at), text.length]
  const options = marks.map(({ option, at, length }, n) => piece(text, option, at + length, ends[n + 1]))
  const [first] = command.options
  const implied = first && !marks.some(({ option }) => option === first) && piece(text, first, from, ends[0])
  if (implied && ends[0] > from) options.unshift(implied)
  return options
}

function piece(text, option, from, room) {
  const raw = text.slice(from, room)
  const start = from + raw.length - raw.trimStart().length
  return { option, value: raw.trim(), start, room }
}

/** The option the caret is in, if any. */
export function at(parsed, caret) {
  return parsed?.options?.findLast(({ start }) => start <= caret)
}

/** What can be run: names and values of whatever has one. `picked` knows what a suggestion's name stands for. */
export function filled(parsed, picked) {
  return parsed.options
    .filter(({ value }) => value)
    .map(({ option, value }) => [option.name, picked.get(`${option.name}:${value}`) ?? value])
}

/** Options that are required and have no value. */
export function missing(parsed) {
  const given = new Set(parsed.options.filter(({ value }) => value).map(({ option }) => option.name))
  return parsed.command.options.filter(({ name, required }) => required && !given.has(name))
}

/** The text with `value` in the place of that option's, and where the caret goes. */
export function withValue(text, { start, room }, value) {
  const gap = /[\s:]/.test(text[start - 1] ?? ' ') ? '' : ' '
  const before = `${text.slice(0, start)}${gap}${value}`
  return { text: before + text.slice(room), caret: before.length }
}
