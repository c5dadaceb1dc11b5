import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/api.ts'
import { deviceProblem, fromApi, fromSdk, fromStream, problem, remedy } from '../src/problem.ts'

describe('a refusal of the server', () => {
  it('keeps the reference, and the server decides how long to wait', () => {
    const trouble = fromApi(new ApiError(503, 'video_unavailable', 'No answer.', '7F3K-92', 9))
    expect(trouble).toEqual({ code: 'video_unavailable', message: 'No answer.', reference: '7F3K-92', retryAfter: 9 })
  })

  it.each([
    ['video_unavailable', 5],
    ['network', 5],
    ['room_locked', 10],
    ['room_full', 10],
    ['rate_limited', 20],
    ['removed', null],
    ['not_allowed', null],
    ['a_code_of_tomorrow', null],
  ])('%s is tried again after %s s where the server names no time', (code, seconds) => {
    expect(fromApi(new ApiError(503, code, '')).retryAfter).toBe(seconds)
  })

  it('never waits for more than five minutes, whatever a proxy says', () => {
    expect(fromApi(new ApiError(503, 'network', '', null, 86_400)).retryAfter).toBe(300)
  })

  it('tells nobody whether the room or only the permission is missing', () => {
    expect(fromApi(new ApiError(404, 'not_found', '')).code).toBe('not_allowed')
  })

  it('is ours to mend when it is no answer at all', () => {
    expect(fromApi(new TypeError('x is undefined')).code).toBe('internal')
  })
})

it('the stream names what the routes name', () => {
  const told = { code: 'not_allowed', message: 'No.', reference: '7F3K-92' }
  expect(fromStream(told)).toEqual({ ...told, retryAfter: null })
  expect(fromStream(null).code).toBe('removed')
})

it.each([
  ['ticket_used', 'fresh-link'],
  ['session_changed', 'sign-in'],
  ['video_unavailable', 'retry'],
  ['room_full', 'when-open'],
  ['video_unreachable', 'reload'],
  ['a_code_of_tomorrow', 'press'],
])('%s is mended by %s', (code, cure) => expect(remedy(problem(code))).toBe(cure))

it.each([
  [new DOMException('', 'NotAllowedError'), 'denied'],
  [new DOMException('', 'SecurityError'), 'denied'],
  [new DOMException('Permission dismissed', 'NotAllowedError'), 'dismissed'],
  [new DOMException('Permission denied by system', 'NotAllowedError'), 'blocked'],
  [new DOMException('', 'NotFoundError'), 'missing'],
  [new DOMException('', 'OverconstrainedError'), 'missing'],
  [new DOMException('', 'NotReadableError'), 'busy'],
  [new DOMException('', 'AbortError'), 'busy'],
  [new Error('Timeout reading from your devices'), 'failed'],
  [new Error('anything else'), null],
  [null, null],
  ['text', null],
])('%s of a device is %s', (error, reason) => expect(deviceProblem(error)).toBe(reason))

it.each([
  [{ name: 'AuthError', code: -32002, message: 'expired' }, 'token_refused'],
  [{ code: '-32002' }, 'token_refused'],
  [{ code: 'ICE_GATHERING_FAILED', message: 'Ice gathering timeout' }, 'media_unreachable'],
  [new Error('Call setup negotiation timed out after 20s.'), 'join_timeout'],
  [{ code: '404', message: 'Room not found' }, 'room_missing'],
  [{ code: 3, message: 'NO_ROUTE_DESTINATION' }, 'room_missing'],
  [{ code: 403, message: 'Unauthorized' }, 'join_refused'],
  [undefined, 'join_refused'],
  ['text', 'join_refused'],
])('the rejection %o of the SDK is %s', (error, code) => expect(fromSdk(error).code).toBe(code))
