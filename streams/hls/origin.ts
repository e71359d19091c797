// Owns answering for the files of one stream: playlists of its editions, init segments, segments and parts, with the waits
// that low latency asks for (rfc8216bis §6.2.5, §6.2.6).
// Refuses: rights and HTTP; deciding what is in the window.
import { AppError, missing } from '#base/app-error.ts'
import { sleep, type Clock } from '#base/clock.ts'
import { errorCodes } from '#contract/errors.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamState } from '#contract/live.ts'
import type { MediaFile } from '../media-plane.ts'
import { codecsOf } from '../cmaf/codec.ts'
import type { LiveWindow, WindowSegment } from './live-window.ts'
import { liveName, type FileName, type MediaName } from './names.ts'
import { listedCount, writeLivePlaylist, writeMaster, writePlaylist } from './playlist.ts'
import { judgeReload, type LiveEdge, type ReloadWish } from './reload.ts'

export interface OriginStream {
  readonly window: LiveWindow
  /** The edition whose playlist goes on. */
  readonly edition: number
  readonly state: StreamState
  readonly fault: Fault | null
  onState(listener: () => void): () => void
}

export interface FileWish extends ReloadWish {
  /** How long a playlist may wait for the first segment, ms. */
  waitMs: number
  uriSuffix: string
  signal?: AbortSignal
}

/** A plain playlist asked for just before the next segment waits for it, at most so long. */
const EDGE_WAIT_MS = 700
/** Below the ten seconds after which hls.js gives up; and three target durations at most. */
const MOST_BLOCKED_MS = 8_000

export class Origin {
  readonly #clock: Clock
  readonly #stream: OriginStream

  constructor(deps: { clock: Clock; stream: OriginStream }) {
    this.#clock = deps.clock
    this.#stream = deps.stream
  }

  /** @throws AppError invalid_request, not_found, stream_starting, camera_offline */
  async file(name: FileName, wish: FileWish): Promise<MediaFile> {
    if (name.kind === 'plain') return this.#plain(wish)
    if (name.kind === 'live') return this.#live(name.edition, wish)
    if (name.kind === 'master') return this.#master(wish)
    if (name.kind === 'past') return this.#past(name.fromMs, wish)
    return this.#media(name, wish)
  }

