// Owns the keys of this installation: random bytes in files of mode 0600 under DATA_DIR/keys, outside the database.
// Refuses: defaults, keys readable by others, keys of a wrong length, keys that no chance has made.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RandomBytes } from '#base/ids.ts'
import { StartError } from '#base/start-error.ts'

/** Reads the key, making it on first use. @throws StartError key_refused, naming the file when its length or mode is wrong */
export function keyFile(dataDir: string, name: string, random: RandomBytes): Buffer {
  const directory = join(dataDir, 'keys')
  const path = join(directory, `${name}.key`)
  if (!existsSync(path)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    writeFileSync(path, random(32).toString('base64'), { mode: 0o600, flag: 'wx' })
    chmodSync(path, 0o600)
  }
  if ((statSync(path).mode & 0o077) !== 0) throw new StartError('key_refused', `${path} can be read by others; chmod 600 it`)
  const key = Buffer.from(readFileSync(path, 'utf8'), 'base64')
  if (key.length !== 32) throw new StartError('key_refused', `${path} does not hold a 32-byte key`)
  // Thirty-two bytes of chance have about thirty values; fewer than sixteen of them are somebody's sample.
  if (new Set(key).size < 16) throw new StartError('key_refused', `${path} holds a key that is no random one; remove it before the first start`)
  return key
}
