// Into the call and in it, over the scripted SDK with its quirks.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../src/call.ts'
import { DeviceFailed, JoinFailed } from '../src/problem.ts'
import { Call } from '../src/session.ts'
import { abort, emptied, joined, joining, picture, sdk, told, types, view } from './calling.ts'

/** How the join went wrong: its problem's code, or its device problem. */
async function failure(call: Promise<Call>): Promise<string> {
  const error = await call.then(
    () => 'joined',
    (error: unknown) => error,
  )
  if (error instanceof JoinFailed) return error.problem.code
  return error instanceof DeviceFailed ? error.reason : String(error)
}

describe('joining', () => {
  it('tells the steps and who is there, oneself first', async () => {
    await joined()
    expect(types().slice(0, 2)).toEqual(['connected', 'view'])
    expect(view().people.map(({ name }) => name)).toEqual(['Mira', 'Odo'])
    expect(view()).toMatchObject({ self: 'me', microphone: true, camera: true, layout: 'grid-responsive' })
  })

  it('empties what a call before left in the picture', async () => {
    emptied.mockClear()
    await joined()
    expect(emptied).toHaveBeenCalledOnce()
  })

  it('sends what the lobby had on, and hears and sees in any case', async () => {
    await joined({ audio: false, video: false })
    expect(sdk.room.join).toHaveBeenCalledWith({ audio: false, video: false, receiveAudio: true, receiveVideo: true })
    expect(view()).toMatchObject({ microphone: false, camera: false })
  })

  it('never lets a duplicated tab take the call over, and refreshes its token through us', async () => {
    await joined()
    expect(sdk.room.options).toMatchObject({ reattach: false, token: 'token' })
    await expect((sdk.room.options['onRefreshToken'] as () => Promise<string>)()).resolves.toBe('fresh')
  })

  it('is done when the promise settles, though nobody said "joined"', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.joined.resolve()
    await expect(call).resolves.toBeInstanceOf(Call)
  })

  it('learns the layouts where that is allowed, and does without where it fails', async () => {
    await joined(undefined, ['room.list_available_layouts'])
    await vi.advanceTimersByTimeAsync(0)
    expect(view().layouts).toHaveLength(2)
  })
})

