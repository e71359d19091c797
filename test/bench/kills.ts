// Owns the bench of kills: ffmpeg is killed at random moments, and how long the camera has no picture; and the same for
// connections that are cut, for cameras that are read without a process.
// Refuses: counting a return before a picture of the new pull is in the playlist, and playlists that break the rules.
import { readdirSync, readFileSync } from 'node:fs'
import { AddressPolicy } from '#base/address-policy.ts'
import { sleep, systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { createMediaPlane, type MediaPlane, type StreamReport, type StreamSource } from '#streams'
import { copiedSubs, FleetProcess } from './fleet-process.ts'
import { quantile, table, type Row } from './table.ts'

const CAMERAS = 4
const PHASE_MS = 3_000

export async function kills(options: { times: number }): Promise<string> {
  const cameras = copiedSubs(CAMERAS)
  const fleet = await FleetProcess.start(Math.max(...cameras.map(({ index }) => index)))
  const rows: Row[] = []
  let broken = 0
  try {
    for (const copyBy of ['ffmpeg', 'direct'] as const) {
      const plane = await createMediaPlane({ logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8']), env: process.env, copyBy })
      try {
        const sources = cameras.map((camera) => fleet.source(camera, 'sub'))
        for (const source of sources) {
          await plane.open(source)
          await plane.file(source, 'index.m3u8', { waitMs: 20_000, uriSuffix: '' })
        }
        const backMs: number[] = []
        for (let time = 0; time < options.times; time++) {
          await sleep(systemClock, PHASE_MS * Math.random())
          const source = sources[time % sources.length] ?? sources[0]
          const camera = cameras[time % cameras.length]
          if (!source || !camera) throw new Error('no camera')
          const hit = nextState(plane, (report) => report.state === 'backing-off')
          const startedMs = performance.now()
          // A process is any of them; a connection is cut by the camera itself, which is back at once.
          if (copyBy === 'ffmpeg') process.kill(pulls()[time % CAMERAS] ?? 0, 'SIGKILL')
          else {
            await fleet.fault(camera.index, 'off')
            await fleet.clearFault(camera.index)
          }
          const { cameraId } = await hit
          await nextState(plane, (report) => report.cameraId === cameraId && report.state === 'running')
          backMs.push(performance.now() - startedMs)
          const found = sources.find((each) => each.cameraId === cameraId)
          if (found && !(await isSound(plane, found))) broken++
        }
        const what = copyBy === 'ffmpeg' ? 'ffmpeg killed' : 'connection cut, no process'
        rows.push({ measure: `${what}, picture back, p50`, value: quantile(backMs, 0.5) / 1000, unit: 's' })
        rows.push({ measure: `${what}, picture back, p95`, value: quantile(backMs, 0.95) / 1000, unit: 's', target: 5 })
        rows.push({ measure: `${what}, picture back, worst`, value: Math.max(...backMs) / 1000, unit: 's' })
      } finally {
        await plane.close()
      }
    }
  } finally {
    await fleet.close()
  }
  return table(`${options.times} times, at random moments, ${CAMERAS} cameras running`, rows, [broken === 0 ? 'Every playlist after a return kept the rules: numbers go on, one discontinuity and its map where the new pull begins, dates that do not go back.' : `${broken} playlists BROKE the rules.`])
}

function nextState(plane: MediaPlane, wanted: (report: StreamReport) => boolean): Promise<StreamReport> {
  return new Promise((resolve) => {
    const off = plane.on('state', (report) => {
      if (!wanted(report)) return
      off()
      resolve(report)
    })
  })
}

/** @see draft-pantos-hls-rfc8216bis §6.2.1, §6.2.2 */
async function isSound(plane: MediaPlane, source: StreamSource): Promise<boolean> {
  const lines = Buffer.from((await plane.file(source, 'index.m3u8', { waitMs: 10_000, uriSuffix: '' })).bytes).toString('utf8').split('\n')
  const msns = lines.flatMap((line) => /-(\d+)\.m4s/.exec(line)?.[1] ?? []).map(Number)
  const inOrder = msns.every((msn, at) => at === 0 || msn === (msns[at - 1] ?? 0) + 1)
  const breaks = lines.flatMap((line, at) => (line === '#EXT-X-DISCONTINUITY' ? [at] : []))
  const mapped = breaks.every((at) => lines.slice(at, at + 4).some((line) => line.startsWith('#EXT-X-MAP')) && lines.slice(at, at + 4).some((line) => line.startsWith('#EXT-X-PROGRAM-DATE-TIME')))
  const dates = lines.flatMap((line) => /^#EXT-X-PROGRAM-DATE-TIME:(.*)$/.exec(line)?.[1] ?? []).map((date) => Date.parse(date))
  return msns.length > 0 && inOrder && mapped && dates.every((date, at) => at === 0 || date > (dates[at - 1] ?? 0))
}

/** Our own ffmpeg children that pull. */
function pulls(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      return stat.includes('(ffmpeg)') && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid
    } catch {
      return false
    }
  })
}
