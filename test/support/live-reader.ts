// Owns reading one live stream as a player does, by either way out of the server: low-latency HLS over HTTP with blocking
// reloads, or parts pushed over the media socket. What came is told in one shape, so that one test judges both.
// Refuses: judging.
import { WebSocket } from 'ws'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { mediaPushPath, pushHeaderBytes, pushNoticeSchema, readPushHeader } from '#contract/media-push.ts'
import { BoxSplitter, findBox } from '../../streams/cmaf/box-splitter.ts'
import type { Client } from './server.ts'

export interface Piece {
  epoch: number
  msn: number
  part: number
  /** Said to begin with a key frame. */
  key: boolean
  /** The last one of its segment. */
  segmentEnd: boolean
  /** Said to be the first of an epoch that is not the reader's first. */
  discontinuity: boolean
  programDateMs: number
  durationSeconds: number
  partTargetSeconds: number
  bytes: Buffer
}

/** Decode times in the part's own bytes, 90 kHz ticks. */
export function timesOf({ bytes }: Pick<Piece, 'bytes'>): { start: number; end: number; frames: number } {
  const moof = new BoxSplitter().push(bytes).find((box) => box.type === 'moof')
  const tfdt = moof && findBox(moof.bytes, ['traf', 'tfdt'])
  const trun = moof && findBox(moof.bytes, ['traf', 'trun'])
  if (!tfdt || !trun) throw new Error('a part without its times')
  const start = Number(tfdt.readBigUInt64BE(12))
  const frames = trun.readUInt32BE(12)
  let end = start
  for (let index = 0; index < frames; index++) end += trun.readUInt32BE(20 + index * 16)
  return { start, end, frames }
}

export abstract class LiveReader {
  readonly pieces: Piece[] = []
  readonly inits = new Map<number, Buffer>()
  readonly startedMs = performance.now()
  firstPieceMs: number | null = null
  failure: unknown = null
  #wake: () => void = () => {}

  abstract close(): Promise<void>

  /** @throws what went wrong with the reading, or that it did not come in time */
  async until(what: string, withinMs: number, condition: () => boolean): Promise<void> {
    const late = setTimeout(() => this.failed(new Error(`${what}: not within ${withinMs} ms; ${this.pieces.length} parts came`)), withinMs)
    try {
      while (!condition()) {
        if (this.failure !== null) throw this.failure
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      clearTimeout(late)
    }
  }

  protected took(piece: Piece): void {
    this.firstPieceMs ??= performance.now() - this.startedMs
    this.pieces.push(piece)
    this.#wake()
  }

  protected failed(error: unknown): void {
    this.failure ??= error
    this.#wake()
  }
}

export class HttpReader extends LiveReader {
  readonly #client: Client
  readonly #over = new AbortController()
  readonly #running: Promise<void>
  #folder = ''

  constructor(client: Client, cameraId: CameraId) {
    super()
    this.#client = client
    this.#running = this.#run(cameraId).catch((error: unknown) => this.failed(error))
  }

  async close(): Promise<void> {
    this.#over.abort()
    await this.#running
  }

