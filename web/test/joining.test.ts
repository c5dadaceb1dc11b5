// From the press on Join to the call, as people see it when things come in every order.
import { describe, expect, it, vi } from 'vitest'
import { facts, person } from './facts.ts'
import { answers, asked, FakeEventSource, inCall, inLobby, lobby, page, paths, played, refusal, sdk, settle } from './visit.ts'

describe('going in', () => {
  it('takes a token, the seat, and tells the server to look', async () => {
    await inCall()
    expect(sdk.room.options).toMatchObject({ token: 'token' })
    expect(navigator.sendBeacon).toHaveBeenCalledOnce()
  })

  it('gives camera and microphone back before the SDK takes them', async () => {
    await inLobby()
    await page.preview.tryBoth()
    void page.join()
    await settle()
    expect(played.devices.open).toBe(0)
    expect(sdk.room.join.mock.calls[0]?.[0]).toMatchObject({ audio: { echoCancellation: true } })
  })

  it('can be broken off: back in the lobby, the devices too', async () => {
    await inLobby()
    await page.preview.turn('camera', true)
    const joining = page.join()
    await settle()
    await page.cancel()
    await joining
    expect([page.state.at, played.devices.open]).toEqual(['lobby', 1])
  })

  it('makes a room that is gone again, once', async () => {
    await inLobby()
    const joined = page.join()
    await settle()
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, { room_missing: true }])
    expect(sdk.rooms).toHaveLength(2)
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'room_missing' }, attempt: 'join' })
  })

  it('with a camera that will not open comes back to the lobby, which says so', async () => {
    await inLobby()
    await page.preview.turn('camera', true)
    const joined = page.join()
    await settle()
    played.devices.trouble.video = new DOMException('', 'NotReadableError')
    sdk.room.joined.reject(new DOMException('', 'NotReadableError'))
    await joined
    expect(page.state.at).toBe('lobby')
    expect(page.preview.camera.problem).toBe('busy')
  })

  it('that fails where only the browser sees it has a reference like everything else', async () => {
    answers['/api/rooms/key/failed'] = [200, { reference: '9QX2-41' }]
    await inLobby()
    const joined = page.join()
    await settle()
    sdk.room.joined.reject({ code: 'ICE_GATHERING_FAILED', message: 'Ice gathering timeout' })
    await joined
    const said = 'ICE_GATHERING_FAILED Ice gathering timeout'
    expect(asked.at(-1)?.slice(0, 2)).toEqual(['/api/rooms/key/failed', { code: 'media_unreachable', said }])
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'media_unreachable', reference: '9QX2-41' }, attempt: 'join' })
  })

  it('that fails without an answer to that says the rest all the same', async () => {
    await inLobby()
    const joined = page.join()
    await settle(12_000)
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'video_unreachable', reference: null } })
  })

  it('to a locked room waits until it is unlocked', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(423, 'room_locked')
    await page.join()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'room_locked' } })
    answers['/api/rooms/key/token'] = [200, { token: 'token' }]
    FakeEventSource.last.says('lobby', facts({ session: { locked: true } }))
    expect(page.state.at).toBe('failed')
    FakeEventSource.last.says('lobby', facts())
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('behind a door that a moderator opens asks, and goes in when it is opened', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(423, 'knock_first')
    await page.join()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'knock_first' } })
    answers['/api/rooms/key/actions/knock'] = [202, { door: 'waiting' }]
    answers['/api/rooms/key'] = [200, facts({ session: { door: 'waiting' } })]
    await page.knock()
    expect(page.state).toMatchObject({ at: 'failed', facts: { session: { door: 'waiting' } } })
    answers['/api/rooms/key/token'] = [200, { token: 'token' }]
    FakeEventSource.last.says('lobby', facts())
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('where too many wait says so', async () => {
    await inLobby()
    answers['/api/rooms/key/actions/knock'] = refusal(429, 'door_busy')
    await page.knock()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'door_busy' } })
  })

  it('with a token that ran out meanwhile takes another, once', async () => {
    await inLobby()
    const joined = page.join()
    const stale = { name: 'AuthError', code: -32002, message: 'expired' }
    await settle()
    sdk.room.joined.reject(stale)
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, {}])
    sdk.room.joined.reject(stale)
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'token_refused' } })
  })

  it('after the end says that it has ended', async () => {
    await inLobby()
    answers['/api/rooms/key/token'] = refusal(410, 'room_ended')
    await page.join()
    expect(page.state.at).toBe('ended')
  })

  it('is offered as a move to who is inside elsewhere', async () => {
    lobby(facts({ session: { state: 'live', people: [person('Odo'), person('Mira')] } }))
    await inLobby()
    expect(page.elsewhere).toBe(true)
    FakeEventSource.last.says('lobby', facts({ session: { state: 'live', people: [person('Odo')] } }))
    expect(page.elsewhere).toBe(false)
  })

  it('with a relay out of reach needs a new page: the SDK would go on for ever', async () => {
    await inLobby()
    const joined = page.join()
    await settle(12_000)
    await joined
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'video_unreachable' } })
    await page.tryAgain()
    expect(window.location.reload).toHaveBeenCalledOnce()
  })

  it('to a call of more than eight with the microphone on: muted, but not after a break', async () => {
    const people = Array.from({ length: 9 }, (_, at) => person(`P${at}`))
    lobby(facts({ session: { state: 'live', people } }))
    await inLobby()
    await page.preview.turn('microphone', true)
    const audio = async (): Promise<unknown> => {
      const joined = page.join()
      await settle()
      sdk.room.connects()
      sdk.room.admits()
      await joined
      return sdk.room.join.mock.calls[0]?.[0]['audio']
    }
    expect(await audio()).toBe(false)
    await page.seat.toggle('microphone')
    sdk.room.emit('room.left')
    expect(await audio()).not.toBe(false)
  })

  it('to a call of eight others and oneself on another device: heard', async () => {
    const people = ['Mira', ...'ABCDEFGH'].map(person)
    lobby(facts({ session: { state: 'live', people } }))
    await inLobby()
    await page.preview.turn('microphone', true)
    void page.join()
    await settle()
    expect(sdk.room.join.mock.calls[0]?.[0]['audio']).not.toBe(false)
  })

  /** The stopped clock keeps no marks. */
  function keepMarks(): void {
    const marks: { name: string; startTime: number }[] = []
    const mark = (name: string): PerformanceMark => marks[marks.push({ name, startTime: performance.now() }) - 1] as PerformanceMark
    vi.spyOn(performance, 'mark').mockImplementation(mark)
    vi.spyOn(performance, 'getEntriesByName').mockImplementation((name) => marks.filter((each) => each.name === name) as PerformanceEntryList)
  }

  it('tells the server how long it took, when the first frame is there', async () => {
    answers['/api/rooms/key/joined'] = [204, null]
    keepMarks()
    await inCall()
    expect(paths()).not.toContain('/api/rooms/key/joined')
    sdk.room.emit('track', { track: { kind: 'video' } })
    await settle(100)
    const [, times] = asked.find(([path]) => path.endsWith('/joined')) ?? []
    expect(times).toEqual({ token: expect.any(Number), connected: expect.any(Number), joined: expect.any(Number), picture: expect.any(Number) })
  })

  it('of whom nobody sees a thing is told without a picture, after a while', async () => {
    keepMarks()
    await inCall()
    await settle(16_000)
    expect(asked.find(([path]) => path.endsWith('/joined'))?.[1]).toMatchObject({ picture: null })
  })

  it('twice is once', async () => {
    await inCall()
    await page.join()
    expect(paths().filter((path) => path.endsWith('/token'))).toHaveLength(1)
  })
})
