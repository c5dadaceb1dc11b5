// The channel: messages with cards, buttons and selects, drawn anew only where they changed.

import { announce, avatar, byId, clockTime, h, unseen } from './dom.js'
import { icon } from './icons.js'

/** Messages of one author closer together stand under one name. */
const TOGETHER_MS = 7 * 60_000
/** How far from the end still counts as the end. */
const NEAR_END = 80
const RELATIVE_EVERY_MS = 10_000

/** Looks after the list. `on` says what presses lead to: `press(message, button, from)`,
 * `choose(message, select, values, from)`, `command(text)`, `go(channel)`. */
export function messageList(on) {
  const list = byId('messages')
  const scroll = byId('scroll')
  const drawn = new Map()
  const dismissed = new Set(JSON.parse(sessionStorage.getItem('dismissed') ?? '[]'))
  let place
  let awaited

  function dismiss(id) {
    dismissed.add(id)
    sessionStorage.setItem('dismissed', JSON.stringify([...dismissed].slice(-200)))
    drawn.get(id)?.element.remove()
    drawn.delete(id)
    byId('line').focus()
  }

  function draw(view) {
    const key = `${view.me.key}/${view.place}`
    const isNew = key !== place
    if (isNew) drawn.clear()
    place = key
    const atEnd = isNew || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END
    const shown = view.messages.filter(({ id }) => !dismissed.has(id))
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.key
    const threadOf = ({ thread }) => thread && view.places.find(({ id }) => id === thread)
    const elements = shown.map((message, n) => element(message, threadOf(message), shown[n - 1], isNew))
    for (const id of [...drawn.keys()]) if (!shown.some((message) => message.id === id)) drawn.delete(id)
    put(elements.length ? elements : [h('li.nothing', {}, nothing(view))])
    if (focused && !list.contains(document.activeElement)) refocus(focused)
    if (atEnd) scroll.scrollTop = scroll.scrollHeight
    leadOn()
  }

  /** Moves only what has to move, so that nothing loses focus or scroll position. */
  function put(elements) {
    const wanted = new Set(elements)
    for (const child of [...list.children]) if (!wanted.has(child)) child.remove()
    elements.forEach((child, n) => {
      if (list.children[n] !== child) list.insertBefore(child, list.children[n] ?? null)
    })
  }

  function refocus(key) {
    const same = list.querySelector(`[data-key="${CSS.escape(key)}"]`)
    ;(same ?? byId('line')).focus({ preventScroll: true })
  }

  function element(message, thread, before, isFirstLook) {
    const grouped = follows(message, before)
    const now = JSON.stringify([message, grouped, thread?.name, thread?.archived])
    const known = drawn.get(message.id)
    if (known?.now === now) return known.element
    const made = drawMessage(message, thread, grouped, { ...on, dismiss })
    drawn.set(message.id, { now, element: made })
    if (!known && !isFirstLook) {
      made.classList.add('arrived')
      speak(message, made)
    }
    return made
  }

  /** Who acted is led on to the answer's link, unless they have gone elsewhere meanwhile. */
  function leadOn() {
    const link = awaited && drawn.get(awaited.message)?.element.querySelector('a.button')
    if (!link) return
    if (isStillAt(awaited.from)) link.focus({ preventScroll: true })
    link.closest('li').scrollIntoView({ block: 'nearest' })
    awaited = undefined
  }

  setInterval(() => relativeTimes(list), RELATIVE_EVERY_MS)
  return {
    draw,
    /** The message that answers what was done with `from` is on its way. */
    await(message, from) {
      awaited = message && from ? { message, from } : undefined
      leadOn()
    },
  }
}

/** Whether the focus is where it was, on the element itself or on the one drawn anew in its place; and nothing was typed. */
function isStillAt(from) {
  const now = document.activeElement
  return (now === from || (from.dataset.key && now.dataset.key === from.dataset.key)) && !from.value
}

function nothing(view) {
  const place = view.places.find(({ id }) => id === view.place)
  if (!place) return 'There is nothing here that you can see.'
  if (place.kind === 'forum') return 'The posts of this forum are in the list of channels.'
  return 'Nothing has been said here yet.'
}

const follows = (message, before) =>
  Boolean(before) &&
  before.author.id === message.author.id &&
  before.author.name === message.author.name &&
  before.ephemeral === message.ephemeral &&
  !message.invoked &&
  message.sent_at - before.sent_at < TOGETHER_MS

function speak(message, element) {
  const words = [...element.querySelectorAll('.markup, .embed')].map((part) => part.textContent.trim()).join('. ')
  const whose = message.ephemeral ? 'For you alone, ' : ''
  announce(`${whose}${message.author.name}: ${message.thinking ? 'thinking' : words}`.slice(0, 300))
}

function drawMessage(message, thread, grouped, on) {
  const { author } = message
  const kinds = [grouped && '.grouped', message.ephemeral && '.private', message.silent && '.silent']
  const time = clockTime(message.sent_at)
  const heading = h('h2', {}, h('span.author', {}, author.name), author.bot && h('span.badge', {}, 'APP'), time)
  const parts = [
    h('div.head', {}, grouped ? h('h2.unseen', {}, author.name) : heading),
    message.thinking
      ? h('p.thinking', {}, h('span.dots', { 'aria-hidden': 'true' }), `${author.name} is thinking …`)
      : drawContent(message, on),
    message.embeds.map((embed, n) => drawEmbed(embed, message.embeds_html[n], on)),
    message.components.map((row) => h('div.row', {}, row.map((part) => drawComponent(message, part, on)))),
    thread && drawThread(thread, on),
    message.ephemeral && drawPrivate(message, on),
  ]
  return h(
    `li.message${kinds.filter(Boolean).join('')}`,
    { 'data-id': message.id },
    message.invoked && drawInvoked(message.invoked),
    h('div.face', {}, grouped ? time : avatar(author.name, author.avatar_url)),
    h('article.body', { 'aria-label': `Message of ${author.name}` }, parts.flat()),
  )
}

