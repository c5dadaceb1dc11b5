// The way in: takes the ticket out of the address before anything else can see it, swaps it for a session, and
// remembers which session this tab is. Two tabs of one browser may be two people, so all of it lives in the tab.
import { type Api, ApiError, type Redeemed } from './api.ts'

interface Pending {
  ticket: string
  nonce: string
}

/** What this file needs of the browser; tests hand in their own. */
export interface Tab {
  location: { hash: string; pathname: string; search: string }
  history: { replaceState(data: unknown, unused: string, url: string): void }
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
}

const ROOM_PATH = /^\/[rg]\/([A-Za-z0-9_-]{1,128})\/?$/
const TICKET = /^#t=([A-Za-z0-9_-]{1,256})$/

export function roomKey(path: string): string | null {
  return ROOM_PATH.exec(path)?.[1] ?? null
}

/**
 * Moves a ticket from the address to the tab's storage, together with a fresh nonce, and cleans the address.
 * A fragment that is no ticket of ours is stripped as well: it may be a broken one.
 */
export function takeTicket(tab: Tab, key: string, random: () => string = newNonce): boolean {
  const { hash, pathname, search } = tab.location
  if (hash === '') return false
  tab.history.replaceState(null, '', pathname + search)
  const ticket = TICKET.exec(hash)?.[1]
  if (ticket === undefined) return false
  const pending: Pending = { ticket, nonce: random() }
  tab.storage.setItem(pendingAt(key), JSON.stringify(pending))
  return true
}

/** A word the server left in the address: the sign-in's session, or why there is none. */
const SIGNED_IN = /^#in=([a-z0-9]{16,64})$/
const SENT_BACK = /^#problem=(wrong_browser|sign_in_late|sign_in_failed|invalid_request)$/

/**
 * Back from Discord's sign-in: the session it made becomes the tab's. Gives the code of what went wrong instead, if
 * something did. A link that somebody made up gets no further than this: the session's cookie is what counts.
 */
export function takeSignIn(tab: Tab, key: string): string | null {
  const { hash, pathname, search } = tab.location
  const sid = SIGNED_IN.exec(hash)?.[1]
  const trouble = SENT_BACK.exec(hash)?.[1]
  if (sid === undefined && trouble === undefined) return null
  tab.history.replaceState(null, '', pathname + search)
  if (sid !== undefined) {
    tab.storage.removeItem(pendingAt(key)) // whoever signed in is who they want to be
    rememberSession(tab, key, sid)
  }
  return trouble ?? null
}

/**
 * Swaps the waiting ticket for a session. The pair stays in the tab until the server has answered, so that an
 * answer that got lost, or a reload in between, repeats the same pair: the server answers it the same again.
 */
export async function redeem(tab: Tab, key: string, api: Api): Promise<Redeemed | null> {
  const pending = readPending(tab, key)
  if (!pending) return null
  try {
    const redeemed = await api.redeem(pending.ticket, pending.nonce)
    tab.storage.removeItem(pendingAt(key))
    rememberSession(tab, key, redeemed.sid)
    return redeemed
  } catch (error) {
    const answered = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
    if (answered) tab.storage.removeItem(pendingAt(key))
    throw error
  }
}

export function sessionOf(tab: Tab, key: string): string | null {
  return tab.storage.getItem(sessionAt(key))
}

export function rememberSession(tab: Tab, key: string, sid: string | null): void {
  if (sid === null) tab.storage.removeItem(sessionAt(key))
  else tab.storage.setItem(sessionAt(key), sid)
}

const pendingAt = (key: string): string => `greenroom.ticket.${key}`
const sessionAt = (key: string): string => `greenroom.sid.${key}`

function readPending(tab: Tab, key: string): Pending | null {
  try {
    const pending: unknown = JSON.parse(tab.storage.getItem(pendingAt(key)) ?? 'null')
    const { ticket, nonce } = (pending ?? {}) as Partial<Pending>
    return typeof ticket === 'string' && typeof nonce === 'string' ? { ticket, nonce } : null
  } catch {
    return null
  }
}

function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The browser's own tab. Where storage is forbidden the page still works until it is reloaded. */
export function browserTab(): Tab {
  const memory = new Map<string, string>()
  let storage: Tab['storage']
  try {
    storage = window.sessionStorage
    storage.getItem('')
  } catch {
    storage = {
      getItem: (name) => memory.get(name) ?? null,
      setItem: (name, value) => void memory.set(name, value),
      removeItem: (name) => void memory.delete(name),
    }
  }
  return { location: window.location, history: window.history, storage }
}
