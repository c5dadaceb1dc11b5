// What the plain screens say (door, left, ended, failed): state in; heading, sentences and what can be pressed out.
import {
  ArrowRight,
  CircleCheck,
  DoorOpen,
  type IconNode,
  Lock,
  LogIn,
  LogOut,
  MonitorSmartphone,
  MessageCircle,
  RotateCw,
  Trash2,
  TriangleAlert,
  Unplug,
  Users,
} from 'lucide'
import type { Line } from '../announce.ts'
import type { Facts } from '../api.ts'
import type { Leaving, State } from '../machine.ts'
import { remedy } from '../problem.ts'
import { type Args, has, say } from '../words.ts'
import { commandFor, occupied } from './facts.ts'
import { knocking } from './knock.ts'

export interface Action {
  name: string
  icon?: IconNode
  look: 'primary' | 'plain' | 'link'
  href?: string
  press?: () => unknown
  disabled?: boolean
}

export interface Plain {
  icon: IconNode
  alert: boolean
  title: string
  /** Sentences of the catalogue; `told` is the server's own, for a code the catalogue does not know yet. */
  says: Line[]
  told: string | null
  /** What happens by itself, counting down: not read out each second. */
  waiting: Line | null
  actions: Action[]
  reference: string | null
}

/** What a screen reads and does; `Page` is one. */
export interface Desk {
  countdown: number | null
  other: { name: string } | null
  signIn: boolean
  api: { signInUrl(): string }
  join(): unknown
  moveHere(): unknown
  toLobby(): unknown
  tryAgain(): unknown
  continueAsOther(): unknown
  knock(): unknown
}

type At<Name extends State['at']> = Extract<State, { at: Name }>
export type PlainState = At<'door' | 'left' | 'ended' | 'failed'>

const empty = { alert: false, says: [], told: null, waiting: null, actions: [], reference: null }

export function plain(desk: Desk, state: PlainState): Plain {
  switch (state.at) {
    case 'door':
      return door(desk, state)
    case 'left':
      return left(desk, state)
    case 'ended':
      return ended(desk, state)
    case 'failed':
      return failed(desk, state)
  }
}

function door(desk: Desk, { signIn, signedOut }: At<'door'>): Plain {
  const says: Line[] = [['page-door']]
  if (signedOut) says.unshift(['page-signed-out'])
  const actions: Action[] = []
  if (signIn) actions.push({ name: say('page-sign-in'), icon: LogIn, look: 'primary', href: desk.api.signInUrl() })
  return { ...empty, icon: DoorOpen, title: say('page-door-title'), says, actions }
}

const LEFT: Record<Leaving, Pick<Plain, 'icon'> & { title: string; back: string }> = {
  left: { icon: LogOut, title: 'page-left-title', back: 'page-rejoin' },
  lost: { icon: Unplug, title: 'page-dropped-title', back: 'page-rejoin' },
  paused: { icon: LogOut, title: 'page-paused-title', back: 'page-resume' },
  moved: { icon: MonitorSmartphone, title: 'page-moved-title', back: 'page-move-here' },
}

function left(desk: Desk, { facts, why }: At<'left'>): Plain {
  const { room, session } = facts
  const says: Line[] = []
  if (why === 'lost') says.push(['page-dropped', { room: room.title }])
  else if (why === 'paused') says.push(['page-paused'])
  else if (why === 'moved') says.push(['page-moved'])
  else if (session.people.some(({ user_id }) => user_id !== facts.you.id)) says.push(['page-left'])
  const { icon, title, back } = LEFT[why]
  const press = (): unknown => (why === 'moved' ? desk.moveHere() : desk.join())
  return {
    ...empty,
    icon,
    alert: why === 'lost',
    title: say(title, { room: room.title }),
    says,
    actions: [
      { name: say(back), icon: RotateCw, look: why === 'moved' ? 'plain' : 'primary', press },
      ...toChannel(facts),
      toLobby(desk),
    ],
  }
}

