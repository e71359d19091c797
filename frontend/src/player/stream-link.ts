// Owns one opened stream of one tile: has it opened, plays what comes, climbs the recover ladder.
// Refuses: drawing and wording; it tells its listener frames, refusals and when its picture is about to go.
import type { CameraId } from '#contract/ids.ts'
import type { Decodes, StreamForm, StreamKind, StreamState, StreamStatus, TranscodeQueue } from '#contract/live.ts'
import type { PushPriority } from '#contract/media-push.ts'
import { asProblem, ApiProblem } from '../api/api-problem.ts'
import { openByHttp, type HttpOpeningDeps } from './http/http-opening.ts'
import { delayOf } from './picture-delay.ts'
import type { PicturePlayer, PlayerListener, PlayerTotals } from './picture-player.ts'
import { pagePlayers, type Players } from './players.ts'
import { openByPush } from './push-opening.ts'
import type { PushSocket } from './push/push-socket.ts'
import { RecoverLadder, type RecoverStep } from './recover-ladder.ts'
import { isBarred, retryPauseMs } from './retry-pause.ts'
import { ShownFrames, type ShownFrame } from './shown-frames.ts'
import type { VideoPool } from './video-pool.ts'

export interface StreamLinkDeps extends HttpOpeningDeps {
  pool: VideoPool
  /** Undefined = HTTP only. */
  push: PushSocket | undefined
  serverNowMs: () => number
  /** What the browser plays. */
  decodes: (stream: StreamKind) => Promise<Decodes>
  random: () => number
  /** The page's own; others in tests. */
  players?: Players
}
export interface LinkWish {
  cameraId: CameraId
  stream: StreamKind
  /** Looked at closely: frame by frame, as near to now as can be. */
  focus: boolean
}
/** What is known of the server's side of a link. */
export type LinkStatus = Pick<StreamStatus, 'state' | 'fault' | 'queue'> & { sinceServerMs: number }
export interface StreamLinkListener {
  /** The server gave the stream; a picture may take a while. */
  onOpened: () => void
  /** A picture that nobody has seen yet is on screen. */
  onFrame: (pictureServerMs: number | null) => void
  /** A viewer who is barred has lost player and picture by now. */
  onProblem: (problem: ApiProblem) => void
  onStatus: (status: LinkStatus) => void
  /** The video is about to lose its picture. */
  onEmptying: (video: HTMLVideoElement) => void
}

/** A pull that is known to be down is asked for again this often, so that the server keeps trying for us. */
const DOWN_PAUSE_MS = 20_000
/** A successor is opened so long before the end of a ticket, or when two thirds of a shorter ticket's life are over. */
const RENEW_BEFORE_MS = 90_000
/** How much of the usual distance of frames the newest one decides. */
const GAP_LEARNS = 0.1

export const isDown = (state: StreamState): boolean => state === 'backing-off' || state === 'stopped'

export class StreamLink {
  readonly video: HTMLVideoElement
  readonly wish: LinkWish
  readonly #deps: StreamLinkDeps
  readonly #listener: StreamLinkListener
  readonly #ladder: RecoverLadder
  readonly #players: Players
  readonly #seen: ShownFrames
  #attempt = new AbortController()
  #player: PicturePlayer | undefined
  #remake: (() => void) | undefined
  #setPriority: (priority: PushPriority) => void = () => undefined
  #priority: PushPriority = 'visible'
  #focusRefused = false
  #renewAtServerMs = Infinity
  /** It plays, but not by the media socket. */
  #byHttp = false
  #heardRunning: (() => void) | undefined
  #state: StreamState = 'idle'
  /** Since when and why it gives no picture, over all attempts until it runs or shows one: each begins a state of its own. */
  #outage: Pick<LinkStatus, 'sinceServerMs' | 'fault'> | undefined
  /** Null until the server has chosen. */
  #form: StreamForm | null = null
  /** News that came before the server's choice. */
  readonly #early = new Map<StreamForm, StreamStatus>()
  #silentSinceMs: number
  #usualGapMs = 0
  #hadPicture = false
  #retryAtMs: number | undefined
  /** Refusals in a row. */
  #refusals = 0
  #past: PlayerTotals = { bytes: 0, decoded: 0, dropped: 0 }
  /** Steps of the ladder that were taken since the link began. */
  readonly steps: RecoverStep[] = []

