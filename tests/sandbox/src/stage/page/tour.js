// The first screen: what this is, and three steps to a call with somebody in it.

import { act } from './api.js'
import { announce, byId, h, put, unlessSame, unseen } from './dom.js'
import { icon } from './icons.js'

const AFTER =
  'That was all three steps. Leave the call and watch the card become a summary. Or come in as Ann, who moderates, or as Vic, who may only watch.'

/** Looks after the banner. `context()` is `{ who, channel, view }`, `become(key)` changes who this tab is. */
export function tour(context, become, complain) {
  let isFolded = sessionStorage.getItem('folded') === 'yes'

  const send = h('button.button.success', { type: 'button', 'data-key': 'odo' }, 'Send Odo in')
  send.addEventListener('click', async () => {
    if (send.getAttribute('aria-disabled')) return
    send.setAttribute('aria-busy', 'true')
    const { problem } = await act('odo', { channel: context().view?.place ?? null })
    send.removeAttribute('aria-busy')
    complain(problem)
    if (!problem) announce('Odo is on his way in.')
  })

  const fold = h('button.textual', { type: 'button', 'data-key': 'fold' })
  fold.addEventListener('click', () => {
    isFolded = !isFolded
    sessionStorage.setItem('folded', isFolded ? 'yes' : 'no')
    redraw()
  })

  function step(n, isDone, isNext, ...content) {
    const mark = isDone ? [icon('check'), unseen('Done: ')] : [unseen('Step '), String(n)]
    const kind = isDone ? '.done' : isNext ? '.next' : ''
    return h(`li${kind}`, { 'aria-current': isNext ? 'step' : undefined }, h('span.mark', {}, mark), h('div', {}, content))
  }

  const change = (key, text) => h('button.textual', { type: 'button', 'data-key': 'change', click: () => become(key) }, text)

  function third(me, comes) {
    const join = [' and press ', h('b', {}, 'Join'), '.']
    if (me.key === 'odo') return h('p', {}, 'Odo is you now: ', change('mira', 'become Mira'), join)
    const ways = [h('b', {}, 'Send Odo in'), ', or ', change('odo', 'become Odo'), join]
    return h('p', {}, comes ? 'Odo joins you by himself. Or press ' : 'Press ', ways)
  }

  function steps({ opened, entered, met, odo_comes: comes }, me) {
    return [
      step(1, opened || entered, !opened && !entered, h('p', {}, 'Press ', h('kbd', {}, 'Enter'), ' to run ', h('code', {}, '/video standup'), '.')),
      step(2, entered, opened && !entered, h('p', {}, 'Press ', h('b', {}, `Enter as ${me.name}`), ', and ', h('b', {}, 'Join'), ' in the tab that opens.')),
      step(3, met, entered && !met, third(me, comes)),
    ]
  }

  const draw = unlessSame((state, me, folded) => {
    const title = h(
      'p',
      { id: 'tour-title' },
      h('b', {}, 'A pretend Discord server on your machine. Nothing leaves it.'),
      ' ',
      h('span', {}, 'You are ', h('b', {}, me.name), '.'),
    )
    fold.replaceChildren(icon(folded ? 'chevron-down' : 'chevron-up'), folded ? 'Show' : 'Hide', unseen(' the steps'))
    fold.setAttribute('aria-expanded', String(!folded))
    drawSend(state)
    const list = folded ? [] : [state.met ? h('p.after', {}, AFTER) : h('ol', {}, steps(state, me))]
    put(byId('tour'), h('div.top', {}, title, h('div.ways', {}, send, fold)), ...list)
    byId('tour').classList.toggle('folded', folded)
  })

  function drawSend({ odo_inside: inside, room }) {
    const label = inside ? 'Odo is inside' : 'Send Odo in'
    send.replaceChildren(label, unseen(room && !inside ? `: to ${room}` : ''))
    if (room && !inside) send.removeAttribute('aria-disabled')
    else send.setAttribute('aria-disabled', 'true')
    send.title = room ? '' : 'No room is open: run /video standup first.'
  }

  function redraw() {
    const { view } = context()
    if (view) draw(view.tour, view.me, isFolded)
  }

  return redraw
}
