// Owns what media tests of the plane share: encoded loops, a plane against cameras on loopback, waiting for events.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AddressPolicy } from '#base/address-policy.ts'
import type { Logger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { createMediaPlane, type MediaLimits, type MediaPlane, type StreamReport, type StreamSource } from '#streams'
import { locateFfmpeg } from '../../../streams/ffmpeg/locate.ts'
import { accessUnits, type ScriptedCamera } from './scripted-camera.ts'

export interface Loop {
  units: Buffer[][]
  fps: number
}

export interface LoopOptions {
  source?: string
  size?: string
  fps?: number
  gop?: number
  seconds?: number
  codec?: 'h264' | 'h265'
  interlaced?: boolean
}

/** A short loop of lavfi pictures; null when no ffmpeg is found. */
export async function encodeLoop(options: LoopOptions = {}): Promise<Loop> {
  const { source = 'testsrc2', size = '320x180', fps = 25, gop = 25, seconds = 2, codec = 'h264', interlaced = false } = options
  const ffmpeg = await locateFfmpeg(process.env)
  if (!ffmpeg) throw new Error('no ffmpeg')
  const encoder = codec === 'h265' ? ['libx265', '-x265-params', `log-level=none:keyint=${gop}:min-keyint=${gop}:bframes=0:repeat-headers=1`] : ['libx264', '-bf', '0', '-x264-params', 'scenecut=0:repeat-headers=1', ...(interlaced ? ['-flags', '+ildct+ilme'] : [])]
  const input = `${source}${source.includes('=') ? ':' : '='}size=${size}:rate=${fps}`
  const args = ['-v', 'error', '-f', 'lavfi', '-i', input, '-t', String(seconds), '-pix_fmt', 'yuv420p', '-c:v', ...encoder, '-preset', 'veryfast', '-g', String(gop), '-f', codec === 'h265' ? 'hevc' : 'h264', 'pipe:1']
  const { stdout } = await promisify(execFile)(ffmpeg.ffmpegPath, args, { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 })
  return { units: accessUnits(stdout, codec), fps }
}

export interface LoggedLine {
  level: string
  fields: object
  message: string
}

export function recordingLogger(lines: LoggedLine[]): Logger {
  const record = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message })
  return { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error'), child: () => recordingLogger(lines) }
}

export function openPlane(options: { limits?: Partial<MediaLimits>; logger?: Logger; env?: Record<string, string | undefined>; copyBy?: 'direct' | 'ffmpeg' } = {}): Promise<MediaPlane> {
  return createMediaPlane({
    logger: options.logger ?? recordingLogger([]),
    addressPolicy: new AddressPolicy(['127.0.0.0/8']),
    env: options.env ?? process.env,
    copyBy: options.copyBy ?? 'direct',
    ...(options.limits ? { limits: options.limits } : {}),
  })
}

export function sourceOf(camera: ScriptedCamera, overrides: Partial<StreamSource> = {}): StreamSource {
  const { username = 'admin', password = '' } = camera.script
  return {
    cameraId: 'camera-1',
    stream: 'sub',
    tls: false,
    host: '127.0.0.1',
    port: camera.port,
    path: '/live',
    credential: { username, password: new Secret(password) },
    codec: 'h264',
    ...overrides,
  }
}

/** Resolves with the first report that satisfies `wanted`, from now on. */
export function nextReport(plane: MediaPlane, wanted: (report: StreamReport) => boolean): Promise<StreamReport> {
  return new Promise((resolve) => {
    const off = plane.on('state', (report) => {
      if (!wanted(report)) return
      off()
      resolve(report)
    })
  })
}

export async function playlistOf(plane: MediaPlane, source: StreamSource, waitMs = 8_000): Promise<string> {
  const file = await plane.file(source, 'index.m3u8', { waitMs, uriSuffix: '' })
  return Buffer.from(file.bytes).toString('utf8')
}

/** Asks for the playlist again and again, each time waiting for the next segment, until it satisfies `wanted`. */
export async function playlistWhen(plane: MediaPlane, source: StreamSource, wanted: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await playlistOf(plane, source)
    if (wanted(text)) return text
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function segmentNames(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line.endsWith('.m4s'))
}
