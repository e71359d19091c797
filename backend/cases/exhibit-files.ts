// Owns exhibit pictures on disk: DATA_DIR/exhibits/<yyyy>/<mm>/<id>.jpg (UTC), mode 0600, durable before anybody hears of
// them. Refuses: changing a file; a name is written once.
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExhibitId } from '#contract/ids.ts'

export interface ExhibitName {
  id: ExhibitId
  capturedAtMs: number
}

/** Lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export class ExhibitFiles {
  readonly #root: string

  constructor(deps: { dataDir: string }) {
    this.#root = join(deps.dataDir, 'exhibits')
  }

  /** Resolves when file and directory entries are on disk. */
  async write(name: ExhibitName, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name)
    const month = dirname(path)
    await mkdir(month, { recursive: true, mode: 0o700 })
    const half = `${path}.part`
    try {
      const file = await open(half, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(half, path)
    } catch (error) {
      await rm(half, { force: true })
      throw error
    }
    // The month's directory may be new, and then its own entry and the year's have to be durable too.
    for (const directory of [month, dirname(month), this.#root]) await syncDirectory(directory)
  }

  /** The bytes, or null when the file is gone or cannot be read. */
  async read(name: ExhibitName): Promise<Uint8Array | null> {
    return readFile(this.#path(name)).catch(() => null)
  }

  /** For a picture whose row was never written. */
  async remove(name: ExhibitName): Promise<void> {
    await rm(this.#path(name), { force: true })
  }

  #path({ id, capturedAtMs }: ExhibitName): string {
    const at = new Date(capturedAtMs)
    return join(this.#root, String(at.getUTCFullYear()), String(at.getUTCMonth() + 1).padStart(2, '0'), `${id}.jpg`)
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
