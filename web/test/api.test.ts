import { afterEach, describe, expect, it, vi } from 'vitest'
import { Api, ApiError } from '../src/api.ts'

interface Sent {
  path: string
  method: string
  headers: Record<string, string>
  body: unknown
}

/** An API whose requests are answered with `response`, and what it sent. */
function api(response: () => Response | Promise<Response>): { api: Api; sent: Sent[] } {
  const sent: Sent[] = []
  const fetcher: typeof fetch = async (path, init) => {
    const { method = '', headers, body } = init ?? {}
    sent.push({
      path: String(path),
      method,
      headers: headers as Record<string, string>,
      body: body === undefined ? undefined : JSON.parse(String(body)),
    })
    return response()
  }
  return { api: new Api('a/b', fetcher), sent }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers })

const refusal = async (response: Response): Promise<ApiError> => {
  const error = await api(() => response)
    .api.facts()
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}

afterEach(() => vi.unstubAllGlobals())

describe('what the page sends', () => {
  it('names the tab in a header, never in the address, where headers are possible', async () => {
    const { api: page, sent } = api(() => json(200, {}))
    page.sid = 'sid'
    await page.facts()
    await page.token()
    expect(sent.map(({ path }) => path)).toEqual(['/api/rooms/a%2Fb', '/api/rooms/a%2Fb/token'])
    expect(sent.every(({ headers }) => headers['x-greenroom-session'] === 'sid')).toBe(true)
  })

  it('names no tab before there is a session', async () => {
    const { api: page, sent } = api(() => json(200, {}))
    await page.redeem('ticket', 'nonce')
    expect(sent[0]?.headers).not.toHaveProperty('x-greenroom-session')
    expect(sent[0]).toMatchObject({ method: 'POST', path: '/api/session', body: { ticket: 'ticket', nonce: 'nonce' } })
  })

  it('puts the session in the address for streams and beacons, which take no header', () => {
    const { api: page } = api(() => json(200, {}))
    expect(page.streamUrl()).toBe('/api/rooms/a%2Fb/stream')
    page.sid = 'a&b'
    expect(page.streamUrl()).toBe('/api/rooms/a%2Fb/stream?sid=a%26b')
    const sendBeacon = vi.fn<(url: string, body: Blob) => boolean>(() => true)
    vi.stubGlobal('navigator', { sendBeacon })
    page.look()
    expect(sendBeacon.mock.calls[0]?.[0]).toBe('/api/rooms/a%2Fb/look?sid=a%26b')
    expect(sendBeacon.mock.calls[0]?.[1].type).toBe('application/json')
  })

  it('says which room a handed-over link is for, and when the last token met no room', async () => {
    const { api: page, sent } = api(() => json(200, {}))
    await page.handoff()
    await page.token({ room_missing: true })
    expect(sent.map(({ body }) => body)).toEqual([{ room: 'a/b' }, { room_missing: true }])
  })
})

describe('what the page hears', () => {
  it('takes an answer without a body', async () => {
    await expect(api(() => new Response(null, { status: 204 })).api.signOut()).resolves.toBeUndefined()
  })

  it('has code, sentence, reference and waiting time of a refusal', async () => {
    const error = await refusal(
      json(429, { code: 'rate_limited', message: 'Wait.', reference: '7F3K-92' }, { 'retry-after': '20' }),
    )
    expect(error).toMatchObject({ status: 429, code: 'rate_limited', message: 'Wait.', reference: '7F3K-92', retryAfter: 20 })
  })

  it.each([
    [502, '<html>Bad gateway</html>', 'network'],
    [503, '', 'network'],
    [504, '{"co', 'network'],
    [429, 'slow down', 'rate_limited'],
    [500, 'oops', 'internal'],
    [200, '<html>a login page of the hotel</html>', 'internal'],
    [200, '', 'internal'],
    [404, '[]', 'internal'],
    [403, '{"code":7,"message":null}', 'internal'],
  ])('gives answers that are not ours a code: %i %s', async (status, body, code) => {
    expect(await refusal(new Response(body, { status }))).toMatchObject({ status, code, reference: null })
  })

  it.each(['soon', '-5', '0', ''])('waits no nonsense: %s', async (header) => {
    expect((await refusal(json(503, { code: 'x' }, { 'retry-after': header }))).retryAfter).toBeNull()
  })

  it('calls a request that never arrived a network problem', async () => {
    const { api: page } = api(() => Promise.reject(new TypeError('Failed to fetch')))
    await expect(page.facts()).rejects.toMatchObject({ status: 0, code: 'network' })
  })
})
