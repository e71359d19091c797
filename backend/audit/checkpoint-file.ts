// Owns the file of checkpoints and cuts under DATA_DIR/audit: one JSON line each, appended, on disk before anybody is told.
// Refuses: changing or dropping a line. A line that a crash left torn stays, and the next one begins behind it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '#base/canonical-json.ts'
import { readLine, type Sealed } from './checkpoint.ts'

export class CheckpointFile {
  readonly path: string
  readonly #directory: string

  constructor(dataDir: string) {
    this.#directory = join(dataDir, 'audit')
    this.path = join(this.#directory, 'checkpoints.jsonl')
  }

  async append(sealed: Sealed): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const isNew = !existsSync(this.path)
    const file = await open(this.path, 'a+', 0o600)
    try {
      const { size } = await file.stat()
      const end = Buffer.alloc(1)
      const torn = size > 0 && (await file.read(end, 0, 1, size - 1)).bytesRead === 1 && end[0] !== 0x0a
      await file.appendFile(`${torn ? '\n' : ''}${canonicalJson(sealed)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    if (isNew) await syncDirectory(this.#directory)
  }

  /** Lays the public key beside the file, for those who verify. */
  keepPublicKey({ keyId, publicKeyPem }: { keyId: string; publicKeyPem: string }): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    const path = join(this.#directory, `public-key-${keyId}.pem`)
    if (!existsSync(path)) writeFileSync(path, publicKeyPem, { mode: 0o644 })
  }

  /** All readable lines, in order. */
  read(): Sealed[] {
    return existsSync(this.path) ? readSealed(readFileSync(this.path, 'utf8')) : []
  }
}

/** Every checkpoint and cut in a text: this file's, or a syslog's. */
export function readSealed(text: string): Sealed[] {
  return text.split('\n').flatMap((line) => readLine(line) ?? [])
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
