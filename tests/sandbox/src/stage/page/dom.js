// Making elements, and putting new ones in the place of old ones without losing where the visitor is.

import { icon } from './icons.js'

/** An element: `h('a.button', { href }, 'text', child)`. Functions become listeners, `data-…` and `aria-…` attributes. */
export function h(kind, properties = {}, ...children) {
  const [tag, ...classes] = kind.split('.')
  const element = document.createElement(tag)
  element.classList.add(...classes)
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue
    if (typeof value === 'function') element.addEventListener(name, value)
    else if (value === true) element.setAttribute(name, '')
    else element.setAttribute(name, value)
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** Text that only screen readers get. */
export const unseen = (text) => h('span.unseen', {}, text)

export const byId = (id) => document.getElementById(id)

/** Puts `children` in, and the focus back to the element with the same `data-key`, if it was inside. */
export function put(container, ...children) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined
  container.replaceChildren(...children)
  if (key) container.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true })
}

/** Calls `draw` only when what it is given is not what it was given last. */
export function unlessSame(draw) {
  let last
  return (...given) => {
    const now = JSON.stringify(given)
    if (now === last) return
    last = now
    draw(...given)
  }
}

/** A face, or initials where there is no picture. */
export function avatar(name, url) {
  const initials = () => h('span.initials', { 'aria-hidden': 'true' }, [...name][0]?.toUpperCase() ?? '?')
  const face = h('span.avatar', { 'aria-hidden': 'true' })
  const picture = url && h('img', { src: url, alt: '', error: () => face.replaceChildren(initials()) })
  face.append(picture || initials())
  return face
}

/** Says something to screen readers. */
export function announce(text) {
  const live = byId('live')
  // The same words again are news again.
  live.textContent = live.textContent === text ? `${text}\u00a0` : text
}

/** Draws the icons that the page's own HTML asks for. */
export function drawIcons() {
  for (const element of document.querySelectorAll('[data-icon]')) element.prepend(icon(element.dataset.icon))
}

/** A moment as a clock shows it, with the whole of it as a hint. */
export function clockTime(unixMs) {
  const moment = new Date(unixMs)
  const short = moment.toLocaleTimeString([], { timeStyle: 'short' })
  return h('time', { datetime: moment.toISOString(), title: moment.toLocaleString() }, short)
}
