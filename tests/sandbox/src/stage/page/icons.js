// Icons of the Lucide set (https://lucide.dev, ISC licence). None ever stands without a word, so all are hidden from
// screen readers.

const SHAPES = {
  hash:
    '<line x1="4" x2="20" y1="9" y2="9"/>' +
    '<line x1="4" x2="20" y1="15" y2="15"/>' +
    '<line x1="10" x2="8" y1="3" y2="21"/>' +
    '<line x1="16" x2="14" y1="3" y2="21"/>',
  lock:
    '<rect width="18" height="11" x="3" y="11" rx="2" ry="2"/>' +
    '<path d="M7 11V7a5 5 0 0 1 10 0v4"/>',
  megaphone:
    '<path d="M11 6a13 13 0 0 0 8.4-2.8A1 1 0 0 1 21 4v12a1 1 0 0 1-1.6.8A13 13 0 0 0 11 14H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2z"/>' +
    '<path d="M6 14a12 12 0 0 0 2.4 7.2 2 2 0 0 0 3.2-2.4A8 8 0 0 1 10 14"/>' +
    '<path d="M8 6v8"/>',
  'volume-2':
    '<path d="M11 4.702a.705.705 0 0 0-1.203-.498L6.413 7.587A1.4 1.4 0 0 1 5.416 8H3a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2.416a1.4 1.4 0 0 1 .997.413l3.383 3.384A.705.705 0 0 0 11 19.298z"/>' +
    '<path d="M16 9a5 5 0 0 1 0 6"/>' +
    '<path d="M19.364 18.364a9 9 0 0 0 0-12.728"/>',
  radio:
    '<path d="M16.247 7.761a6 6 0 0 1 0 8.478"/>' +
    '<path d="M19.075 4.933a10 10 0 0 1 0 14.134"/>' +
    '<path d="M4.925 19.067a10 10 0 0 1 0-14.134"/>' +
    '<path d="M7.753 16.239a6 6 0 0 1 0-8.478"/>' +
    '<circle cx="12" cy="12" r="2"/>',
  'messages-square':
    '<path d="M16 10a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 14.286V4a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2z"/>' +
    '<path d="M20 9a2 2 0 0 1 2 2v10.286a.71.71 0 0 1-1.212.502l-2.202-2.202A2 2 0 0 0 17.172 19H10a2 2 0 0 1-2-2v-1"/>',
  'corner-down-right':
    '<path d="m15 10 5 5-5 5"/>' +
    '<path d="M4 4v7a4 4 0 0 0 4 4h12"/>',
  'at-sign':
    '<circle cx="12" cy="12" r="4"/>' +
    '<path d="M16 8v5a3 3 0 0 0 6 0v-1a10 10 0 1 0-4 8"/>',
  users:
    '<path d="M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"/>' +
    '<path d="M16 3.128a4 4 0 0 1 0 7.744"/>' +
    '<path d="M22 21v-2a4 4 0 0 0-3-3.87"/>' +
    '<circle cx="9" cy="7" r="4"/>',
  menu:
    '<path d="M4 5h16"/>' +
    '<path d="M4 12h16"/>' +
    '<path d="M4 19h16"/>',
  x:
    '<path d="M18 6 6 18"/>' +
    '<path d="m6 6 12 12"/>',
  'square-arrow-out-up-right':
    '<path d="M21 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h6"/>' +
    '<path d="m21 3-9 9"/>' +
    '<path d="M15 3h6v6"/>',
  'send-horizontal':
    '<path d="M3.714 3.048a.498.498 0 0 0-.683.627l2.843 7.627a2 2 0 0 1 0 1.396l-2.842 7.627a.498.498 0 0 0 .682.627l18-8.5a.5.5 0 0 0 0-.904z"/>' +
    '<path d="M6 12h16"/>',
  check: '<path d="M20 6 9 17l-5-5"/>',
  'chevron-up': '<path d="m18 15-6-6-6 6"/>',
  'chevron-down': '<path d="m6 9 6 6 6-6"/>',
  eye:
    '<path d="M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0"/>' +
    '<circle cx="12" cy="12" r="3"/>',
}

const SVG = 'http://www.w3.org/2000/svg'

/** One icon, as large as the text beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  svg.innerHTML = SHAPES[name]
  return svg
}
