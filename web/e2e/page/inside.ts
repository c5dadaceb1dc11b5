// A call as the specs of the page play it: who is there, what they may do, and how one gets in.
import type { Page } from '@playwright/test'
import type { Scripted } from '../scripted.ts'
import { expect } from './visit.ts'

export const MEMBER = ['audio_mute', 'audio_unmute', 'video_mute', 'video_unmute', 'raisehand', 'lowerhand', 'screenshare'].map(
  (scope) => `room.self.${scope}`,
)
export const MODERATOR = [
  ...MEMBER,
  'room.list_available_layouts',
  ...['audio_mute', 'video_mute', 'lowerhand'].map((scope) => `room.member.${scope}`),
  ...['lock', 'unlock', 'set_layout'].map((scope) => `room.${scope}`),
]
export const ODO = { id: 'odo', name: 'Odo', meta: { role: 'member', discord_user_id: 'id-Odo' } }
export const ANN = { id: 'ann', name: 'Ann', meta: { role: 'moderator', discord_user_id: 'id-Ann' }, audio_muted: true }

export async function join(page: Page, server: Scripted): Promise<void> {
  await page.goto(server.link())
  await page.getByRole('button', { name: 'Join' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
}

/** Does something in the pretended room. */
export const play = (page: Page, script: string): Promise<unknown> => page.evaluate(`window.pretend.room.${script}`)