function ended(desk: Desk, { facts, minutes, deleted }: At<'ended'>): Plain {
  const { room, session } = facts
  const reopened = session.state !== 'ended'
  const says: Line[] = deleted ? [['page-deleted']] : []
  if (minutes !== null) says.push(['page-ended-minutes', { minutes: Math.max(minutes, 1) }])
  says.push(reopened ? ['page-reopened'] : ['page-ended', { command: commandFor(room) }])
  return {
    ...empty,
    icon: deleted ? Trash2 : CircleCheck,
    alert: deleted,
    title: say(deleted ? 'page-deleted-title' : 'page-ended-title', { room: room.title }),
    says,
    actions: reopened ? [{ ...toLobby(desk), look: 'primary' }, ...toChannel(facts)] : toChannel(facts, 'primary'),
  }
}

function failed(desk: Desk, { facts, problem, attempt }: At<'failed'>): Plain {
  const { code, message, reference } = problem
  const { other, countdown } = desk
  const cure = remedy(problem)
  const waits = cure === 'when-open'
  const known = has(`problem-${code}`)
  const args: Args = {
    room: facts?.room.title ?? '',
    channel: facts?.room.channel ?? '',
    command: facts ? commandFor(facts.room) : '/video',
    inside: facts ? occupied({ ...facts.session, full: true }) : 0,
    max: facts?.session.max_members ?? 0,
    name: other?.name ?? facts?.you.name ?? '',
    before: facts?.you.name ?? '',
  }
  const unnamed = code === 'session_changed' && !(other && facts)
  const says: Line[] = known ? [[unnamed ? 'problem-session_changed-unknown' : `problem-${code}`, args]] : []
  if ((code === 'not_allowed' || code === 'withdrawn') && facts) says.push(['problem-signed-in-as', args])
  // Before there are facts only the server knows whom it turned away.
  const better = code === 'not_allowed' && !facts && message !== null

  const actions: Action[] = []
  if (facts && waits && code !== 'room_full') {
    const door = knocking(() => desk.knock(), facts)
    if (door.says.length > 0) says.splice(0, says.length, ...door.says)
    actions.push(...door.actions)
  }
  if (other) {
    const name = say('page-continue-as', { name: other.name })
    actions.push({ name, icon: ArrowRight, look: 'primary', press: () => desk.continueAsOther() })
  }
  if (cure === 'press' || cure === 'reload' || cure === 'retry' || cure === 'wait') {
    const disabled = cure === 'wait' && countdown !== null
    actions.push({ name: say('page-try-again'), icon: RotateCw, look: 'primary', disabled, press: () => desk.tryAgain() })
  }
  const again = code === 'wrong_browser' || code.startsWith('sign_in_')
  if (cure === 'sign-in' && (again || (facts?.sign_in ?? desk.signIn))) {
    const name = say(again ? 'page-start-again' : 'page-switch-account')
    actions.push({ name, icon: LogIn, look: other ? 'plain' : 'primary', href: desk.api.signInUrl() })
  }
  if (facts) actions.push(...toChannel(facts, actions.length > 0 || waits ? 'plain' : 'primary'))
  if (facts && attempt === 'join') actions.push(toLobby(desk))

  const counting = cure === 'wait' ? 'page-wait' : 'page-again-in'
  return {
    icon: code === 'room_locked' || code === 'knock_first' ? Lock : code === 'room_full' ? Users : TriangleAlert,
    alert: !waits,
    title: say(`problem-title-${known ? code : 'internal'}`, args),
    says: better ? [] : says,
    told: known && !better ? null : message,
    waiting: countdown === null || waits ? null : [counting, { seconds: countdown }],
    actions,
    reference,
  }
}

/** Guests have no channel to go back to. */
function toChannel({ room }: Facts, look: Action['look'] = 'plain'): Action[] {
  if (room.channel_url === null) return []
  return [{ name: say('page-back-to-channel', { channel: room.channel }), icon: MessageCircle, look, href: room.channel_url }]
}

function toLobby(desk: Desk): Action {
  return { name: say('page-enter-again'), look: 'link', press: () => desk.toLobby() }
}
