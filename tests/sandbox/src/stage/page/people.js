// The cast: who the visitor is in this tab, and who they could be.

import { avatar, byId, h, put, unlessSame, unseen } from './dom.js'
import { icon } from './icons.js'

/** Looks after the list of people. `become(key)` changes who this tab is. */
export function peopleList(become) {
  const draw = unlessSame((people, me, channel) => {
    put(byId('cast'), ...people.map((person) => drawPerson(person, person.key === me.key, channel)))
  })

  function drawPerson({ key, name, about, avatar_url }, isMe, channel) {
    const href = `/?${new URLSearchParams({ as: key, channel })}`
    const ways = [
      h('button.textual', { type: 'button', 'data-key': key, click: () => become(key) }, `Become ${name}`),
      h('a.textual', { href, target: '_blank', rel: 'noopener', 'data-key': `${key}/tab` }, 'new tab', icon('square-arrow-out-up-right'), unseen(` as ${name}`)),
    ]
    const body = [h('b', {}, name), h('small', {}, about), isMe ? h('p.you', {}, 'This is you') : h('p.ways', {}, ways)]
    return h(isMe ? 'li.me' : 'li', {}, avatar(name, avatar_url), h('div', {}, body))
  }

  return (view) => draw(view.people, view.me, view.place ?? '')
}
