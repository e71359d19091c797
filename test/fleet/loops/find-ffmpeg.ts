// Owns where ffmpeg is: given path, FFMPEG_PATH, PATH, then the npm-shipped binary.
// Refuses: installing or downloading anything.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'

/** The first ffmpeg there is, or null. */
export function findFfmpeg(env: NodeJS.ProcessEnv, given?: string): string | null {
  for (const path of [given, env['FFMPEG_PATH']]) if (path) return existsSync(path) ? path : null
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'ffmpeg')
    if (folder !== '' && existsSync(path)) return path
  }
  return npmFfmpeg()
}

function npmFfmpeg(): string | null {
  try {
    const shipped: unknown = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg')
    if (typeof shipped === 'object' && shipped !== null && 'path' in shipped && typeof shipped.path === 'string') {
      return existsSync(shipped.path) ? shipped.path : null
    }
  } catch {
    // the optional package is not installed on this platform
  }
  return null
}
