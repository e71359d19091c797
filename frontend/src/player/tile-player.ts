// Owns what one tile plays of one camera: the present stream, its successor until that shows a picture, and the view of both.
// Refuses: Vue's reactivity per frame; `tick` (twice a second) is when the view changes.
import type { CameraSummary } from '#contract/cameras.ts'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind, StreamStatus, TranscodeQueue } from '#contract/live.ts'
import type { PushPriority } from '#contract/media-push.ts'
import type { ApiProblem } from '../api/api-problem.ts'
import { delayOf } from './picture-delay.ts'
import type { PlayerTotals } from './picture-player.ts'
import type { RecoverStep } from './recover-ladder.ts'
import { isBarred, retryPauseMs } from './retry-pause.ts'
import { Still } from './still.ts'
import { StreamLink, type LinkStatus, type StreamLinkDeps } from './stream-link.ts'
import { openedTile, tileAfter, tileView, type TileFacts, type TileView } from './tile-state.ts'

/** Which stream, and whether it is looked at closely. */
export interface TileWish {
  stream: StreamKind
  focus: boolean
}

export interface TileStats extends PlayerTotals {
  /** Size of the picture on screen, px; 0 before the first. */
  width: number
  height: number
  steps: readonly RecoverStep[]
}

export class TilePlayer {
  readonly cameraId: CameraId
  readonly #deps: StreamLinkDeps
  readonly #host: HTMLElement
  readonly #still: Still
  #facts: TileFacts
  #current: StreamLink
  #next: StreamLink | undefined
  #nextStatus: LinkStatus | null = null
  #switchRefused: string | undefined
  /** A successor of the same stream was refused so often in a row, and is not asked for before (local monotonic ms). */
  #renewal = { refusals: 0, notBeforeMs: -Infinity }
  #shown: boolean
  #priority: PushPriority = 'visible'
  #past: PlayerTotals = { bytes: 0, decoded: 0, dropped: 0 }

  /** @param shown false = it gets ready unseen, for a page of a tour that comes next. */
  constructor(deps: StreamLinkDeps, host: HTMLElement, cameraId: CameraId, wish: TileWish, shown = true) {
    this.#deps = deps
    this.#host = host
    this.cameraId = cameraId
    this.#still = new Still(host)
    this.#shown = shown
    this.#facts = openedTile(deps.monotonicMs())
    this.#current = this.#link(wish)
    this.#place(this.#current, !shown)
  }

