// Owns the bench of kills: ffmpeg is killed at random moments, how long the camera has no picture, and whether its playlists,
// with parts and of whole segments, keep the rules over it; and the same for connections that are cut, for cameras that are
// read without a process. Refuses: counting a return before a picture of the new pull is in the playlist.
import { readdirSync, readFileSync } from 'node:fs'
import { AddressPolicy } from '#base/address-policy.ts'
import { sleep, systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { createMediaPlane, type MediaPlane, type StreamReport, type StreamSource } from '#streams'
import { assertFollows, assertParts, assertSound, readPlaylist, type SeenPlaylist } from '../support/playlist-rules.ts'
import { copiedSubs, FleetProcess } from './fleet-process.ts'
import { quantile, table, type Row } from './table.ts'

const CAMERAS = 4
const PHASE_MS = 3_000
/** Cameras, plane and bench share a machine: so late may a frame reach the plane. */
const DELAYED_MS = 500

export async function kills(options: { times: number }): Promise<string> {
  const cameras = copiedSubs(CAMERAS)
  const fleet = await FleetProcess.start(Math.max(...cameras.map(({ index }) => index)))
  const rows: Row[] = []
  const broken: string[] = []
  let judged = 0
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
          const before = new Map<StreamSource, Lists>()
          for (const source of sources) before.set(source, await listsOf(plane, source))
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
          const known = found && before.get(found)
          if (!found || !known) throw new Error(`nobody asked for ${cameraId}`)
          const now = await listsOf(plane, found, known.edition)
          for (const name of ['index', 'live'] as const) {
            judged++
            const fault = faultOf(known[name], now[name])
            if (fault !== null) broken.push(`${name} of ${cameraId}: ${fault}`)
          }
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
  rows.push({ measure: 'playlists broken', value: broken.length, unit: '', target: 1, ...(judged < 4 * options.times && { incomplete: `only ${judged} judged` }) })
  const rules = `${judged} playlists, with parts and of whole segments, were held against those of before: numbers go on, what stays is as it was, one discontinuity and its map where the new pull begins, dates that go on, parts within 85 and 100 % of their target, the hint the next of them.`
  return table(`${options.times} times, at random moments, ${CAMERAS} cameras running`, rows, [rules, ...broken.slice(0, 5).map((fault) => `BROKEN: ${fault}`)])
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

interface Lists {
  edition: number
  /** Of whole segments. */
  index: string
  /** With parts. */
  live: string
}

/** @param edition whose list with parts is wanted; left out = the one that goes on */
async function listsOf(plane: MediaPlane, source: StreamSource, edition?: number): Promise<Lists> {
  const text = async (name: string) => Buffer.from((await plane.file(source, name, { waitMs: 10_000, uriSuffix: '' })).bytes).toString('utf8')
  const report = (await plane.reports()).find(({ cameraId, stream }) => cameraId === source.cameraId && stream === source.stream)
  if (!report) throw new Error(`${source.cameraId} does not run`)
  const wanted = edition ?? report.edition
  return { edition: wanted, index: await text('index.m3u8'), live: await text(`${wanted}-live.m3u8`) }
}

/** Which rule a playlist broke in itself or after the one before; null = none. */
function faultOf(before: string, text: string): string | null {
  const [old, now] = [readPlaylist(before), readPlaylist(text)]
  try {
    assertSound(now, DELAYED_MS)
    assertFollows(old, now)
    if (now.hint !== null) assertParts(text)
    // One that has ended goes on under another name.
    if (!text.includes('#EXT-X-ENDLIST') && newBegins(old, now) !== 1) return `${newBegins(old, now)} discontinuities for one return`
    return null
  } catch (error) {
    return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
  }
}

const newBegins = (old: SeenPlaylist, now: SeenPlaylist) => now.segments.filter(({ uri, discontinuity }) => discontinuity && !old.segments.some((segment) => segment.uri === uri)).length

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
