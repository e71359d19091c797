// Owns turning rows of either dialect into typed values: booleans are 0/1 in one and true/false in the other,
// BIGINT may come as text, JSON is text.
import { z } from 'zod'

export const rowInstantMs = z.coerce.number().int()
export const rowBool = z.union([z.boolean(), z.number().transform((value) => value !== 0)])
export const rowJson = <Shape extends z.ZodType>(shape: Shape) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' })
        return z.NEVER
      }
    })
    .pipe(shape)
export const rowBytes = z.instanceof(Uint8Array)

/** UTC milliseconds → ISO instant for the wire. */
export const toInstant = (atMs: number): string => new Date(atMs).toISOString()
export const toInstantOrNull = (atMs: number | null): string | null => (atMs === null ? null : toInstant(atMs))
/** ISO instant from the wire → UTC milliseconds. */
export const fromInstant = (instant: string): number => Date.parse(instant)
