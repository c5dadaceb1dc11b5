// The command box: a line to type in, and a list of what could come next.

import { act } from './api.js'
import { byId, h, put } from './dom.js'
import { at, filled, missing, parse, withValue } from './syntax.js'

/** Keystrokes that follow each other faster are one question to the bot. */
const PAUSE_MS = 150

/**
 * Looks after the box. `context()` is `{ who, channel, view }`; `ran` is called with the outcome of whatever was sent.
 */
export function commandBox(context, ran) {
  const line = byId('line')
  const list = byId('suggestions')
  const hint = byId('hint')
  const problem = byId('problem')
  /** What suggestions stand for: values by `option:name`. */
  const picked = new Map()
  let suggestions = []
  let active = -1
  let pending = false
  let asked = 0
  let timer

  const commands = () => context().view?.commands ?? []
  const parsed = () => parse(line.value, commands())

  function open(next, first = -1) {
    suggestions = next
    active = next.length ? first : -1
    drawList()
  }

  function drawList() {
    list.hidden = suggestions.length === 0
    line.setAttribute('aria-expanded', String(!list.hidden))
    list.replaceChildren(...suggestions.map(drawSuggestion))
    const chosen = list.children[active]
    if (chosen) line.setAttribute('aria-activedescendant', chosen.id)
    else line.removeAttribute('aria-activedescendant')
    chosen?.scrollIntoView({ block: 'nearest' })
  }

  function drawSuggestion({ label, about }, n) {
    const isActive = String(n === active)
    // Before the line loses the focus.
    const mousedown = (event) => (event.preventDefault(), accept(n))
    return h('li', { id: `suggestion-${n}`, role: 'option', 'aria-selected': isActive, mousedown }, h('b', {}, label), about)
  }

  function accept(n) {
    const { text, caret } = suggestions[n].accept()
    line.value = text
    line.setSelectionRange(caret, caret)
    open([])
    suggest()
  }

  /** What could come next, where the caret is. */
  async function suggest() {
    drawHint()
    clearTimeout(timer)
    const question = ++asked
    const now = parsed()
    if (!now) return open([])
    if (now.typing !== undefined) return open(commandsLike(now.typing), 0)
    const here = at(now, line.selectionStart)
    const others = line.selectionStart === line.value.length && /\s$/.test(line.value) ? furtherOptions(now) : []
    if (!here) return open(others)
    if (!here.option.autocomplete) return open([...choices(here, likeIt(here)), ...others])
    timer = setTimeout(async () => {
      const { who, channel } = context()
      const body = { as: who, channel, command: now.command.name, option: here.option.name, so_far: here.value }
      const found = await act('complete', body)
      if (question === asked) open([...choices(here, Array.isArray(found) ? found : []), ...others])
    }, PAUSE_MS)
  }

  function commandsLike(typing) {
    const like = commands().filter(({ name }) => name.startsWith(typing.trimStart().toLowerCase()))
    return like.map(({ name, description }) => {
      const text = `/${name} `
      return { label: `/${name}`, about: description, accept: () => ({ text, caret: text.length }) }
    })
  }

  const likeIt = ({ option, value }) =>
    option.choices.filter(({ name }) => name.toLowerCase().includes(value.toLowerCase()))

  function choices(here, found) {
    return found.map(({ name, value }) => ({
      label: name,
      about: here.option.name,
      accept: () => {
        // What a person may read is not always what is sent; where both can stand in the line, the plain one does.
        const plain = name.includes(value) ? value : name
        picked.set(`${here.option.name}:${plain}`, value)
        return withValue(line.value, here, plain)
      },
    }))
  }

  function furtherOptions(now) {
    const given = now.options.map(({ option }) => option.name)
    const left = now.command.options.filter(({ name }) => !given.includes(name))
    return left.map(({ name, description }) => ({
      label: `${name}:`,
      about: description,
      accept: () => {
        const text = `${line.value.trimEnd()} ${name}:`
        return { text, caret: text.length }
      },
    }))
  }

  function drawHint() {
    if (!context().view) return
    const now = parsed()
    if (!now) return put(hint, line.value ? 'Enter sends this to the channel.' : 'Type / for commands.')
    if (now.typing !== undefined) {
      const known = commandsLike(now.typing).length > 0
      return put(hint, known ? 'Up and down choose, Enter takes.' : 'Nobody here has a command of that name.')
    }
    const parts = now.options.filter(({ value }) => value)
    const values = parts.map(({ option, value }) => h('span.chip', {}, h('b', {}, option.name), ` ${value}`))
    put(hint, h('kbd', {}, 'Enter'), ` runs /${now.command.name} `, ...values, h('span.about', {}, now.command.description))
  }

  function complain(text) {
    problem.hidden = !text
    problem.textContent = text ?? ''
  }

  async function send() {
    const { who, channel } = context()
    const text = line.value.trim()
    if (pending || !text) return
    const now = parsed()
    if (now?.typing !== undefined) return complain(`Nobody here has a command ${text.split(' ')[0]}.`)
    const lacking = now ? missing(now) : []
    if (lacking.length) return complain(`/${now.command.name} also needs: ${lacking.map(({ name }) => name).join(', ')}.`)
    pending = true
    line.form.setAttribute('aria-busy', 'true')
    const outcome = now
      ? await act('run', { as: who, channel, command: now.command.name, options: filled(now, picked) })
      : await act('say', { as: who, channel, content: text })
    pending = false
    line.form.removeAttribute('aria-busy')
    complain(outcome.problem)
    if (!outcome.problem) set('')
    ran(outcome)
  }

  function set(text) {
    line.value = text
    line.setSelectionRange(text.length, text.length)
    picked.clear()
    asked++
    clearTimeout(timer)
    open([])
    drawHint()
  }

  line.addEventListener('input', () => (complain(), suggest()))
  line.addEventListener('blur', () => open([]))
  line.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && suggestions.length) {
      event.preventDefault()
      active = active < 0 ? (step > 0 ? 0 : suggestions.length - 1) : (active + step + suggestions.length) % suggestions.length
      drawList()
    } else if (step > 0 && line.value.startsWith('/')) {
      event.preventDefault()
      suggest()
    } else if ((event.key === 'Enter' || event.key === 'Tab') && active >= 0 && !event.isComposing) {
      event.preventDefault()
      accept(active)
    } else if (event.key === 'Escape' && suggestions.length) {
      event.preventDefault()
      open([])
    }
  })
  byId('box').addEventListener('submit', (event) => (event.preventDefault(), send()))

  return { set, complain, drawHint, focus: () => line.focus(), isEmpty: () => line.value === '', element: line }
}