  /** @param before whose place this link is to take: what was seen there is not new here */
  constructor(deps: StreamLinkDeps, wish: LinkWish, listener: StreamLinkListener, before?: StreamLink) {
    this.#deps = deps
    this.#players = deps.players ?? pagePlayers
    this.#seen = before === undefined ? new ShownFrames() : before.#seen.successor()
    this.wish = wish
    this.#listener = listener
    this.#ladder = new RecoverLadder(deps.random)
    this.video = deps.pool.take()
    this.#silentSinceMs = deps.monotonicMs()
    void this.#open()
  }

  /** News about the server's streams; what is not of this one is passed over. */
  heard(status: StreamStatus): void {
    if (status.cameraId !== this.wish.cameraId || status.stream !== this.wish.stream) return
    if (this.#form === null) return void this.#early.set(status.form, status)
    if (status.form !== this.#form) return
    const { state, fault, queue } = status
    this.#tell({ state, fault, queue, sinceServerMs: Date.parse(status.since) })
    const back = state === 'running' && this.#state !== 'running'
    this.#state = state
    if (!back) return
    this.#heardRunning?.()
    if (this.#player === undefined && this.#retryAtMs !== undefined) this.#retryAtMs = this.#deps.monotonicMs()
    // It came back: do not wait for the ladder's long pauses.
    if (this.#hadPicture || this.#retryAtMs !== undefined) this.#silentSinceMs = Math.max(this.#silentSinceMs, this.#deps.monotonicMs() - 1_000)
    this.#ladder.frame()
  }

  /** Called about twice a second: takes the recovery step that is due. */
  tick(): void {
    const nowMs = this.#deps.monotonicMs()
    if (this.#retryAtMs !== undefined) {
      if (nowMs >= this.#retryAtMs) this.reopen()
      return
    }
    if (this.#state === 'queued') return void (this.#silentSinceMs = nowMs)
    const step = this.#ladder.due(nowMs - this.#silentSinceMs, this.#hadPicture, this.#usualGapMs)
    if (step === undefined) return
    this.steps.push(step)
    if (step === 'seek-edge') this.seekToEdge()
    else if (step === 'rebuild') this.#remake?.()
    else if (step === 'still') this.#rest()
    else this.#reopen()
  }

  seekToEdge(): void {
    this.#player?.seekToEdge()
  }

  /** Who keeps its picture longest when the line is slow. */
  setPriority(priority: PushPriority): void {
    if (priority === this.#priority) return
    this.#priority = priority
    this.#setPriority(priority)
  }

  totals(): PlayerTotals {
    const now = this.#player?.totals()
    if (now === undefined) return this.#past
    return { bytes: this.#past.bytes + now.bytes, decoded: this.#past.decoded + now.decoded, dropped: this.#past.dropped + now.dropped }
  }

  /** True when a successor should be opened beside it: the address runs out soon, or the media socket has come back. */
  expiresSoon(): boolean {
    return this.#deps.serverNowMs() > this.#renewAtServerMs || (this.#byHttp && this.#deps.push?.comesBack() === true)
  }

  /** By hand, or after a pause: time that nothing was asked for is no silence of the stream, so the ladder starts from below. */
  reopen(): void {
    this.#silentSinceMs = this.#deps.monotonicMs()
    this.#ladder.frame()
    this.#reopen()
  }

  #reopen(): void {
    this.#rest()
    this.#attempt = new AbortController()
    void this.#open()
  }

  close(): void {
    this.#end()
    this.#deps.pool.give(this.video)
  }

  /** Gives stream and decoder back; the tile keeps a still. */
  #rest(): void {
    if (this.#player !== undefined) this.#listener.onEmptying(this.video)
    this.#end()
  }

  /** Nothing of this attempt plays, waits or is heard of any more. */
  #end(): void {
    this.#attempt.abort()
    this.#retryAtMs = undefined
    this.#renewAtServerMs = Infinity
    this.#byHttp = false
    this.#remake = undefined
    this.#closePlayer()
  }

  #closePlayer(): void {
    this.#past = this.totals()
    this.#player?.close()
    this.#player = undefined
  }

  async #open(): Promise<void> {
    const { signal } = this.#attempt
    const { push, line, serverNowMs } = this.#deps
    const decodes = await this.#deps.decodes(this.wish.stream)
    if (signal.aborted) return
    if (push?.usable === true) return this.#openByPush(push, decodes, signal)
    try {
      const opened = await openByHttp(this.#deps, this.wish, signal, {
        running: (now) => {
          this.#opened(now)
          return this.#untilRunning(signal)
        },
        // Whoever waits its turn is told when it has come.
        isDown: () => isDown(this.#state) || this.#state === 'queued',
      })
      if (opened === undefined || signal.aborted) return
      const leftMs = opened.expiresAtServerMs - this.#deps.serverNowMs()
      this.#renewAtServerMs = opened.expiresAtServerMs - Math.min(RENEW_BEFORE_MS, leftMs / 3)
      if (opened.kind === 'down') return void (this.#retryAtMs = this.#deps.monotonicMs() + DOWN_PAUSE_MS)
      this.#remake = () => this.#play((listener) => this.#players.hls(this.video, { kind: 'http', playlistUrl: opened.playlistUrl, line, serverNowMs }, listener), opened.started)
      this.#byHttp = true
      this.#remake()
    } catch (thrown) {
      if (!signal.aborted) this.#refused(asProblem(thrown))
    }
  }

  #opened({ form, state, queue }: { form: StreamForm; state: StreamState; queue: TranscodeQueue | null }): void {
    this.#refusals = 0
    this.#form = form
    this.#state = state
    this.#listener.onOpened()
    // Memory may hold a picture of before: it is not to look live.
    if (queue !== null || state === 'stalled' || state === 'backing-off') this.#tell({ state, fault: null, queue, sinceServerMs: this.#deps.serverNowMs() })
    const early = this.#early.get(form)
    this.#early.clear()
    if (early !== undefined) this.heard(early)
  }

  #tell(status: LinkStatus): void {
    if (status.state === 'running') this.#outage = undefined
    if (status.state !== 'stalled' && !isDown(status.state)) return this.#listener.onStatus(status)
    const { sinceServerMs = Infinity, fault = null } = this.#outage ?? {}
    this.#outage = { sinceServerMs: Math.min(sinceServerMs, status.sinceServerMs), fault: status.fault ?? fault }
    this.#listener.onStatus({ ...status, ...this.#outage })
  }

  #openByPush(push: PushSocket, decodes: Decodes, signal: AbortSignal): void {
    const focus = this.wish.focus && !this.#focusRefused && this.#players.framesSupported()
    this.#setPriority = openByPush(push, { ...this.wish, focus, priority: this.#priority, decodes }, signal, {
      opened: (now) => this.#opened(now),
      playParts: (store) => {
        this.#remake = () => this.#play((listener) => this.#players.hls(this.video, { kind: 'push', store }, listener))
        this.#remake()
      },
      playFrames: () => {
        const player = this.#play((listener) => this.#players.frames(this.video, listener))
        // Frames that have gone cannot be played again: a new player needs a new subscription.
        this.#remake = () => this.#reopen()
        return player
      },
      refused: (problem) => this.#refused(problem),
      lost: (pauseMs) => void (this.#retryAtMs = this.#deps.monotonicMs() + pauseMs * (0.5 + this.#deps.random())),
    })
  }

  async #untilRunning(signal: AbortSignal): Promise<void> {
    if (this.#state === 'running') return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, this.#deps.waitForRunningMs)
      this.#heardRunning = done
      signal.addEventListener('abort', done, { once: true })
    })
    this.#heardRunning = undefined
  }

  #play<Player extends PicturePlayer>(make: (listener: PlayerListener) => Player, started: () => void = () => undefined): Player {
    if (this.#player !== undefined) this.#listener.onEmptying(this.video)
    this.#closePlayer()
    this.#seen.playerBegins()
    const player = make({
      onFrame: (frame) => {
        started()
        this.#frame(frame)
      },
      onFatal: (kind, status) => {
        started()
        if (kind === 'media') this.#focusRefused = true
        // The address is not good any more, or the pull is gone: only a new one helps. Soon, but not at once, and not put off
        // by each further word of it.
        this.#retryAtMs ??= this.#deps.monotonicMs() + (status === 401 || status === 403 ? 500 : 1_500 + 1_500 * this.#deps.random())
      },
    })
    this.#player = player
    return player
  }

  #frame(frame: ShownFrame): void {
    const { pictureMs } = frame
    const nowMs = this.#deps.monotonicMs()
    if (!this.#seen.isNew(frame, nowMs, delayOf(pictureMs, this.#deps.serverNowMs()))) return
    if (this.#hadPicture) this.#usualGapMs += GAP_LEARNS * (Math.min(5_000, nowMs - this.#silentSinceMs) - this.#usualGapMs)
    this.#silentSinceMs = nowMs
    this.#hadPicture = true
    this.#outage = undefined
    this.#ladder.frame()
    this.#listener.onFrame(pictureMs)
  }

  #refused(problem: ApiProblem): void {
    // Who may not watch any longer does not see what is still in the browser either, and no still of it.
    if (isBarred(problem)) this.#end()
    this.#refusals++
    this.#retryAtMs = this.#deps.monotonicMs() + retryPauseMs(problem, this.#refusals, this.#deps.random)
    this.#listener.onProblem(problem)
  }
}
