// The page: who this tab is and where, what they see, what they do.

import { act, follow } from './api.js'
import { commandBox } from './box.js'
import { byId, drawIcons } from './dom.js'
import { showForm } from './form.js'
import { messageList } from './messages.js'
import { peopleList } from './people.js'
import { placeList, written } from './places.js'
import { tour } from './tour.js'

const FIRST = '/video standup'

const asked = new URLSearchParams(location.search)
/** The tab's own: each tab may be somebody else. */
const state = { who: asked.get('as') || 'mira', channel: asked.get('channel') || 'general', view: undefined }
let unfollow = () => {}

const context = () => state
const box = commandBox(context, (outcome) => settle(outcome, box.element))
const messages = messageList({
  press: (message, button, from) => pressed(act('press', { as: state.who, message, button }), from),
  choose: (message, select, values, from) => pressed(act('choose', { as: state.who, message, select, values }), from),
  command: (text) => (box.set(text), box.focus()),
  go: (channel) => go({ channel }),
})
const drawPlaces = placeList((channel) => go({ channel }))
const drawPeople = peopleList((who) => go({ who }))
const drawTour = tour(context, (who) => go({ who }), box.complain)

async function pressed(acting, from) {
  from.setAttribute('aria-busy', 'true')
  const outcome = await acting
  from.removeAttribute('aria-busy')
  box.complain(outcome.problem)
  settle(outcome, from)
}

function settle({ form, message }, from) {
  if (form) showForm(form, (inputs) => pressed(act('submit', { as: state.who, form: form.interaction, inputs }), box.element))
  messages.await(message, from)
}

function go(where) {
  Object.assign(state, where)
  for (const drawer of document.querySelectorAll('[popover]:popover-open')) drawer.hidePopover()
  box.complain()
  look()
  box.focus()
}

function look() {
  unfollow()
  history.replaceState(null, '', `/?${new URLSearchParams({ as: state.who, channel: state.channel })}`)
  unfollow = follow(state.who, state.channel, see, lost)
}

function see(view) {
  state.view = view
  // Of somebody unknown the stage shows somebody else.
  state.who = view.me.key
  const place = view.places.find(({ id }) => id === view.place)
  document.title = `${view.me.name}${place ? ` in ${written(place)}` : ''} · Greenroom demo`
  drawPlaces(view)
  drawPeople(view)
  drawTour()
  messages.draw(view)
  box.drawHint()
  box.element.setAttribute('aria-label', place ? `Message or command in ${written(place)}` : 'Message or command')
  box.element.placeholder = place?.can_send ? `Message ${written(place)}, or / for commands` : 'Type / for commands'
}

function lost(why) {
  byId('lost').hidden = !why
  byId('lost').textContent = why ?? ''
}

drawIcons()
box.set(FIRST)
box.focus()
look()
