// Owns reading rows of the cameras table so that one bad row does not take away the others: what the contract takes is read
// strictly, a row that it does not take is mended, and said once per camera. Refuses: values in the log, and writing.
import { z } from 'zod'
import type { Logger } from '#base/logger.ts'
import { cameraIdSchema, type CameraId } from '#contract/ids.ts'
import { mendArchive } from './archive-mend.ts'
import type { Camera } from './camera.ts'
import { cameraRowSchema } from './camera-row.ts'

/** What stands for a column that cannot be read; the next measuring or probe of the camera writes it anew. */
const emptyColumns: Readonly<Record<string, unknown>> = { cause: null, posture: 'unknown', profiles: '[]', stream_paths: '[]' }

const mendable = z.looseObject({ id: cameraIdSchema, gb_code: z.string().catch(''), name: z.string().catch(''), device_status: z.number().catch(1) })

export class CameraRows {
  readonly #logger: Logger
  readonly #told = new Set<CameraId>()

  constructor(deps: { logger: Logger }) {
    this.#logger = deps.logger
  }

  /** @throws ZodError when a column is bad that nothing can stand for, as the id or the unit */
  read(row: unknown): Camera {
    const strictly = cameraRowSchema.safeParse(row)
    return strictly.success ? strictly.data : this.#mend(row, new Set(strictly.error.issues.map((issue) => String(issue.path[0]))))
  }

  readAll(rows: readonly unknown[]): Camera[] {
    return rows.map((row) => this.read(row))
  }

  #mend(raw: unknown, bad: ReadonlySet<string>): Camera {
    const row = mendable.parse(raw)
    const columns = Object.keys(emptyColumns).filter((name) => bad.has(name))
    const mended = bad.has('archive') ? mendArchive(row['archive'], { gbCode: row.gb_code, name: row.name, deviceStatus: row.device_status }) : null
    const camera = cameraRowSchema.parse({
      ...row,
      ...Object.fromEntries(columns.map((name) => [name, emptyColumns[name]])),
      ...(mended === null ? {} : { archive: JSON.stringify(mended.archive) }),
    })
    this.#tell(camera.id, [...(mended === null ? [] : mended.unread.length === 0 ? ['archive'] : mended.unread.map((key) => `archive.${key}`)), ...columns])
    return { ...camera, archiveUnread: mended?.unread ?? [] }
  }

  #tell(cameraId: CameraId, fields: readonly string[]): void {
    if (this.#told.has(cameraId)) return
    this.#told.add(cameraId)
    this.#logger.warn({ cameraId, fields }, 'the row of a camera has values that it may not have; they are shown as not filled in until its archive is edited')
  }
}
