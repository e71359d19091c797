// Owns the bench of waiting: from opening a stream to the first playable segment, cold and warm, and ffmpeg's own first
// segment of the same cameras as reference.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AddressPolicy } from '#base/address-policy.ts'
import { silentLogger } from '#base/logger.ts'
import { createMediaPlane, type MediaPlane, type StreamSource } from '#streams'
import { copiedSubs, type FleetProcess } from './fleet-process.ts'
import { median, table } from './table.ts'

export async function firstPicture(fleet: FleetProcess, options: { cameras: number; ffmpegPath: string }): Promise<string> {
  const plane = await createMediaPlane({ logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8']), env: process.env })
  const cold: number[] = []
  const warm: number[] = []
  const reference: number[] = []
  try {
    for (const camera of copiedSubs(options.cameras)) {
      const source = fleet.source(camera, 'sub')
      cold.push(await untilPlayable(plane, source))
      warm.push(await untilPlayable(plane, source))
      await plane.stop(source)
      reference.push(await untilWritten(options.ffmpegPath, fleet.openUrl(camera, 'sub')))
    }
  } finally {
    await plane.close()
  }
  const rows = [
    { measure: `cold, median of ${cold.length}`, value: median(cold) / 1000, unit: 's', reference: { name: 'ffmpeg -c copy -f hls', value: median(reference) / 1000 }, target: 2.5 },
    { measure: 'cold, slowest', value: Math.max(...cold) / 1000, unit: 's', reference: { name: 'ffmpeg, slowest', value: Math.max(...reference) / 1000 }, target: 2.5 },
    { measure: 'warm, median', value: median(warm) / 1000, unit: 's', reference: { name: 'cold', value: median(cold) / 1000 }, target: 1 },
    { measure: 'warm, slowest', value: Math.max(...warm) / 1000, unit: 's', target: 1 },
  ]
  return table('First picture: open to the first playable segment in hand', rows)
}

async function untilPlayable(plane: MediaPlane, source: StreamSource): Promise<number> {
  const startedMs = performance.now()
  await plane.open(source)
  const playlist = Buffer.from((await plane.file(source, 'index.m3u8', { waitMs: 20_000, uriSuffix: '' })).bytes).toString('utf8')
  const [segment = ''] = playlist.split('\n').filter((line) => line.endsWith('.m4s')).slice(-1)
  await plane.file(source, segment.split('/').at(-1) ?? '', { waitMs: 0, uriSuffix: '' })
  return performance.now() - startedMs
}

/** ffmpeg with 2 s segments on disk until its playlist appears. */
function untilWritten(ffmpegPath: string, url: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tianwang-bench-'))
  const startedMs = performance.now()
  const child = spawn(ffmpegPath, ['-nostdin', '-loglevel', 'quiet', '-rtsp_transport', 'tcp', '-i', url, '-map', '0:v:0', '-c', 'copy', '-f', 'hls', '-hls_time', '2', join(folder, 'index.m3u8')], { stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    const watcher = watch(folder, (_kind, name) => {
      if (name !== 'index.m3u8') return
      resolve(performance.now() - startedMs)
      watcher.close()
      child.kill('SIGKILL')
    })
    child.once('exit', (code) => {
      watcher.close()
      rmSync(folder, { recursive: true, force: true })
      reject(new Error(`ffmpeg ended with ${code}`))
    })
  })
}
