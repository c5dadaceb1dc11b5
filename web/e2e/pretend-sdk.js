// Stands in for the vendor's SDK where the page is looked at, not the call: same elements in the page, same events in
// the same order, and a drawn picture. What it plays is `window.pretend`, set by a test before the page loads:
//   { others: [{name, ...member fields}], self: {...}, scopes: [...], session: {...}, never: 'connect' | 'answer',
//     refuses: {code, message} | {name} }
const RATIO = 16 / 9

class Emitter {
  handlers = new Map()
  on(event, handler) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler])
  }
  emit(event, payload) {
    for (const handler of this.handlers.get(event) ?? []) handler(payload)
  }
}

class RoomSession extends Emitter {
  session = new Emitter()
  active = false
  memberId = undefined
  permissions = []
  screenShareList = []
  localVideoOverlay = { hide() {}, show() {} }
  localAudioTrack = { readyState: 'live' }
  localVideoTrack = { readyState: 'live' }

  constructor(options) {
    super()
    this.options = options
    this.script = { others: [], self: {}, scopes: [], session: {}, ...window.pretend }
    window.pretend = { ...this.script, room: this }
    this.members = [{ id: 'me', name: 'Mira', ...this.script.self }, ...this.script.others].map((member, at) => ({
      id: `member-${at}`,
      type: 'member',
      meta: { role: 'member' },
      ...member,
    }))
  }

  async join({ audio, video }) {
    if (this.script.never === 'connect') return new Promise(() => undefined)
    await later(20)
    this.session.emit('session.connected')
    if (this.script.refuses) throw this.script.refuses
    if (this.script.never === 'answer') return new Promise(() => undefined)
    Object.assign(this.members[0], { audio_muted: audio === false, video_muted: video === false })
    this.active = true
    this.memberId = 'me'
    this.permissions = this.script.scopes
    this.draw()
    const session = { layout_name: 'grid-responsive', ...this.script.session, members: this.members }
    this.emit('room.joined', { room_session: session })
    this.emit('track', { track: { kind: 'video' } })
  }

  /** The composited picture: a tile for everybody, moving a little. */
  draw() {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 })
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true })
    const padding = document.createElement('div')
    padding.className = 'paddingWrapper'
    Object.assign(padding.style, { position: 'relative', width: '100%', paddingBottom: '56.25%' })
    const frame = document.createElement('div')
    Object.assign(frame.style, { position: 'absolute', inset: '0' })
    Object.assign(video.style, { width: '100%', maxHeight: '100%' })
    const content = document.createElement('div')
    content.className = 'mcuContent'
    Object.assign(content.style, { position: 'relative', width: '100%', height: '100%', margin: '0 auto' })
    Object.assign(content.style, { display: 'flex', alignItems: 'center', justifyContent: 'center' })
    frame.append(video)
    padding.append(frame)
    content.append(padding)
    const root = this.options.rootElement
    Object.assign(root.style, { width: '100%', height: '100%' })
    root.append(content)
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = root
      const used = Math.min(width, height * RATIO)
      Object.assign(padding.style, { width: `${used}px`, paddingBottom: `${used / RATIO}px` })
    }).observe(root)
    const paint = () => tiles(canvas, this.members.filter(({ type }) => type === 'member'))
    paint()
    this.painting = setInterval(paint, 100)
    video.srcObject = canvas.captureStream(10)
  }

  /** A change of somebody, told twice as the service does. */
  change(id, changed) {
    const member = Object.assign(this.members.find((each) => each.id === id), changed)
    for (const _ of [1, 2]) this.emit('member.updated', { member: { ...member } })
  }
  arrives(member) {
    const whole = { type: 'member', meta: { role: 'member' }, ...member }
    this.members.push(whole)
    this.emit('member.joined', { member: whole })
  }
  goes(id) {
    this.members = this.members.filter((member) => member.id !== id)
    this.emit('member.left', { member: { id } })
  }
  /** Thrown out, or the connection is gone for good. */
  breaks() {
    this.active = false
    clearInterval(this.painting)
    this.options.rootElement.replaceChildren()
    this.emit('room.left')
    this.emit('destroy')
  }

  leave = async () => this.breaks()
  setState() {}
  audioMute = async ({ memberId = 'me' } = {}) => this.change(memberId, { audio_muted: true })
  audioUnmute = async () => this.change('me', { audio_muted: false })
  videoMute = async ({ memberId = 'me' } = {}) => this.change(memberId, { video_muted: true })
  videoUnmute = async () => this.change('me', { video_muted: false })
  setRaisedHand = async ({ raised, memberId = 'me' }) => this.change(memberId, { handraised: raised })
  updateMedia = async (wanted) =>
    this.change('me', 'audio' in wanted ? { audio_muted: false } : { video_muted: false })
  updateMicrophone = async () => undefined
  updateCamera = async () => undefined
  updateMediaOptions() {}
  updateSpeaker = async () => undefined
  getLayouts = async () => ({ layouts: ['grid-responsive', 'grid-responsive-mobile', 'highlight-1-responsive', '1x1', '2x1', '5up'] })
  setLayout = async ({ name }) => this.emit('layout.changed', { layout: { name } })
  lock = async () => this.emit('room.updated', { room_session: { locked: true } })
  unlock = async () => this.emit('room.updated', { room_session: { locked: false } })
  startScreenShare = async () => {
    const share = {
      leave: async () => {
        this.screenShareList = []
        this.goes('screen')
      },
    }
    this.screenShareList = [share]
    this.arrives({ id: 'screen', type: 'screen', parent_id: 'me', name: 'Mira' })
    return share
  }
}

const later = (ms) => new Promise((done) => setTimeout(done, ms))

function tiles(canvas, people) {
  const context = canvas.getContext('2d')
  const columns = Math.ceil(Math.sqrt(people.length))
  const rows = Math.ceil(people.length / columns)
  const [width, height] = [canvas.width / columns, canvas.height / rows]
  const sway = Math.sin(performance.now() / 600) * 0.01
  context.fillStyle = '#0b0f0e'
  context.fillRect(0, 0, canvas.width, canvas.height)
  for (const [at, { name, video_muted: off }] of people.entries()) {
    const hue = (at * 97 + 150) % 360
    const [x, y] = [(at % columns) * width, Math.floor(at / columns) * height]
    context.save()
    context.beginPath()
    context.roundRect(x + 6, y + 6, width - 12, height - 12, 16)
    context.clip()
    const wall = context.createLinearGradient(x, y, x + width, y + height)
    wall.addColorStop(0, `hsl(${hue} 28% ${off ? 14 : 34}%)`)
    wall.addColorStop(1, `hsl(${hue + 30} 32% ${off ? 10 : 18}%)`)
    context.fillStyle = wall
    context.fillRect(x, y, width, height)
    if (!off) {
      context.fillStyle = `hsl(${hue + 200} 30% 66%)`
      const [cx, size] = [x + width * (0.5 + sway), Math.min(width, height)]
      context.beginPath()
      context.arc(cx, y + height * 0.42, size * 0.16, 0, 7)
      context.ellipse(cx, y + height * 0.95, size * 0.32, size * 0.34, 0, 0, 7)
      context.fill()
    }
    context.fillStyle = 'rgb(255 255 255 / 88%)'
    context.font = `600 ${Math.max(18, height / 22)}px sans-serif`
    context.fillText(name, x + 26, y + height - 28)
    context.restore()
  }
}

export const Video = { RoomSession }
