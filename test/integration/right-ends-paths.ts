// Owns every path by which bytes reach a person, as a player or a browser would use it: each goes on until it is refused or
// cut, and knows when its last byte came.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { PushViewer } from '../support/push-viewer.ts'
import { call, type Answer, type Client } from '../support/server.ts'
import { watch } from './acceptance-scene.ts'

export interface Path {
  name: string
  /** By `performance.now()`; 0 before the first. */
  lastByteMs: () => number
  /** Resolves when nothing more can come. */
  over: Promise<void>
}

const refusals = 3

/** Asks again and again, until it was refused some times in a row with one of `ends`. */
function repeated(name: string, ends: readonly number[], ask: () => Promise<Answer>): Path {
  let lastByteMs = 0
  const over = (async () => {
    for (let refused = 0; refused < refusals; ) {
      // An answer may be cut in its middle; the next one says whether more can come.
      const status = await ask().then((answer) => answer.status, () => 0)
      if (status === 200) lastByteMs = performance.now()
      refused = ends.includes(status) ? refused + 1 : 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  return { name, lastByteMs: () => lastByteMs, over }
}

/** Live video of one camera: playlist by ticket and by cookie, blocking reload, segment, media socket. */
export async function livePaths(client: Client, cameraId: CameraId, ends: readonly number[]): Promise<Path[]> {
  const { playlistUrl } = await watch(client, cameraId, 'sub')
  const byTicket = (url: string) => call(client.origin, 'GET', url, undefined, {})
  const [bare = ''] = playlistUrl.split('?')
  const newestSegment = async (): Promise<Answer> => {
    const playlist = await byTicket(playlistUrl)
    const newest = playlist.text.split('\n').findLast((line) => line.includes('.m4s') && !line.startsWith('#'))
    if (playlist.status !== 200 || newest === undefined) return playlist
    const { pathname, search } = new URL(newest, `http://x${playlistUrl}`)
    return byTicket(pathname + search)
  }
  const nextPart = async (): Promise<Answer> => {
    const playlist = await byTicket(playlistUrl)
    if (playlist.status !== 200) return playlist
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist.text)?.[1] ?? 0)
    const listed = playlist.text.match(/#EXTINF/g)?.length ?? 0
    return byTicket(`${playlistUrl}&_HLS_msn=${first + listed}`)
  }
  return [
    repeated('playlist by ticket', ends, () => byTicket(playlistUrl)),
    repeated('playlist by cookie', ends, () => client.get(bare)),
    repeated('segment', ends, newestSegment),
    repeated('blocking reload', ends, nextPart),
    await pushed(client, cameraId),
  ]
}

async function pushed(client: Client, cameraId: CameraId): Promise<Path> {
  const viewer = new PushViewer(client.origin, { cookie: client.cookie }, { answers: true })
  await viewer.until('hello')
  viewer.send({ type: 'subscribe', id: 1, cameraId, stream: 'sub', mode: 'parts', priority: 'visible' })
  await viewer.until('subscribed', 1)
  await viewer.untilMedia(1)
  const over = viewer.until('ended', 1).then(() => {
    // What comes after the farewell would still be counted.
    viewer.socket.close()
    return viewer.closed.then(() => undefined)
  })
  return { name: 'media socket', lastByteMs: () => viewer.lastMediaMs, over }
}

/** A kept picture of the person's own case. */
export async function exhibitPath(client: Client, cameraId: CameraId, caseNumber: string, ends: readonly number[]): Promise<Path> {
  const opened = await client.request('POST', '/api/cases', { caseNumber, title: '平潭街入室盗窃', category: '050201' })
  assert.equal(opened.status, 200, opened.text)
  const moment = new Date(Date.now() - 1_000).toISOString()
  const tag = await client.request('POST', '/api/tags', { caseId: opened.as(api.createCase.result).id, cameraIds: [cameraId], from: moment, to: moment, category: 'fleeing' })
  assert.equal(tag.status, 200, tag.text)
  const [exhibit] = tag.as(api.createTag.result).exhibits
  assert.ok(exhibit, tag.text)
  return repeated('exhibit', ends, () => client.get(`/api/exhibits/${exhibit.id}/picture`))
}

export const csvPath = (client: Client, ends: readonly number[]): Path => repeated('CSV of cameras', ends, () => client.get('/api/cameras.csv'))

/** A long download whose reader is slow: it stands still until `goOn`, then takes what there is. */
export async function slowDownload(client: Client, address: string): Promise<Path & { goOn: () => void; complete: () => boolean }> {
  const request = get(`${client.origin}${address}`, { headers: { cookie: client.cookie } })
  const [response] = await once(request, 'response')
  assert.equal(response.statusCode, 200)
  let lastByteMs = 0
  response.on('data', () => (lastByteMs = performance.now()))
  response.on('error', () => {})
  request.on('error', () => {})
  await once(response, 'data')
  response.pause()
  const over = new Promise<void>((resolve) => response.once('close', () => resolve()))
  return { name: address, lastByteMs: () => lastByteMs, over, goOn: () => response.resume(), complete: () => response.complete }
}
