// Owns what a user set for the wall in this browser: quality, dwell of a tour.
import { z } from 'zod'
import { qualities } from '../../player/stream-choice.ts'

const preferencesSchema = z.object({
  quality: z.enum(qualities).catch('auto'),
  dwellSeconds: z.number().int().min(5).max(600).catch(15),
})
export type WallPreferences = z.infer<typeof preferencesSchema>

const keyOf = (userId: string): string => `tianwang.wall.${userId}`

export function preferencesOf(userId: string): WallPreferences {
  let kept: unknown = null
  try {
    kept = JSON.parse(localStorage.getItem(keyOf(userId)) ?? 'null')
  } catch {
    // Somebody else's text under our key: as good as nothing kept.
  }
  return preferencesSchema.catch({ quality: 'auto', dwellSeconds: 15 }).parse(kept)
}

export function keepPreferences(userId: string, preferences: WallPreferences): void {
  localStorage.setItem(keyOf(userId), JSON.stringify(preferences))
}
