// Which browser on which system this is, as far as the steps that mend a device differ. In: a user agent, and how many
// fingers the screen feels. Out: the words' own names for both. Pure.

export type Browser = 'chrome' | 'edge' | 'firefox' | 'safari' | 'ios' | 'android'
export type System = 'windows' | 'mac' | 'linux' | 'ios' | 'android'

export const BROWSERS: readonly Browser[] = ['chrome', 'edge', 'firefox', 'safari', 'ios', 'android']
export const SYSTEMS: readonly System[] = ['windows', 'mac', 'linux', 'ios', 'android']

export function systemOf(agent: string, fingers: number): System {
  if (/iPhone|iPad|iPod/.test(agent)) return 'ios'
  if (agent.includes('Android')) return 'android'
  // An iPad calls itself a Mac, but no Mac has a touch screen.
  if (agent.includes('Macintosh')) return fingers > 1 ? 'ios' : 'mac'
  return agent.includes('Windows') ? 'windows' : 'linux'
}

/** Phones by their system: there every browser keeps its permissions where the system does. */
export function browserOf(agent: string, fingers: number): Browser {
  const system = systemOf(agent, fingers)
  if (system === 'ios' || system === 'android') return system
  if (agent.includes('Edg/')) return 'edge'
  if (agent.includes('Firefox/')) return 'firefox'
  return agent.includes('Safari/') && !/Chrom(e|ium)\//.test(agent) ? 'safari' : 'chrome'
}