/** The thread that hangs on a message, as a way into it. */
function drawThread({ id, name, archived }, on) {
  const properties = { type: 'button', 'data-key': `thread-${id}`, click: () => on.go(id) }
  const what = h('span', {}, unseen('Thread: '), h('b', {}, name), archived ? ', archived' : '')
  return h('button.hanging', properties, icon('corner-down-right'), what)
}

function drawInvoked({ by, command }) {
  const what = command ? [' used ', h('span.mention', {}, `/${command.replace(/^\//, '')}`)] : [' pressed a button']
  return h('p.invoked', {}, icon('corner-down-right'), h('b', {}, by), what)
}

function drawContent(message, on) {
  if (!message.content) return null
  const edited = message.edited_at && h('small.edited', { title: new Date(message.edited_at).toLocaleString() }, ' (edited)')
  const content = markup('div.markup', message.html, on)
  content.append(edited || '')
  return content
}

/** HTML that the stage made from what somebody wrote. */
function markup(kind, html, on) {
  const element = h(kind)
  element.innerHTML = html
  for (const link of element.querySelectorAll('a[href]')) {
    link.target = '_blank'
    link.rel = 'noopener noreferrer'
  }
  for (const command of element.querySelectorAll('[data-command]')) {
    const text = `/${command.dataset.command} `
    command.replaceWith(h('button.mention', { type: 'button', click: () => on.command(text) }, text.trim()))
  }
  for (const mention of element.querySelectorAll('[data-channel]')) {
    const { channel } = mention.dataset
    mention.replaceWith(h('button.mention', { type: 'button', click: () => on.go(channel) }, mention.textContent))
  }
  times(element)
  return element
}

function drawEmbed(embed, html, on) {
  const title = html.title && markup('h3', html.title, on)
  const fields = html.fields.map(([name, value], n) =>
    h(`div.field${embed.fields[n].inline ? '.inline' : ''}`, {}, markup('h4', name, on), markup('div.markup', value, on)),
  )
  const card = h(
    'section.embed',
    {},
    embed.author && h('p.embed-author', {}, embed.author),
    title && embed.url && isWeb(embed.url) ? h('a', { href: embed.url, target: '_blank', rel: 'noopener noreferrer' }, title) : title,
    html.description && markup('div.markup', html.description, on),
    fields.length > 0 && h('div.fields', {}, fields),
    embed.image_url && isWeb(embed.image_url) && h('img.picture', { src: embed.image_url, alt: '' }),
    (embed.footer || embed.timestamp) && h('p.embed-footer', {}, footer(embed)),
  )
  const colour = embed.color ?? undefined
  if (colour !== undefined) card.style.setProperty('--stripe', `#${colour.toString(16).padStart(6, '0')}`)
  return card
}

function footer(embed) {
  const when = embed.timestamp && new Date(embed.timestamp).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
  return [embed.footer, when].filter(Boolean).join(' · ')
}

const isWeb = (url) => /^https?:\/\//.test(url)

function drawComponent(message, part, on) {
  if (part.kind === 'select') return drawSelect(message, part, on)
  const label = [part.emoji && h('span', { 'aria-hidden': 'true' }, part.emoji), part.label]
  const key = `${message.id}/${part.custom_id ?? part.url}`
  if (part.url) {
    const target = { target: '_blank', rel: 'noopener noreferrer', href: isWeb(part.url) ? part.url : undefined }
    const away = [icon('square-arrow-out-up-right'), unseen(' (opens in a new tab)')]
    return h('a.button.link', { ...target, 'data-key': key }, label, away)
  }
  const click = (event) => on.press(message.id, part.custom_id, event.currentTarget)
  return h(`button.button.${part.style}`, { type: 'button', disabled: part.disabled, 'data-key': key, click }, label)
}

function drawSelect(message, part, on) {
  const hint = part.placeholder ?? 'Choose'
  const options = part.options.map(({ name, value }) => h('option', { value }, name))
  const change = (event) => on.choose(message.id, part.custom_id, [event.currentTarget.value], event.currentTarget)
  const properties = { 'aria-label': hint, disabled: part.disabled, 'data-key': `${message.id}/${part.custom_id}`, change }
  return h('select', properties, h('option', { value: '', disabled: true, selected: true }, hint), options)
}

function drawPrivate(message, on) {
  const click = () => on.dismiss(message.id)
  const button = h('button.textual', { type: 'button', 'data-key': `${message.id}/dismiss`, click }, 'Dismiss message')
  return h('p.only-you', {}, icon('eye'), 'Only you can see this · ', button)
}

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** How Discord's timestamp styles are written, in the visitor's own zone and habit. */
const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
}

function times(within) {
  for (const time of within.querySelectorAll('time[data-style]')) {
    const moment = new Date(time.dateTime)
    const style = STYLES[time.dataset.style]
    if (style) time.textContent = moment.toLocaleString([], style)
    time.title = moment.toLocaleString()
  }
  relativeTimes(within)
}

/** Brings "2 minutes ago" up to date. */
function relativeTimes(within) {
  const words = new Intl.RelativeTimeFormat([], { numeric: 'auto' })
  for (const time of within.querySelectorAll('time[data-style="R"]')) {
    const seconds = Math.round((Date.parse(time.dateTime) - Date.now()) / 1000)
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1)
    time.textContent = words.format(Math.trunc(seconds / size), unit)
  }
}
