// The server rail and the list of channels.

import { avatar, byId, h, put, unlessSame, unseen } from './dom.js'
import { icon } from './icons.js'

const ICONS = {
  text: 'hash',
  announcement: 'megaphone',
  voice: 'volume-2',
  stage: 'radio',
  forum: 'messages-square',
  thread: 'corner-down-right',
  private_thread: 'lock',
  dm: 'at-sign',
}

const KINDS = {
  text: 'text channel',
  announcement: 'announcement channel',
  voice: 'voice channel',
  stage: 'stage channel',
  forum: 'forum',
  thread: 'thread',
  private_thread: 'private thread',
  dm: 'direct message',
}

const isSpoken = ({ kind }) => kind === 'voice' || kind === 'stage'
const isThread = ({ kind }) => kind === 'thread' || kind === 'private_thread'

/** What goes before a channel's name where it is written: `#`. */
export const written = ({ kind, name }) => (kind === 'dm' ? name : isThread({ kind }) || isSpoken({ kind }) ? name : `#${name}`)

/** Looks after rail and list. `go(id)` opens a channel. */
export function placeList(go) {
  /** Newest messages that have been seen, by channel. */
  const read = new Map()

  const drawRail = unlessSame((servers) => {
    put(byId('rail'), ...servers.map(drawServer))
  })

  function drawServer({ name, letters, kind, first, isOpen }) {
    const mark = kind === 'dm' ? icon('at-sign') : letters
    const current = isOpen ? 'true' : undefined
    const properties = { type: 'button', title: name, 'data-key': name, 'aria-current': current, click: () => go(first) }
    return h('button.server', properties, h('span', { 'aria-hidden': 'true' }, mark), unseen(name))
  }

  const drawList = unlessSame((groups, open) => {
    put(byId('places'), ...groups.map(({ title, places }) => drawGroup(title, places, open)))
  })

  function drawGroup(title, places, open) {
    const id = `group-${title.toLowerCase().replaceAll(' ', '-')}`
    const rows = places.map((place) => h(isThread(place) ? 'li.nested' : 'li', {}, drawPlace(place, open)))
    return h('section', {}, h('h3', { id }, title), h('ul', { 'aria-labelledby': id }, rows))
  }

  function drawPlace({ id, name, kind, archived, unread }, open) {
    const current = id === open ? 'page' : undefined
    const more = [KINDS[kind], archived && 'archived', unread && 'unread'].filter(Boolean).join(', ')
    const properties = { type: 'button', 'data-key': id, 'aria-current': current, click: () => go(id) }
    return h(`button.place${unread ? '.unread' : ''}`, properties, icon(ICONS[kind]), h('span', {}, name), unseen(`, ${more}`))
  }

  const drawMe = unlessSame(({ name, avatar_url }) => {
    put(byId('me'), avatar(name, avatar_url), h('span', {}, h('small', {}, 'You are'), h('b', {}, name)))
  })

  return (view) => {
    const open = view.places.find(({ id }) => id === view.place)
    for (const { id, latest } of view.places) if (!read.has(id) || id === view.place) read.set(id, latest)
    const places = view.places.map(({ latest, ...place }) => ({ ...place, unread: latest !== read.get(place.id) }))
    const isDirect = open?.kind === 'dm'
    drawRail(servers(places, isDirect))
    drawList(groups(places.filter(({ kind }) => (kind === 'dm') === isDirect)), view.place)
    byId('server-name').textContent = isDirect ? 'Direct messages' : (open?.guild_name ?? 'Nowhere')
    drawMe(view.me)
    drawHeader(open)
  }
}

function servers(places, isDirect) {
  const guild = places.find(({ kind }) => kind !== 'dm')
  const direct = places.find(({ kind }) => kind === 'dm')
  const letters = (guild?.guild_name ?? '').split(' ').map((word) => word[0])
  return [
    guild && { name: guild.guild_name, letters: letters.join(''), kind: 'guild', first: guild.id, isOpen: !isDirect },
    direct && { name: 'Direct messages', kind: 'dm', first: direct.id, isOpen: isDirect },
  ].filter(Boolean)
}

function groups(places) {
  return [
    { title: 'Messages', places: places.filter(({ kind }) => kind === 'dm') },
    { title: 'Text channels', places: inTheirPlace(places.filter((place) => place.kind !== 'dm' && !isSpoken(place))) },
    { title: 'Voice channels', places: places.filter(isSpoken) },
  ].filter(({ places }) => places.length)
}

/** Threads below the channel they hang on. */
function inTheirPlace(places) {
  const threads = places.filter(isThread)
  const below = (id) => threads.filter(({ parent }) => parent === id)
  const roots = places.filter((place) => !isThread(place))
  const homeless = threads.filter(({ parent }) => !roots.some(({ id }) => id === parent))
  return [...roots.flatMap((place) => [place, ...below(place.id)]), ...homeless]
}

const drawHeader = unlessSame((place) => {
  put(byId('place'), ...(place ? [icon(ICONS[place.kind]), place.name, unseen(`, ${KINDS[place.kind]}`)] : ['Nowhere']))
  const notes = [place?.topic, place?.archived && 'Archived', place && place.kind !== 'forum' && !place.can_send && 'You may only read here.']
  byId('place-topic').textContent = notes.filter(Boolean).join(' · ')
})