describe('joining that goes wrong', () => {
  it.each([
    ['a stale token', { name: 'AuthError', code: -32002, message: 'expired' }, 'token_refused'],
    ['a room that is gone', { code: '404', message: 'Room not found' }, 'room_missing'],
    ['a plain object', { code: 403, message: 'Unauthorized' }, 'join_refused'],
    ['a denied camera', new DOMException('', 'NotAllowedError'), 'denied'],
    ['a busy camera', new DOMException('', 'NotReadableError'), 'busy'],
    ['a blocked network', { code: 'ICE_GATHERING_FAILED', message: 'Ice gathering timeout' }, 'media_unreachable'],
  ])('by %s', async (_what, rejection, code) => {
    const call = joining()
    sdk.room.connects()
    sdk.room.joined.reject(rejection)
    expect(await failure(call)).toBe(code)
    expect(sdk.room.setState).toHaveBeenCalledWith('hangup')
  })

  it('by a room that is gone, after which the SDK tears its own down: a join that failed, not a call that is over', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('destroy')
    sdk.room.joined.reject({ code: '404', message: 'Room not found' })
    expect(await failure(call)).toBe('room_missing')
    expect(types()).not.toContain('over')
  })

  it('by a relay that never answers: the SDK would try for ever', async () => {
    const call = joining()
    await vi.advanceTimersByTimeAsync(LIMITS.connect)
    expect(await failure(call)).toBe('video_unreachable')
    sdk.room.connects()
    expect(sdk.room.setState).toHaveBeenCalledWith('hangup')
    expect(types()).toEqual([])
  })

  it('by a relay that never lets us in', async () => {
    const call = joining()
    sdk.room.connects()
    await vi.advanceTimersByTimeAsync(LIMITS.connect + LIMITS.answer)
    expect(await failure(call)).toBe('join_timeout')
  })

  it('by a goodbye before the answer', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('room.left')
    await vi.advanceTimersByTimeAsync(50)
    expect(await failure(call)).toBe('join_refused')
  })

  it('by a goodbye whose reason comes a moment later: the reason counts', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('room.left')
    await vi.advanceTimersByTimeAsync(10)
    sdk.room.joined.reject({ code: 3, message: 'NO_ROUTE_DESTINATION' })
    expect(await failure(call)).toBe('room_missing')
  })

  it('by a press of Cancel, at once', async () => {
    const call = joining()
    const reason = new DOMException('cancelled', 'AbortError')
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    await expect(joining()).rejects.toBe(reason)
    expect(sdk.rooms).toHaveLength(1)
  })

  it('leaves no timer behind', async () => {
    const call = joining()
    sdk.room.joined.reject({ code: 403 })
    await failure(call)
    await vi.advanceTimersByTimeAsync(60)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('in the call', () => {
  it('tells each change once, though the service says it twice', async () => {
    await joined()
    const before = told.length
    sdk.room.updates({ id: 'odo', audio_muted: false })
    expect(told).toHaveLength(before + 1)
    expect(view().people[1]).toMatchObject({ name: 'Odo', muted: false })
  })

  it('sees people come and go, and who shares', async () => {
    await joined()
    sdk.room.emit('member.joined', { member: { id: 'ann', name: 'Ann' } })
    sdk.room.emit('member.joined', { member: { id: 's', type: 'screen', parent_id: 'ann' } })
    expect(view().people.map(({ name }) => name)).toEqual(['Mira', 'Odo', 'Ann'])
    expect([...view().sharing]).toEqual(['ann'])
    sdk.room.emit('member.left', { member: { id: 'ann' } })
    expect(view().people).toHaveLength(2)
    expect(view().sharing.size).toBe(0)
  })

  it('keeps who joined before the list came', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('member.joined', { member: { id: 'early', name: 'Early' } })
    sdk.room.admits()
    await call
    expect(view().people.map(({ name }) => name)).toContain('Early')
  })

  it('hides the own picture at once, not at the next layout', async () => {
    await joined()
    sdk.room.updates({ id: 'me', video_muted: true })
    expect(sdk.room.localVideoOverlay.hide).toHaveBeenCalledOnce()
    sdk.room.updates({ id: 'me', video_muted: false })
    expect(sdk.room.localVideoOverlay.show).toHaveBeenCalledOnce()
  })

  it('knows whether the own hand is up, not another’s', async () => {
    await joined()
    sdk.room.updates({ id: 'odo', handraised: true })
    expect(view().hand).toBe(false)
    sdk.room.updates({ id: 'me', handraised: true })
    expect(view().hand).toBe(true)
  })

  it('knows recording, lock and layout', async () => {
    await joined()
    sdk.room.emit('room.updated', { room_session: { recording: true, locked: true } })
    sdk.room.emit('layout.changed', { layout: { name: 'highlight-1-responsive' } })
    expect(view()).toMatchObject({ recording: true, locked: true, layout: 'highlight-1-responsive' })
  })

  it.each(['member.joined', 'member.updated', 'member.left', 'room.updated', 'layout.changed', 'track', 'room.joined'])(
    'survives a %s without sense',
    async (event) => {
      await joined()
      for (const payload of [{}, { member: 7 }, { member: { id: 7 } }, { room_session: { members: [{}] } }]) {
        sdk.room.emit(event, payload)
      }
      expect(view().people.length).toBeGreaterThan(0)
    },
  )

  describe('when somebody comes in', () => {
    const me = { meta: { discord_user_id: '1' } }
    const comes = (meta: Record<string, unknown>): void => sdk.room.emit('member.joined', { member: { id: 'new', name: 'Mira', meta } })
    beforeEach(async () => {
      await joined()
      sdk.room.updates({ id: 'me', ...me })
    })

    it('who is oneself and moves the call: it has moved', () => {
      comes({ discord_user_id: '1', moves: true })
      expect(types()).toContain('moved')
    })

    it.each([
      ['oneself with a second device', { discord_user_id: '1', moves: false }],
      ['somebody else who moves theirs', { discord_user_id: '2', moves: true }],
      ['nobody we know of', { moves: true }],
      ['something odd', { discord_user_id: '1', moves: 'true' }],
    ])('%s: nothing moves', (_who, meta) => {
      comes(meta)
      expect(types()).not.toContain('moved')
    })
  })

  it('is not moved by the one that it took over from, which it finds inside', async () => {
    const call = joining()
    sdk.room.connects()
    sdk.room.emit('member.joined', { member: { id: 'me', meta: { discord_user_id: '1', moves: true } } })
    sdk.room.admits([{ id: 'old', name: 'Mira', meta: { discord_user_id: '1', moves: true } }])
    sdk.room.emit('member.joined', { member: { id: 'me', meta: { discord_user_id: '1', moves: true } } })
    await call
    expect(types()).not.toContain('moved')
  })

  it('tells the first frame when there is something to see, once, and not the track before it', async () => {
    await joined()
    picture(0)
    sdk.room.emit('track', { track: { kind: 'audio' } })
    sdk.room.emit('track', { track: { kind: 'video' } })
    await vi.advanceTimersByTimeAsync(500)
    expect(types()).not.toContain('picture')
    picture(2)
    await vi.advanceTimersByTimeAsync(50)
    expect(types().filter((type) => type === 'picture')).toHaveLength(1)
  })

  it('stops waiting for a frame that never comes', async () => {
    await joined()
    picture(null)
    sdk.room.emit('track', { track: { kind: 'video' } })
    await vi.advanceTimersByTimeAsync(LIMITS.frame + 100)
    expect(vi.getTimerCount()).toBe(0)
    expect(types()).not.toContain('picture')
  })

  it('says how the connection is', async () => {
    await joined()
    told.length = 0
    sdk.room.session.emit('session.reconnecting')
    sdk.room.connects()
    sdk.room.emit('media.reconnecting')
    sdk.room.emit('media.connected')
    expect(told).toEqual(['socket', 'good', 'media', 'good'].map((connection) => ({ type: 'connection', connection })))
  })

  it('is over once', async () => {
    await joined()
    sdk.room.emit('room.left')
    sdk.room.emit('destroy')
    sdk.room.updates({ id: 'odo', audio_muted: false })
    expect(types().filter((type) => type === 'over')).toHaveLength(1)
    expect(types().at(-1)).toBe('over')
  })
})
