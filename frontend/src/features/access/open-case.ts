// Owns the case or incident that a user worked on last, kept in this browser for the next register entry or request.
import { z } from 'zod'

const openCaseSchema = z.object({ caseNumber: z.string(), incidentNumber: z.string(), reason: z.string() })
export type OpenCase = z.infer<typeof openCaseSchema>

const keyOf = (userId: string): string => `tianwang.open-case.${userId}`

export function openCaseOf(userId: string): OpenCase {
  try {
    const parsed = openCaseSchema.safeParse(JSON.parse(localStorage.getItem(keyOf(userId)) ?? 'null'))
    if (parsed.success) return parsed.data
  } catch {
    // Somebody else's text under our key: as good as nothing remembered.
  }
  return { caseNumber: '', incidentNumber: '', reason: '' }
}

/** What is left out stays as it was remembered. */
export function rememberOpenCase(userId: string, open: Partial<OpenCase>): void {
  localStorage.setItem(keyOf(userId), JSON.stringify({ ...openCaseOf(userId), ...open }))
}