  async #plain(wish: FileWish): Promise<MediaFile> {
    const { window } = this.#stream
    await this.#waitNearEdge(wish)
    const segments = listed(window.segments, window)
    if (segments.length === 0) throw this.#nothingYet()
    return playlist(writePlaylist({ segments, targetDurationSeconds: window.targetDurationSeconds, uriSuffix: wish.uriSuffix }))
  }

  /** What the ring has since a moment, from the key frame that shows it; goes on with every new segment. */
  #past(fromMs: number, wish: FileWish): MediaFile {
    const { window } = this.#stream
    const segments = window.segments.slice(firstShowing(window.segments, fromMs))
    if (segments.length === 0) throw this.#nothingYet()
    return playlist(writePlaylist({ segments, targetDurationSeconds: window.targetDurationSeconds, uriSuffix: wish.uriSuffix }))
  }

  async #master(wish: FileWish): Promise<MediaFile> {
    const { window } = this.#stream
    await this.#waitFor(() => window.newest !== null || this.#givesNothing(), wish.waitMs, wish.signal)
    const { newest } = window
    const init = newest && window.init(newest.epoch)
    if (!newest || !init) throw this.#nothingYet()
    const segments = listed(window.segments.filter((segment) => segment.edition === newest.edition), window)
    const rates = segments.map((segment) => ({ bits: 8 * bytesIn(segment), seconds: segment.durationSeconds }))
    const { width, height } = init.description
    const text = writeMaster({
      uri: `${liveName(newest.edition)}${wish.uriSuffix}`,
      peakBandwidth: Math.ceil(Math.max(...rates.map(({ bits, seconds }) => bits / seconds))),
      averageBandwidth: Math.ceil(sum(rates.map(({ bits }) => bits)) / sum(rates.map(({ seconds }) => seconds))),
      codecs: this.#codecs(segments).join(','),
      width,
      height,
      frameRate: init.edition.frameRate,
    })
    return playlist(text)
  }

  /** Of all that the live playlist lists, what is being made too: the newest first. */
  #codecs(segments: readonly WindowSegment[]): string[] {
    const { window } = this.#stream
    const open = window.open && window.open.edition === segments.at(-1)?.edition ? [window.open] : []
    const inits = [...segments, ...open].map((segment) => window.init(segment.epoch)).reverse()
    return [...new Set(inits.flatMap((init) => (init ? [codecsOf(init.description)] : [])))]
  }

  async #live(edition: number, wish: FileWish): Promise<MediaFile> {
    const { window } = this.#stream
    const own = () => window.segments.filter((segment) => segment.edition === edition)
    if (edition !== this.#stream.edition && own().length === 0) throw missing()
    if (wish.msn === null && wish.part !== null) throw refused('_HLS_part', 'is given without _HLS_msn')
    await this.#waitFor(() => own().length > 0 || this.#givesNothing() || edition !== this.#stream.edition, wish.waitMs, wish.signal)
    if (own().length === 0) throw this.#nothingYet()
    const verdict = () => {
      const edge = this.#edge(own())
      return edge && edition === this.#stream.edition ? judgeReload(edge, wish) : 'answer'
    }
    if (verdict() === 'refuse') throw refused('_HLS_msn', 'is too far ahead')
    const inTime = await this.#waitFor(() => verdict() !== 'wait' || own().length === 0, this.#mostBlockedMs, wish.signal)
    const segments = listed(own(), window)
    const newest = segments.at(-1)
    const partTargetSeconds = newest && window.init(newest.epoch)?.edition.partTargetSeconds
    if (!newest || partTargetSeconds === undefined) throw missing()
    if (!inTime) throw this.#nothingYet()
    const open = window.open?.edition === edition ? window.open : null
    const hint = edition === this.#stream.edition ? this.#hint(newest) : null
    const { targetDurationSeconds } = window
    return playlist(writeLivePlaylist({ segments, open, hint, partTargetSeconds, targetDurationSeconds, uriSuffix: wish.uriSuffix }))
  }

  async #media(name: MediaName, wish: FileWish): Promise<MediaFile> {
    const { window } = this.#stream
    const isHinted = () => {
      if (name.kind !== 'part' || !window.newest) return false
      const hint = this.#hint(window.newest)
      return hint.epoch === name.epoch && hint.msn === name.msn && hint.part === name.part
    }
    // A part may be asked for by its hint; not a byte of it goes out before it is whole.
    const inTime = await this.#waitFor(() => !isHinted(), this.#mostBlockedMs, wish.signal)
    if (!inTime) throw this.#nothingYet()
    const bytes = window.bytesOf(name)
    if (!bytes) throw missing()
    return { bytes, contentType: 'video/mp4', immutable: true }
  }

  #edge(own: readonly WindowSegment[]): LiveEdge | null {
    const newest = own.at(-1)
    const init = newest && this.#stream.window.init(newest.epoch)
    if (!newest || !init) return null
    return { lastMsn: newest.msn, lastParts: newest.parts.length, openParts: this.#stream.window.open?.parts.length ?? 0, partTargetSeconds: init.edition.partTargetSeconds }
  }

  /** The part that comes next. Without a pull it is the first of the next epoch. */
  #hint(newest: WindowSegment): { epoch: number; msn: number; part: number } {
    const { open, newestEpoch } = this.#stream.window
    return open ? { epoch: open.epoch, msn: open.msn, part: open.parts.length } : { epoch: newestEpoch + 1, msn: newest.msn + 1, part: 0 }
  }

  get #mostBlockedMs(): number {
    return Math.min(MOST_BLOCKED_MS, 3_000 * this.#stream.window.targetDurationSeconds)
  }

  /** A camera that is known to give nothing is told at once; the state event has said the same. */
  #givesNothing(): boolean {
    const { state, fault } = this.#stream
    return state === 'stopped' || (fault !== null && state === 'backing-off')
  }

  #nothingYet(): AppError {
    if (this.#stream.fault) return new AppError('unavailable', 'camera_offline', 'The camera gives no picture.', { retryAfterSeconds: 2 })
    return new AppError('unavailable', 'stream_starting', 'The stream has no picture yet.', { retryAfterSeconds: 1 })
  }

  /** Waits for the first segment, or near the live edge for the next: a player that just missed it would ask again late. */
  async #waitNearEdge({ waitMs, signal }: FileWish): Promise<void> {
    const { window, state } = this.#stream
    const { newest } = window
    if (!newest) return void (await this.#waitFor(() => window.newest !== null || this.#givesNothing(), waitMs, signal))
    const usualMs = newest.durationSeconds * 1000
    const ageMs = this.#clock.now() - (newest.programDateMs + usualMs)
    const nearEdge = state === 'running' && Math.abs(ageMs - usualMs) < EDGE_WAIT_MS
    if (nearEdge) await this.#waitFor(() => window.newest !== newest || this.#givesNothing(), Math.min(waitMs, EDGE_WAIT_MS), signal)
  }

  /** Resolves true as soon as `done`, false when the time is over or the asker is gone. */
  async #waitFor(done: () => boolean, waitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (done()) return true
    const over = new AbortController()
    const leave = () => over.abort()
    const look = () => {
      if (done()) leave()
    }
    const { window } = this.#stream
    const offs = [window.on('part', look), window.on('cleared', look), this.#stream.onState(look)]
    signal?.addEventListener('abort', leave)
    if (!signal?.aborted) await sleep(this.#clock, waitMs, over.signal)
    signal?.removeEventListener('abort', leave)
    for (const off of offs) off()
    return done()
  }
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'invalid_request', errorCodes.invalid_request, { issues: [{ path: `query.${field}`, message }] })
}

function playlist(text: string): MediaFile {
  return { bytes: Buffer.from(text, 'utf8'), contentType: 'application/vnd.apple.mpegurl', immutable: false }
}

function listed(segments: readonly WindowSegment[], window: LiveWindow): readonly WindowSegment[] {
  const count = listedCount(segments.map((segment) => segment.durationSeconds), window.targetDurationSeconds)
  return count === 0 ? [] : segments.slice(-count)
}

/** Where to begin so that the frame of a moment can be decoded; the oldest there is for what is older. */
function firstShowing(segments: readonly WindowSegment[], fromMs: number): number {
  const before = segments.findLastIndex((segment) => segment.independent && segment.programDateMs <= fromMs)
  return Math.max(0, before >= 0 ? before : segments.findIndex((segment) => segment.independent))
}

function bytesIn(segment: WindowSegment): number {
  return sum(segment.parts.map((part) => part.bytes.length))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
