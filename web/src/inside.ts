// What only somebody inside needs, in one piece that comes once one is: the words for what changes, the watch over
// devices, the figures of how long it took.
export { announce } from './announce.ts'
export { tellJoinTime } from './jointime.ts'
export { watchDevices } from './unplugged.ts'
