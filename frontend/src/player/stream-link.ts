// Owns one opened stream of one tile: asks the server, waits for its picture, plays it, climbs the recover ladder.
// Refuses: drawing and wording; it tells its listener frames and refusals.
import type { StreamKind, StreamState } from '#contract/live.ts'
import type { CameraId } from '#contract/ids.ts'
import { asProblem, type ApiProblem } from '../api/api-problem.ts'
import { LivePlayer } from './live-player.ts'
import { delayOf, isReplay } from './picture-delay.ts'
import { RecoverLadder } from './recover-ladder.ts'
import type { StartGate } from './start-gate.ts'
import type { VideoPool } from './video-pool.ts'

export interface OpenedStream {
  playlistUrl: string
  expiresAtServerMs: number
  state: StreamState
}
export interface StreamLinkDeps {
  /** Asks the server for the stream. Rejects with ApiProblem. */
  open: (cameraId: CameraId, stream: StreamKind, signal: AbortSignal) => Promise<OpenedStream>
  pool: VideoPool
  openGate: StartGate
  playGate: StartGate
  /** Local monotonic ms. */
  monotonicMs: () => number
  serverNowMs: () => number
  random: () => number
}
export interface StreamLinkListener {
  onFrame: (pictureServerMs: number | null) => void
  onProblem: (problem: ApiProblem) => void
}

/** How long to wait for the news that the pull runs before asking for the playlist anyway (the server then lets it wait). */
const WAIT_FOR_RUNNING_MS = 2_500
/** A pull that is known to be down is asked for again this often, so that the server keeps trying for us. */
const DOWN_PAUSE_MS = 20_000
/** A start that shows nothing gives its place to the next one after this. */
const GATE_HELD_MS = 700
const RENEW_BEFORE_MS = 90_000

const isDown = (state: StreamState): boolean => state === 'backing-off' || state === 'stopped'

export class StreamLink {
  readonly video: HTMLVideoElement
  readonly stream: StreamKind
  readonly #cameraId: CameraId
  readonly #deps: StreamLinkDeps
  readonly #listener: StreamLinkListener
  readonly #ladder: RecoverLadder
  #attempt = new AbortController()
  #player: LivePlayer | undefined
  #playlistUrl: string | undefined
  #expiresAtServerMs = Infinity
  #heardRunning: (() => void) | undefined
  #state: StreamState = 'idle'
  #silentSinceMs: number
  #hadPicture = false
  #newestPictureMs: number | null = null
  #retryAtMs: number | undefined

  constructor(deps: StreamLinkDeps, cameraId: CameraId, stream: StreamKind, listener: StreamLinkListener) {
    this.#deps = deps
    this.#cameraId = cameraId
    this.stream = stream
    this.#listener = listener
    this.#ladder = new RecoverLadder(deps.random)
    this.video = deps.pool.take()
    this.#silentSinceMs = deps.monotonicMs()
    void this.#open()
  }

  /** News about the server's pull of this very stream. */
  heard(state: StreamState): void {
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
    const step = this.#ladder.due(nowMs - this.#silentSinceMs, this.#hadPicture)
    if (step === 'seek-edge') this.#player?.seekToEdge()
    else if (step === 'rebuild') this.#rebuild()
    else if (step === 'reopen') this.reopen()
  }

  /** True when the address runs out soon and a successor should be opened beside it. */
  expiresSoon(): boolean {
    return this.#deps.serverNowMs() > this.#expiresAtServerMs - RENEW_BEFORE_MS
  }

  reopen(): void {
    this.#attempt.abort()
    this.#attempt = new AbortController()
    this.#retryAtMs = undefined
    this.#player?.close()
    this.#player = undefined
    void this.#open()
  }

  close(): void {
    this.#attempt.abort()
    this.#player?.close()
    this.#deps.pool.give(this.video)
  }

  async #open(): Promise<void> {
    const { signal } = this.#attempt
    const leaveOpenGate = await this.#deps.openGate.enter(signal)
    if (leaveOpenGate === undefined) return
    try {
      const opened = await this.#deps.open(this.#cameraId, this.stream, signal)
      if (signal.aborted) return
      this.#playlistUrl = opened.playlistUrl
      this.#expiresAtServerMs = opened.expiresAtServerMs
      this.#state = opened.state
    } catch (thrown) {
      if (!signal.aborted) this.#refused(asProblem(thrown))
      return
    } finally {
      leaveOpenGate()
    }
    await this.#untilRunning(signal)
    if (signal.aborted) return
    if (isDown(this.#state)) {
      this.#retryAtMs = this.#deps.monotonicMs() + DOWN_PAUSE_MS
      return
    }
    const leavePlayGate = await this.#deps.playGate.enter(signal)
    if (leavePlayGate === undefined) return
    this.#rebuild(leavePlayGate)
  }

  async #untilRunning(signal: AbortSignal): Promise<void> {
    if (this.#state === 'running') return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, WAIT_FOR_RUNNING_MS)
      this.#heardRunning = done
      signal.addEventListener('abort', done, { once: true })
    })
    this.#heardRunning = undefined
  }

  #rebuild(firstFrame: () => void = () => undefined): void {
    this.#player?.close()
    this.#player = undefined
    if (this.#playlistUrl === undefined) return firstFrame()
    const held = setTimeout(firstFrame, GATE_HELD_MS)
    this.#player = new LivePlayer(this.video, this.#playlistUrl, {
      onFrame: (pictureMs) => {
        clearTimeout(held)
        firstFrame()
        if (isReplay(this.#newestPictureMs, pictureMs, delayOf(pictureMs, this.#deps.serverNowMs()))) return
        this.#newestPictureMs = pictureMs
        this.#silentSinceMs = this.#deps.monotonicMs()
        this.#hadPicture = true
        this.#ladder.frame()
        this.#listener.onFrame(pictureMs)
      },
      onFatal: (_, status) => {
        clearTimeout(held)
        firstFrame()
        // The address is not good any more, or the pull is gone: only a new one helps. Soon, but not at once.
        this.#retryAtMs = this.#deps.monotonicMs() + (status === 401 || status === 403 ? 500 : 1_500 + 1_500 * this.#deps.random())
      },
    })
  }

  #refused(problem: ApiProblem): void {
    this.#listener.onProblem(problem)
    if (problem.status === 403 || problem.status === 404 || problem.status === 401) return
    const pauseMs = problem.retryAfterSeconds === undefined ? 5_000 : Math.min(30, problem.retryAfterSeconds) * 1000
    this.#retryAtMs = this.#deps.monotonicMs() + pauseMs * (0.9 + 0.2 * this.#deps.random())
  }
}
