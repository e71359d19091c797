// Owns exhibit pictures on disk: DATA_DIR/exhibits/<yyyy>/<mm>/<id>.jpg (UTC), mode 0600, durable before anybody hears of
// them. Refuses: changing a file; a name is written once.
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exhibitIdSchema, type ExhibitId } from '#contract/ids.ts'

export interface ExhibitName {
  id: ExhibitId
  capturedAtMs: number
}

/** A file of the exhibits' directory as it lies there. */
export interface KeptFile {
  /** `<yyyy>/<mm>/<file>`. */
  name: string
  /** The exhibit that its name tells; null for one that was never finished (`.part`) or is none of ours. */
  id: ExhibitId | null
  bytes: number
  modifiedMs: number
}

/** Lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export class ExhibitFiles {
  readonly #root: string
  readonly #quarantine: string

  constructor(deps: { dataDir: string }) {
    this.#root = join(deps.dataDir, 'exhibits')
    this.#quarantine = join(deps.dataDir, 'exhibits-quarantine')
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

  /** What lies in the directory, month by month. */
  async *months(): AsyncGenerator<KeptFile[]> {
    for (const year of await namesIn(this.#root, /^\d{4}$/)) {
      for (const month of await namesIn(join(this.#root, year), /^\d{2}$/)) {
        const files: KeptFile[] = []
        for (const file of await namesIn(join(this.#root, year, month), /./)) {
          const found = await stat(join(this.#root, year, month, file))
          const id = exhibitIdSchema.safeParse(file.replace(/\.jpg$/, ''))
          if (found.isFile()) files.push({ name: join(year, month, file), id: id.success && file.endsWith('.jpg') ? id.data : null, bytes: found.size, modifiedMs: found.mtimeMs })
        }
        yield files
      }
    }
  }

  /** Puts a file aside under DATA_DIR/exhibits-quarantine, where nobody reads it; its bytes stay what they are. */
  async quarantine({ name }: KeptFile): Promise<void> {
    const target = join(this.#quarantine, name)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await rename(join(this.#root, name), target)
    for (const directory of [dirname(target), dirname(join(this.#root, name))]) await syncDirectory(directory)
  }

  #path({ id, capturedAtMs }: ExhibitName): string {
    const at = new Date(capturedAtMs)
    return join(this.#root, String(at.getUTCFullYear()), String(at.getUTCMonth() + 1).padStart(2, '0'), `${id}.jpg`)
  }
}

async function namesIn(directory: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => pattern.test(name)).sort()
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