  async bytes(name: string): Promise<Buffer> {
    const answer = await this.#get(`${this.#folder}/${name}`)
    if (answer.status !== 200) throw new Error(`${name} answered ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  }

  async #run(cameraId: CameraId): Promise<void> {
    const opened = (await this.#client.request('POST', '/api/live', { cameraId, stream: 'sub' })).as(api.openLive.result)
    const url = opened.playlistUrl.split('?', 1)[0] ?? ''
    this.#folder = url.slice(0, url.lastIndexOf('/'))
    let query = ''
    let first = true
    while (!this.#over.signal.aborted) {
      const answer = await this.#get(`${url}${query}`)
      // While the camera is away the server says so at once, or at the end of the wait.
      if (answer.status === 503) {
        await answer.arrayBuffer()
        await new Promise((resolve) => setTimeout(resolve, 100))
        continue
      }
      if (answer.status !== 200) throw new Error(`the playlist answered ${answer.status}`)
      const list = parseLivePlaylist(await answer.text())
      const [from] = first ? list.parts.filter(({ key }) => key).slice(-1) : [null]
      first = false
      for (const listed of list.parts) {
        const newest = this.pieces.at(-1)
        if (newest ? !isAfter(listed, newest) : from && isAfter(from, listed)) continue
        if (!this.inits.has(listed.epoch)) this.inits.set(listed.epoch, await this.bytes(`${listed.epoch}-init.mp4`))
        this.took({ ...listed, bytes: await this.bytes(`${listed.epoch}-${listed.msn}.${listed.part}.m4s`) })
      }
      query = `?_HLS_msn=${list.hint.msn}&_HLS_part=${list.hint.part}`
    }
  }

  /** @throws only when the server cannot be reached; ends empty-handed when the reader was closed */
  async #get(path: string): Promise<Response> {
    try {
      return await fetch(`${this.#client.origin}${path}`, { headers: { cookie: this.#client.cookie }, signal: this.#over.signal })
    } catch (error) {
      if (this.#over.signal.aborted) return new Response(null, { status: 503 })
      throw error
    }
  }
}

export class PushReader extends LiveReader {
  readonly #socket: WebSocket
  readonly #closed: Promise<void>
  #track = { epoch: 0, partTargetSeconds: 0 }

  constructor(client: Client, cameraId: CameraId) {
    super()
    this.#socket = new WebSocket(`${client.origin.replace('http', 'ws')}${mediaPushPath}`, { headers: { cookie: client.cookie, origin: client.origin } })
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.on('error', (error) => this.failed(error))
    this.#socket.on('message', (data: Buffer, isBinary) => (isBinary ? this.#media(data) : this.#notice(data.toString(), cameraId)))
  }

  async close(): Promise<void> {
    this.#socket.terminate()
    await this.#closed
  }

  #notice(text: string, cameraId: CameraId): void {
    const notice = pushNoticeSchema.parse(JSON.parse(text))
    if (notice.type === 'hello') this.#socket.send(JSON.stringify({ type: 'subscribe', id: 1, cameraId, stream: 'sub', mode: 'parts' }))
    else if (notice.type === 'track') this.#track = notice
    else if (notice.type !== 'subscribed') this.failed(new Error(text))
  }

  #media(data: Buffer): void {
    const header = readPushHeader(Uint8Array.from(data).buffer)
    if (header === null) return this.failed(new Error('a message that is none'))
    const bytes = data.subarray(pushHeaderBytes)
    const { epoch, partTargetSeconds } = this.#track
    if (header.kind === 'init') this.inits.set(header.programDateMs, bytes)
    else {
      const { msn, partIndex, key, segmentEnd, programDateMs, durationMs } = header
      const discontinuity = header.discontinuity && this.pieces.length > 0
      this.took({ epoch, partTargetSeconds, msn, part: partIndex, key, segmentEnd, discontinuity, programDateMs, durationSeconds: durationMs / 1000, bytes })
    }
    this.#socket.send(JSON.stringify({ type: 'ack', id: 1, sequence: header.sequence }))
  }
}

const isAfter = (a: Pick<Piece, 'msn' | 'part'>, b: Pick<Piece, 'msn' | 'part'>): boolean => a.msn > b.msn || (a.msn === b.msn && a.part > b.part)

/** Parts that a live playlist lists, in order, and what it says comes next. */
export function parseLivePlaylist(text: string): { parts: Omit<Piece, 'bytes'>[]; hint: { msn: number; part: number } } {
  const parts: Omit<Piece, 'bytes'>[] = []
  const [, msn, part] = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="\d+-(\d+)\.(\d+)\.m4s/.exec(text) ?? []
  if (msn === undefined || part === undefined) throw new Error(`no hint in ${text}`)
  const partTargetSeconds = Number(/PART-TARGET=([\d.]+)/.exec(text)?.[1])
  let discontinuity = false
  let dateMs = NaN
  for (const line of text.split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) dateMs = Date.parse(line.slice('#EXT-X-PROGRAM-DATE-TIME:'.length))
    else if (line.startsWith('#EXTINF:')) {
      const last = parts.at(-1)
      if (last) last.segmentEnd = true
      discontinuity = false
    }
    const [, duration, epoch, segment, index] = /^#EXT-X-PART:DURATION=([\d.]+),URI="(\d+)-(\d+)\.(\d+)\.m4s/.exec(line) ?? []
    if (duration === undefined) continue
    const durationSeconds = Number(duration)
    parts.push({ epoch: Number(epoch), msn: Number(segment), part: Number(index), key: line.includes('INDEPENDENT=YES'), segmentEnd: false, discontinuity: discontinuity && index === '0', programDateMs: dateMs, durationSeconds, partTargetSeconds })
    dateMs += durationSeconds * 1000
  }
  return { parts, hint: { msn: Number(msn), part: Number(part) } }
}
