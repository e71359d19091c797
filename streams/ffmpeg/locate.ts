// Owns finding ffmpeg: FFMPEG_PATH if it is set, otherwise PATH, then the binary that an optional npm package ships.
// Refuses: failing the start-up when there is none; the capability is then null and says so.
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** Count of commits when 5.0 was released. */
const FIRST_BUILD_OF_5 = 105_000

export interface FfmpegCapability {
  ffmpegPath: string
  /** First line's version word, e.g. `5.1.9-0+deb12u1`. */
  version: string
  origin: 'env' | 'path' | 'npm'
}

/** What the rooms that run ffmpeg need to know of it. */
export interface FfmpegTool {
  path: string
  /** `-fps_mode` came with 5.1, `-vsync` goes after 7; both take `passthrough`. */
  syncOption: '-vsync' | '-fps_mode'
}

/** @param capability of `locateFfmpeg` */
export function toolOf(capability: FfmpegCapability): FfmpegTool {
  const release = Number(/^n?(\d+)/.exec(capability.version)?.[1] ?? 0)
  const build = Number(/^N-(\d+)/.exec(capability.version)?.[1] ?? 0)
  return { path: capability.ffmpegPath, syncOption: release >= 6 || build >= 108_000 ? '-fps_mode' : '-vsync' }
}

/** Older releases get no security fixes any more; what cameras send is decoded by it. */
const OLDEST_MAINTAINED = 5

/** Whether this ffmpeg should be replaced by a maintained one. Builds without a release number are not judged unless they are as old as 4.x. */
export function isOutdated(version: string): boolean {
  const release = /^n?(\d+)/.exec(version)?.[1]
  const build = /^N-(\d+)/.exec(version)?.[1]
  if (release !== undefined) return Number(release) < OLDEST_MAINTAINED
  return build !== undefined && Number(build) < FIRST_BUILD_OF_5
}

/** @param env where FFMPEG_PATH and PATH are read, usually process.env */
export async function locateFfmpeg(env: Readonly<Record<string, string | undefined>>): Promise<FfmpegCapability | null> {
  for (const candidate of candidates(env)) {
    const version = await versionOf(candidate.ffmpegPath)
    if (version !== null) return { ...candidate, version }
  }
  return null
}

function* candidates(env: Readonly<Record<string, string | undefined>>): Generator<Omit<FfmpegCapability, 'version'>> {
  const named = env['FFMPEG_PATH']
  if (named) {
    // Who names one wants that one; quietly taking an older one instead would hide the mistake.
    yield { ffmpegPath: named, origin: 'env' }
    return
  }
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const ffmpegPath = join(folder, 'ffmpeg')
    if (folder !== '' && isExecutable(ffmpegPath)) {
      yield { ffmpegPath, origin: 'path' }
      break
    }
  }
  const shipped = shippedPath()
  if (shipped !== null) yield { ffmpegPath: shipped, origin: 'npm' }
}

function shippedPath(): string | null {
  try {
    const shipped: unknown = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg')
    return typeof shipped === 'object' && shipped !== null && 'path' in shipped && typeof shipped.path === 'string' ? shipped.path : null
  } catch {
    return null // the package is optional, and ships no binary for some platforms
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function versionOf(ffmpegPath: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(ffmpegPath, ['-version'], { timeout: 5_000, env: { LC_ALL: 'C' } })
    return /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? null
  } catch {
    return null
  }
}
