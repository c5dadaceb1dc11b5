// What a call needs of the network, tried without a call: the video service's socket, candidates, and media that comes
// back. In: a room token's text, or none. Out: what was found; each rejects or settles within its limit.
// The wire is as the vendor's SDK speaks it, observed; no room is entered.
import { gate } from './deadline.ts'

/** Where the SDK goes, unless the token's header names another host (`ch`). */
const VENDOR = 'wss://relay.signalwire.com'
const LIMIT_MS = { socket: 8_000, candidates: 8_000, media: 10_000 }
const POLL_MS = 100

/** `null`: the service answers, but did not take the token. */
export type IceServers = RTCIceServer[] | null

export class Late extends Error {}

export function hostOf(token: string | null): string {
  try {
    const header: unknown = JSON.parse(atob((token ?? '').split('.')[0]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''))
    const { ch } = header as { ch?: unknown }
    return typeof ch === 'string' && /^wss?:\/\//.test(ch) ? ch : VENDOR
  } catch {
    return VENDOR
  }
}

/** Opens the service's socket, shows it the token if there is one, and learns which relays the service lends. */
export async function reachService(token: string | null): Promise<IceServers> {
  const answered = gate(LIMIT_MS.socket, () => new Late('socket'))
  const socket = new WebSocket(hostOf(token))
  let servers: IceServers = null
  socket.onerror = () => answered.fail(new Error('socket'))
  socket.onclose = () => answered.fail(new Error('socket'))
  socket.onopen = () => {
    if (token === null) return answered.open()
    const authentication = { jwt_token: token }
    const params = { version: { major: 3, minor: 0, revision: 0 }, event_acks: true, agent: 'greenroom', authentication }
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'check', method: 'signalwire.connect', params }))
  }
  socket.onmessage = ({ data }) => {
    const answer = answerIn(String(data))
    if (!answer) return
    servers = serversIn(answer.result)
    answered.open()
  }
  try {
    await answered.passed
    return servers
  } finally {
    answered.close()
    socket.onclose = socket.onerror = null
    socket.close()
  }
}

function answerIn(text: string): { result?: unknown } | null {
  try {
    const frame = JSON.parse(text) as { id?: unknown; result?: unknown }
    return frame.id === 'check' ? frame : null
  } catch {
    return null
  }
}

function serversIn(result: unknown): IceServers {
  if (typeof result !== 'object' || result === null) return null
  const { ice_servers: servers } = result as { ice_servers?: unknown }
  return Array.isArray(servers) ? (servers as RTCIceServer[]) : []
}

export const lendsRelay = (servers: readonly RTCIceServer[]): boolean =>
  servers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/.test(url)))

export interface Ways {
  /** Candidates of this machine itself. */
  near: number
  /** As the outside sees this machine. */
  outside: number
  /** Through the service's relay. */
  relayed: number
}

/** The ways the browser finds out of this machine. */
export async function findWays(servers: RTCIceServer[]): Promise<Ways> {
  const connection = new RTCPeerConnection({ iceServers: servers })
  const ways: Ways = { near: 0, outside: 0, relayed: 0 }
  const gathered = gate(LIMIT_MS.candidates)
  try {
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return candidate === null ? gathered.open() : undefined
      ways[candidate.type === 'host' ? 'near' : candidate.type === 'relay' ? 'relayed' : 'outside']++
    }
    connection.createDataChannel('check')
    await connection.setLocalDescription()
    await gathered.passed.catch(() => undefined) // slow servers: what was found by now counts
    return ways
  } finally {
    gathered.close()
    connection.close()
  }
}

/** Sends a drawn picture to itself, through the service's relay where it lends one. Milliseconds until it was seen. */
export async function loopPicture(servers: RTCIceServer[]): Promise<number> {
  const policy: RTCConfiguration = {
    iceServers: servers,
    iceTransportPolicy: lendsRelay(servers) ? 'relay' : 'all',
  }
  const [there, back] = [new RTCPeerConnection(policy), new RTCPeerConnection(policy)]
  const drawing = draw()
  const began = performance.now()
  try {
    there.onicecandidate = ({ candidate }) => void (candidate && back.addIceCandidate(candidate).catch(() => undefined))
    back.onicecandidate = ({ candidate }) => void (candidate && there.addIceCandidate(candidate).catch(() => undefined))
    for (const track of drawing.stream.getTracks()) there.addTrack(track, drawing.stream)
    await there.setLocalDescription()
    await back.setRemoteDescription(there.localDescription as RTCSessionDescription)
    await back.setLocalDescription()
    await there.setRemoteDescription(back.localDescription as RTCSessionDescription)
    while (!(await hasFrames(back))) {
      if (performance.now() - began > LIMIT_MS.media) throw new Late('media')
      await new Promise((later) => setTimeout(later, POLL_MS))
    }
    return Math.round(performance.now() - began)
  } finally {
    drawing.stop()
    there.close()
    back.close()
  }
}

async function hasFrames(connection: RTCPeerConnection): Promise<boolean> {
  for (const stat of (await connection.getStats()).values()) {
    if (stat.type === 'inbound-rtp' && (stat.framesDecoded ?? 0) > 0) return true
  }
  return false
}

/** A picture that changes, or it would not be sent again. */
function draw(): { stream: MediaStream; stop: () => void } {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 })
  const context = canvas.getContext('2d')
  const timer = setInterval(() => {
    if (!context) return
    context.fillStyle = `hsl(${(performance.now() / 10) % 360} 50% 50%)`
    context.fillRect(0, 0, canvas.width, canvas.height)
  }, POLL_MS)
  const stream = canvas.captureStream(10)
  return {
    stream,
    stop() {
      clearInterval(timer)
      for (const track of stream.getTracks()) track.stop()
    },
  }
}
