// Speaking with the stage: what somebody sees as a stream, what they do as requests.

const GONE = 'The demo does not answer. If it has stopped, make demo starts it again.'

/** Does something. The outcome is `{problem, form, message}`; of `complete`, a list. */
export async function act(what, body) {
  try {
    const response = await fetch(`/api/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    })
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return isJson ? await response.json() : { problem: await response.text() }
  } catch {
    return { problem: GONE }
  }
}

/**
 * Calls `see` with each view of this person and channel until the returned function is called; `lost` with a sentence while
 * there is no connection, with nothing once there is. A hidden tab does not look: browsers keep few connections to one host.
 */
export function follow(who, channel, see, lost) {
  const query = new URLSearchParams({ as: who, channel })
  let source
  let retry
  const open = () => {
    if (document.hidden || source) return
    source = new EventSource(`/api/view?${query}`)
    source.onmessage = (event) => {
      lost()
      see(JSON.parse(event.data))
    }
    source.onerror = () => {
      lost(GONE)
      // Refused for good, as browsers see it; the demo may be starting.
      if (source.readyState !== EventSource.CLOSED) return
      close()
      retry = setTimeout(open, 2_000)
    }
  }
  const close = () => {
    clearTimeout(retry)
    source?.close()
    source = undefined
  }
  const turn = () => (document.hidden ? close() : open())
  document.addEventListener('visibilitychange', turn)
  open()
  return () => {
    document.removeEventListener('visibilitychange', turn)
    close()
  }
}
