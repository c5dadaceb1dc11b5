// The join page. Takes the ticket out of the address before anything else runs, then shows the visitor the way from
// the door to the call. In: /r/{room_key}#t={ticket}. Out: a page, a session of this tab, a call.
//
//   ticket -> api -> page (machine) -> view      session: the vendor's SDK      stream: the server's news
import { mount } from 'svelte'
import { Api } from './api.ts'
import './styles.css'
import { Page } from './page.svelte.ts'
import { browserTab, roomKey, takeSignIn, takeTicket } from './ticket.ts'
import App from './view/App.svelte'
import { speak } from './words.ts'

const tab = browserTab()
const key = roomKey(tab.location.pathname) ?? ''
const trouble = takeSignIn(tab, key)
takeTicket(tab, key)

const page = new Page(new Api(key), tab, key)
if (trouble) page.sentBack(trouble)
else void page.enter() // the words come meanwhile

const target = document.getElementById('app')
try {
  await speak(navigator.languages)
  if (target) {
    target.replaceChildren()
    mount(App, { target, props: { page } })
  }
} catch {
  // The one sentence outside the catalogue: the catalogue is what did not come.
  if (target) target.textContent = 'This page did not load completely. Please load it again.'
}

window.addEventListener('hashchange', () => void page.hashChanged())
window.addEventListener('pagehide', () => page.goingAway())
