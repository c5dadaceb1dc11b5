// The page behind `greenroom check --deep` (src/cli/check/deep/browser.rs): it plays everybody in a throw-away room with
// the vendor's SDK as it is, does one step at a time and says what came of it. In English alone, as the check is.
import './deep.css'
import type { Payload } from '../members.ts'
import type { Room, Sdk } from '../room.ts'

interface Step {
  do: 'join' | 'leave' | 'send' | 'alive' | 'gone' | 'wait' | 'end'
  as: string
  token?: string
  within?: number
}

interface Done {
  ok: boolean
  words?: string
  names?: string[]
  permissions?: string[]
  itself?: boolean
}

/** Milliseconds. */
const JOINED_WITHIN = 40_000
const LEFT_WITHIN = 5_000
const GOODBYE_FIRST = 50

class Player {
  readonly names = new Set<string>()
  private readonly inside = later()
  private readonly out = later()
  left = false
  /** Told of its own coming in as others are. */
  itself = false

  private constructor(private readonly room: Room, picture: Element) {
    const seen = (member: Payload | undefined): void => {
      if (typeof member?.['name'] === 'string') this.names.add(member['name'])
    }
    room.on('room.joined', (event) => {
      for (const member of event?.room_session?.members ?? []) seen(member)
      this.inside.resolve()
    })
    room.on('member.joined', (event) => {
      seen(event?.member)
      this.itself ||= event?.member?.id === room.memberId
    })
    const gone = (): void => {
      this.left = true
      this.out.resolve()
      picture.remove()
      // A goodbye before the answer also rejects the join, with the vendor's words: those get a moment's precedence.
      setTimeout(() => this.inside.reject(new Error('left before it was inside')), GOODBYE_FIRST)
    }
    room.on('room.left', gone)
    room.on('destroy', gone)
  }

  static async join(sdk: Sdk, token: string): Promise<Player> {
    const rootElement = document.createElement('div')
    document.querySelector('#pictures')?.append(rootElement)
    const room = new sdk.Video.RoomSession({ token, rootElement, reattach: false, logLevel: 'error' })
    const player = new Player(room, rootElement)
    player.inside.promise.catch(() => undefined) // the race below may be over by then
    const joining = room.join({ audio: false, video: false, receiveAudio: true, receiveVideo: true })
    // With some answers the promise settles before `room.joined`, or never.
    const refused = new Promise<never>((_, refuse) => joining.catch(refuse))
    try {
      await limited(JOINED_WITHIN, 'not inside in time', Promise.race([player.inside.promise, refused]))
    } catch (error) {
      room.setState('hangup')
      throw error
    }
    return player
  }

  get permissions(): string[] {
    return this.room.permissions
  }

  get isInside(): boolean {
    return !this.left && this.room.active
  }

  async leave(): Promise<void> {
    if (this.isInside) await limited(LEFT_WITHIN, 'the SDK does not leave', this.room.leave())
  }

  gone(within: number): Promise<void> {
    return limited(within, 'still inside', this.out.promise)
  }

  async send(): Promise<void> {
    await this.room.updateMedia({ audio: { direction: 'sendrecv', constraints: true }, video: { direction: 'sendrecv', constraints: true } })
    if (this.room.localAudioTrack?.readyState !== 'live') throw new Error('no microphone is sent')
  }
}

interface Later {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

function later(): Later {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => undefined, () => undefined]
  const promise = new Promise<void>((kept, broken) => ([resolve, reject] = [kept, broken]))
  return { promise, resolve, reject }
}

function limited<T>(within: number, words: string, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, refuse) => setTimeout(() => refuse(new Error(words)), within))
  return Promise.race([work, late])
}

/** The vendor's code and words, as problem.ts reads them. */
function words(error: unknown): string {
  const { code, message } = (typeof error === 'object' && error !== null ? error : { message: error }) as { code?: unknown; message?: unknown }
  return [code, message].filter((part) => part !== undefined && part !== '').join(' ')
}

const players = new Map<string, Player>()
const sdk = import('@signalwire/js') as unknown as Promise<Sdk>

async function take(step: Step): Promise<Done> {
  if (step.do === 'join') {
    const player = await Player.join(await sdk, step.token ?? '')
    players.set(step.as, player)
    return { ok: true, names: [...player.names], permissions: player.permissions }
  }
  const player = players.get(step.as)
  if (!player) return { ok: step.do === 'leave', words: `${step.as} is not there` }
  if (step.do === 'leave') await player.leave()
  if (step.do === 'send') await player.send()
  if (step.do === 'gone') await player.gone(step.within ?? LEFT_WITHIN)
  return { ok: step.do !== 'alive' || player.isInside, names: [...player.names], itself: player.itself }
}

async function ask(last: Done | null): Promise<Step> {
  const headers = { 'content-type': 'application/json', 'x-greenroom-check': location.hash.slice(1) }
  const answer = await fetch('/step', { method: 'POST', headers, body: JSON.stringify(last) })
  if (!answer.ok) throw new Error(`the check answers ${answer.status}`)
  return (await answer.json()) as Step
}

/** As people read it. */
const READ: Record<Step['do'], string> = {
  join: 'joins',
  leave: 'leaves',
  send: 'adds camera and microphone',
  alive: 'is still inside',
  gone: 'is put out',
  wait: 'waits',
  end: 'goes home',
}

const say = (text: string): void => {
  const state = document.querySelector('#state')
  if (state) state.textContent = text
}

function list(step: Step, done: Done): void {
  const line = document.createElement('li')
  line.textContent = `${step.as} ${READ[step.do]}${done.ok ? '' : `: no (${done.words})`}`
  document.querySelector('#steps')?.append(line)
}

async function play(): Promise<void> {
  let last: Done | null = { ok: true }
  for (;;) {
    const step: Step = await ask(last)
    last = null
    if (step.do === 'end') return say('Done. What was found stands where the check was started; this page can be closed.')
    if (step.do === 'wait') continue
    say(`${step.as} ${READ[step.do]} …`)
    last = await take(step).catch((error: unknown) => ({ ok: false, words: words(error) }))
    list(step, last)
  }
}

play().catch((error: unknown) => {
  say(`The check is not there any more: ${words(error)}. Start it again and open its new link.`)
})
