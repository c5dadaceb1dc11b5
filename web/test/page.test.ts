// The way to the lobby: who one is, what one sees, whom the server turns away.
import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/api.ts'
import { facts } from './facts.ts'
import {
  type Answer,
  answers,
  asked,
  FakeEventSource,
  inCall,
  inLobby,
  lobby,
  page,
  paths,
  played,
  refusal,
  sdk,
  settle,
  tab,
  visit,
} from './visit.ts'

it('who may not come in as this account is offered another, where one can sign in', async () => {
  answers['/api/rooms/key'] = refusal(403, 'not_allowed')
  await visit().enter()
  expect(page.signIn).toBe(false)
  answers['/api/door'] = [200, { sign_in: true }]
  await page.enter()
  expect([page.state.at, page.signIn]).toEqual(['failed', true])
})

it('who is back from Discord without a session is told so, and nothing is asked', () => {
  visit().sentBack('wrong_browser')
  expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'wrong_browser' } })
  expect(asked).toEqual([])
})

describe('coming in', () => {
  it('a link becomes a session, the session the lobby, and the lobby listens', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    tab.storage.setItem('greenroom.ticket.key', '{"ticket":"t","nonce":"n"}')
    answers['/api/session'] = [200, { sid: 'fresh' }]
    await inLobby()
    expect(asked.map(([path, , sid]) => [path, sid])).toEqual([
      ['/api/session', null],
      ['/api/rooms/key', 'fresh'],
    ])
    expect(FakeEventSource.last.url).toBe('/api/rooms/key/stream?sid=fresh')
  })

  it('a browser that is known keeps the session the server chose', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    lobby(facts({ sid: 'chosen' }))
    await inLobby()
    expect(tab.storage.getItem('greenroom.sid.key')).toBe('chosen')
    expect(FakeEventSource.last.url).toContain('sid=chosen')
  })

  it('a stranger stands before the door', async () => {
    tab.storage.removeItem('greenroom.sid.key')
    answers['/api/rooms/key'] = refusal(401, 'signed_out')
    answers['/api/door'] = [200, { sign_in: true }]
    await visit().enter()
    expect(page.state).toEqual({ at: 'door', signIn: true, signedOut: false })
  })

  it('a used link leads on for whoever is in already', async () => {
    tab.storage.setItem('greenroom.ticket.key', '{"ticket":"t","nonce":"n"}')
    answers['/api/session'] = refusal(410, 'ticket_used')
    await visit().enter()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'ticket_used', reference: '7F3K-92' } })
    expect(page.other).toEqual({ name: 'Mira', sid: 'mine' })
    await page.continueAsOther()
    expect(page.state.at).toBe('lobby')
  })

  it('a browser that is somebody else by now asks whether to go on as that person', async () => {
    const { api } = visit()
    const ask = api.facts.bind(api)
    api.facts = () => (api.sid === 'mine' ? Promise.reject(new ApiError(409, 'session_changed', '')) : ask())
    lobby(facts({ you: { name: 'Odo' }, sid: 'odos' }))
    await page.enter()
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'session_changed' } })
    expect(page.other).toEqual({ name: 'Odo', sid: 'odos' })
    await page.continueAsOther()
    expect([page.state.at, page.api.sid]).toEqual(['lobby', 'odos'])
  })

  it('a server that does not answer is asked again, behind the same screen', async () => {
    answers['/api/rooms/key'] = refusal(503, 'discord_unavailable')
    await visit().enter()
    expect([page.state.at, page.countdown]).toEqual(['failed', 5])
    await settle(3_000)
    expect(page.countdown).toBe(2)
    lobby(facts())
    await settle(2_000)
    expect([page.state.at, page.countdown]).toEqual(['lobby', null])
  })
})

describe('somebody who skips the lobby', () => {
  function usually(kind: 'microphone' | 'camera'): void {
    played.local.setItem('greenroom.skip-lobby', 'yes')
    played.local.setItem('greenroom.devices', JSON.stringify({ [kind]: { id: '', label: '', on: true } }))
    played.permissions.become('granted', kind)
  }

  it('comes straight in with what was on last time, opened once', async () => {
    usually('microphone')
    const entering = visit().enter()
    await settle()
    sdk.room.connects()
    sdk.room.admits()
    await entering
    expect(page.state.at).toBe('call')
    expect(sdk.room.join.mock.lastCall?.[0]).toMatchObject({ audio: { echoCancellation: true }, video: false })
    expect(played.devices.getUserMedia).not.toHaveBeenCalled()
  })

  it('sees the lobby where nothing is on: the browser would keep such a call silent', async () => {
    played.local.setItem('greenroom.skip-lobby', 'yes')
    await inLobby()
    expect(paths()).not.toContain('/api/rooms/key/token')
  })

  it('sees the lobby where the call is recorded', async () => {
    usually('camera')
    lobby(facts({ session: { recording: true } }))
    await inLobby()
    expect([page.preview.camera.on, played.devices.open]).toEqual([true, 1])
  })

  it('can stop doing so', async () => {
    await inLobby()
    page.skip(true)
    expect(visit().skips).toBe(true)
    page.skip(false)
    expect(visit().skips).toBe(false)
  })
})

describe('a stream that is refused', () => {
  const refused = async (answer: Answer): Promise<void> => {
    answers['/api/rooms/key'] = answer
    FakeEventSource.last.readyState = 2
    FakeEventSource.last.says('error', null)
    await settle()
  }

  it('throws nobody out of a call for a server in trouble, nor for a lost session', async () => {
    await inCall()
    await refused(refusal(503, 'discord_unavailable'))
    await refused(refusal(401, 'signed_out'))
    expect([page.state.at, page.live]).toEqual(['call', false])
  })

  it('throws out whoever may not be there', async () => {
    await inCall()
    await refused(refusal(403, 'removed'))
    expect(page.state).toMatchObject({ at: 'failed', problem: { code: 'removed' } })
  })

  it('in the lobby leads to the door', async () => {
    await inLobby()
    await refused(refusal(401, 'signed_out'))
    expect(page.state).toMatchObject({ at: 'door', signedOut: true })
  })
})

it('signing out closes the devices and stands before the door', async () => {
  answers['/api/session/end'] = [204, null]
  await inLobby()
  await page.preview.tryBoth()
  await page.signOut()
  expect(page.state).toMatchObject({ at: 'door', signedOut: false })
  expect([played.devices.open, tab.storage.getItem('greenroom.sid.key')]).toEqual([0, null])
})
