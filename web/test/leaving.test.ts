// Out of the call: by a press, by a loss, by the server; and what goes on with another token.
import { describe, expect, it, vi } from 'vitest'
import type { Facts } from '../src/api.ts'
import { facts } from './facts.ts'
import { answers, asked, FakeEventSource, inCall, lobby, page, paths, refusal, sdk, settle } from './visit.ts'

describe('coming out', () => {
  it('by Leave says goodbye to the service and tells the server to look', async () => {
    await inCall()
    page.leave()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'left' })
    expect(navigator.sendBeacon).toHaveBeenCalledTimes(2)
  })

  it('because the tab goes away too', async () => {
    await inCall()
    page.goingAway()
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'paused' })
  })

  it('by lost media: brought back by itself once, then by a press', async () => {
    await inCall()
    sdk.room.emit('room.left')
    await settle(1_000)
    expect([page.state.at, sdk.rooms.length]).toEqual(['joining', 2])
    sdk.room.connects()
    sdk.room.admits()
    await settle()
    expect(page.state.at).toBe('call')
    sdk.room.emit('room.left')
    await settle(10_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'lost' })
  })

  it('by a lost network: brought back when that is back', async () => {
    await inCall()
    answers['/api/rooms/key'] = refusal(503, 'video_unavailable')
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'lost' })
    FakeEventSource.last.says('open', null)
    await settle()
    expect(page.state.at).toBe('joining')
  })

  it('is explained by the end, which the server tells when it is asked', async () => {
    await inCall()
    lobby(facts({ session: { state: 'ended' } }))
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state.at).toBe('ended')
  })

  it('is explained by the room that is gone, also where the end was found out before', async () => {
    await inCall()
    lobby(facts({ session: { state: 'ended' } }))
    sdk.room.emit('room.left')
    await settle(1_000)
    FakeEventSource.last.says('ended', { minutes: 42, room_deleted: true })
    expect(page.state).toMatchObject({ at: 'ended', minutes: 42, deleted: true })
  })

  it('is explained by the stream, before or after the goodbye', async () => {
    await inCall()
    FakeEventSource.last.says('ended', { minutes: 42 })
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'ended', minutes: 42 })
  })

  it.each([
    ['removed', 'failed'],
    ['signed_out', 'door'],
  ])('because the server says %s: hung up, and told why', async (code, at) => {
    await inCall()
    FakeEventSource.last.says('removed', refusal(403, code)[1])
    await settle(1_000)
    expect(sdk.room.leave).toHaveBeenCalledOnce()
    expect(page.state.at).toBe(at)
    if (page.state.at === 'failed') expect(page.state.problem).toMatchObject({ code, reference: '7F3K-92' })
    expect(FakeEventSource.last.closed).toBe(true)
  })

  it('because the channel was closed to them: that is what they are told', async () => {
    await inCall()
    FakeEventSource.last.says('removed', refusal(403, 'not_allowed')[1])
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'withdrawn', reference: '7F3K-92' } })
  })

  it('in a window behind another one is a break like any other; a phone put the call to sleep', async () => {
    await inCall()
    Object.assign(document, { visibilityState: 'hidden' })
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state.at).toBe('joining')
    sdk.room.connects()
    sdk.room.admits()
    await settle()
    vi.stubGlobal('matchMedia', () => ({ matches: true }))
    sdk.room.emit('room.left')
    await settle(1_000)
    expect(page.state).toMatchObject({ at: 'left', why: 'paused' })
  })

  it('because it moved: its own screen, and one press fetches it back', async () => {
    await inCall()
    sdk.room.updates({ id: 'me', meta: { discord_user_id: 'id-Mira' } })
    const first = sdk.room
    first.emit('member.joined', { member: { id: 'phone', meta: { discord_user_id: 'id-Mira', moves: true } } })
    await settle(2_000)
    expect(first.leave).toHaveBeenCalledOnce()
    expect(page.state).toMatchObject({ at: 'left', why: 'moved' })
    void page.moveHere()
    await settle()
    expect(asked.filter(([path]) => path.endsWith('/token')).map(([, body]) => body)).toEqual([{}, { moves: true }])
  })

  it('and in again with the same seat', async () => {
    await inCall()
    sdk.room.emit('room.left')
    const joined = page.join()
    await settle()
    sdk.room.connects()
    sdk.room.admits()
    await joined
    expect([page.state.at, sdk.rooms.length]).toEqual(['call', 2])
  })
})

describe('a role that changes in the call', () => {
  const you = (role: Facts['you']['role']): Facts => facts({ you: { ...facts().you, role } })

  it('with less to do: the call goes on with another room token', async () => {
    answers['/api/rooms/key/token'] = [200, { token: 'first', role: 'moderator' }]
    await inCall()
    const first = sdk.room
    answers['/api/rooms/key/token'] = [200, { token: 'second', role: 'member' }]
    lobby(you('member'))
    FakeEventSource.last.says('role', {})
    await settle(1_000)
    expect(first.leave).toHaveBeenCalledOnce()
    expect(sdk.room).not.toBe(first)
    expect(paths().filter((path) => path.endsWith('/token'))).toHaveLength(2)
    expect(['joining', 'call']).toContain(page.state.at)
  })

  it('with more, or the same: nobody is interrupted', async () => {
    answers['/api/rooms/key/token'] = [200, { token: 'first', role: 'member' }]
    await inCall()
    lobby(you('moderator'))
    FakeEventSource.last.says('role', {})
    await settle(1_000)
    expect(sdk.room.leave).not.toHaveBeenCalled()
    expect(page.state.at).toBe('call')
  })
})
