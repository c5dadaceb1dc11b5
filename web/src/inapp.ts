// Whether an app shows this page in a browser of its own (Discord's, Instagram's, a mail program's): those may have no
// camera, no clipboard, and a permission question that nobody ever sees. In: a user agent. Pure.

/** What such browsers call themselves; Android's say `wv`, and Apple's leave out the word Safari. */
const APPS = /Discord|FBA[NV]|Instagram|Line\/|Twitter|Snapchat|; wv\)/
const APPLE_PHONE = /\b(iPhone|iPad|iPod)\b.*AppleWebKit/

export const isInApp = (agent: string): boolean =>
  APPS.test(agent) || (APPLE_PHONE.test(agent) && !agent.includes('Safari/'))
