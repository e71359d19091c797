// Owns the file in which watch intervals wait while the database cannot be written: one numbered line each, on disk before
// the picture is given.
// Refuses: deciding how long that may go on.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { AuditEntry } from './audit-chain.ts'

const entrySchema = z.object({
  id: z.string(),
  atMs: z.number(),
  actorId: z.string().nullable(),
  actorName: z.string(),
  unitId: z.string().nullable(),
  unitName: z.string(),
  sessionId: z.string().nullable(),
  ip: z.string(),
  action: z.string(),
  targetKind: z.string(),
  targetId: z.string(),
  targetName: z.string(),
  cameraId: z.string(),
  caseNumber: z.string(),
  outcome: z.string(),
  purpose: z.string(),
  detail: z.string(),
}) satisfies z.ZodType<AuditEntry>
const lineSchema = z.object({ n: z.number().int(), entry: entrySchema })

export interface Spooled {
  entries: AuditEntry[]
  /** Whether a line between the first and the last is missing. */
  gap: boolean
}

export class LiveSpool {
  readonly #directory: string
  readonly #path: string
  #next = 1

  constructor(dataDir: string) {
    this.#directory = join(dataDir, 'audit')
    this.#path = join(this.#directory, 'live-spool.jsonl')
  }

  async append(entry: AuditEntry): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(`${JSON.stringify({ n: this.#next, entry })}\n`)
      await file.sync()
      this.#next++
    } finally {
      await file.close()
    }
  }

  /** What waits; a last line that a crash tore was never answered for and is left out. */
  read(): Spooled {
    if (!existsSync(this.#path)) return { entries: [], gap: false }
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1)
    const read = lines.map((line) => lineSchema.safeParse(parsed(line)).data)
    const whole = read.filter((line) => line !== undefined)
    this.#next = Math.max(this.#next, (whole.at(-1)?.n ?? 0) + 1)
    return { entries: whole.map(({ entry }) => entry), gap: whole.length !== lines.length || whole.some(({ n }, at) => n !== at + 1) }
  }

  clear(): void {
    rmSync(this.#path, { force: true })
    this.#next = 1
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