  get wish(): TileWish {
    const { stream, focus } = (this.#next ?? this.#current).wish
    return { stream, focus }
  }

  get hasPicture(): boolean {
    return this.#facts.lastFrameMs !== null
  }

  /** Shows the other stream as soon as it has a picture; until then the present one stays on screen. */
  switchTo(wish: TileWish): void {
    if (isSame(wish, this.wish)) return
    this.#dropNext()
    this.#switchRefused = undefined
    if (!isSame(wish, this.#current.wish)) this.#openNext(wish)
  }

  /** Comes on screen after getting ready unseen. */
  reveal(): void {
    this.#shown = true
    this.#current.video.classList.remove('coming')
    this.setPriority(this.#priority)
  }

  setPriority(priority: PushPriority): void {
    this.#priority = priority
    const effective = this.#shown ? priority : 'background'
    this.#current.setPriority(effective)
    this.#next?.setPriority(effective)
  }

  seekToEdge(): void {
    this.#current.seekToEdge()
  }

  /** Why the last switch did not happen, once. */
  takeSwitchRefusal(): string | undefined {
    const code = this.#switchRefused
    this.#switchRefused = undefined
    return code
  }

  stats(): TileStats {
    const { video, steps } = this.#current
    const now = this.#current.totals()
    const sum = (key: keyof PlayerTotals) => this.#past[key] + now[key]
    return { bytes: sum('bytes'), decoded: sum('decoded'), dropped: sum('dropped'), width: video.videoWidth, height: video.videoHeight, steps }
  }

  heardStream(status: StreamStatus): void {
    this.#current.heard(status)
    this.#next?.heard(status)
  }

  /** Where the stream that was switched to waits to be transcoded. */
  get nextQueue(): TranscodeQueue | null {
    return this.#nextStatus?.queue ?? null
  }

  heardCamera(camera: Pick<CameraSummary, 'status' | 'cause' | 'statusSince'>): void {
    this.#facts = tileAfter(this.#facts, { kind: 'camera', status: camera.status, cause: camera.cause, sinceServerMs: Date.parse(camera.statusSince) })
  }

  /** Takes due steps and gives the view of now. */
  tick(): TileView {
    this.#current.tick()
    this.#next?.tick()
    const nowMs = this.#deps.monotonicMs()
    if (this.#next === undefined && this.#current.expiresSoon() && nowMs >= this.#renewal.notBeforeMs) this.#openNext(this.#current.wish)
    return tileView(this.#facts, nowMs, this.#deps.serverNowMs())
  }

  retry(): void {
    this.#facts = tileAfter(this.#facts, { kind: 'opening', nowMs: this.#deps.monotonicMs() })
    this.#current.reopen()
  }

  close(): void {
    this.#dropNext()
    this.#still.clear()
    this.#current.close()
  }

  #link({ stream, focus }: TileWish, before?: StreamLink): StreamLink {
    const link: StreamLink = new StreamLink(this.#deps, { cameraId: this.cameraId, stream, focus }, {
      onOpened: () => {
        if (link === this.#current) this.#facts = tileAfter(this.#facts, { kind: 'opened', nowMs: this.#deps.monotonicMs() })
      },
      onFrame: (pictureServerMs) => {
        if (link === this.#next) this.#succeed(link)
        this.#still.clear()
        const delayMs = delayOf(pictureServerMs, this.#deps.serverNowMs())
        this.#facts = tileAfter(this.#facts, { kind: 'frame', nowMs: this.#deps.monotonicMs(), delayMs, pictureServerMs })
      },
      onProblem: (problem) => {
        if (link === this.#next) return this.#nextRefused(link, problem)
        if (isBarred(problem)) this.#still.clear()
        this.#facts = tileAfter(this.#facts, { kind: 'refused', code: problem.code, barred: isBarred(problem) })
      },
      onStatus: (status) => {
        if (link === this.#next) this.#nextStatus = status
        else this.#facts = tileAfter(this.#facts, { kind: 'stream', ...status })
      },
      onEmptying: (video) => {
        // Unseen it shares the place with the camera that is on screen: a still would lie over that one's picture.
        if (link === this.#current && this.#shown) this.#still.keep(video)
      },
    }, before)
    return link
  }

  #openNext(wish: TileWish): void {
    this.#next = this.#link(wish, this.#current)
    this.#place(this.#next, true)
    this.setPriority(this.#priority)
  }

  #place(link: StreamLink, coming: boolean): void {
    link.video.classList.toggle('coming', coming)
    this.#host.append(link.video)
  }

  /** The present stream goes on: of a switch the user hears, of a renewal nobody does while its old address is good. */
  #nextRefused(link: StreamLink, problem: ApiProblem): void {
    if (isSame(link.wish, this.#current.wish)) {
      const refusals = this.#renewal.refusals + 1
      this.#renewal = { refusals, notBeforeMs: this.#deps.monotonicMs() + retryPauseMs(problem, refusals, this.#deps.random) }
    } else this.#switchRefused = problem.code
    this.#dropNext()
  }

  #succeed(link: StreamLink): void {
    const status = this.#nextStatus
    this.#next = undefined
    this.#nextStatus = null
    this.#renewal = { refusals: 0, notBeforeMs: -Infinity }
    this.#past = this.stats()
    this.#current.close()
    this.#current = link
    link.video.classList.toggle('coming', !this.#shown)
    this.#facts = { ...tileAfter(this.#facts, { kind: 'opened', nowMs: this.#deps.monotonicMs() }), stream: status }
  }

  #dropNext(): void {
    this.#next?.close()
    this.#next = undefined
    this.#nextStatus = null
  }
}

const isSame = (a: TileWish, b: TileWish): boolean => a.stream === b.stream && a.focus === b.focus
