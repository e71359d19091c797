// Owns the case and category that a user tagged with last, kept in this browser. Refuses: anything but ids and codes.
import { z } from 'zod'
import { tagCategorySchema } from '#contract/cases.ts'

const rememberedSchema = z.object({ caseId: z.string(), category: tagCategorySchema })
export type LastTag = z.infer<typeof rememberedSchema>

const keyOf = (userId: string): string => `tianwang.last-tag.${userId}`

export function lastTagOf(userId: string): LastTag {
  try {
    const parsed = rememberedSchema.safeParse(JSON.parse(localStorage.getItem(keyOf(userId)) ?? 'null'))
    if (parsed.success) return parsed.data
  } catch {
    // Somebody else's text under our key: as good as nothing remembered.
  }
  return { caseId: '', category: 'committing' }
}

export function rememberTag(userId: string, tag: LastTag): void {
  localStorage.setItem(keyOf(userId), JSON.stringify(tag))
}
