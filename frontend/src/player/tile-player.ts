// Owns what one tile plays: the present stream, its successor until that shows a picture, and the view of both.
// Refuses: Vue's reactivity per frame; `tick` (twice a second) is when the view changes.
import type { CameraSummary } from '#contract/cameras.ts'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind, StreamStatus } from '#contract/live.ts'
import { delayOf } from './picture-delay.ts'
import { StreamLink, type StreamLinkDeps } from './stream-link.ts'
import { openedTile, tileAfter, tileView, type TileFacts, type TileView } from './tile-state.ts'

export class TilePlayer {
  readonly #deps: StreamLinkDeps
  readonly #host: HTMLElement
  readonly #cameraId: CameraId
  #facts: TileFacts
  #current: StreamLink
  #next: StreamLink | undefined
  #switchRefused: string | undefined

  constructor(deps: StreamLinkDeps, host: HTMLElement, cameraId: CameraId, stream: StreamKind) {
    this.#deps = deps
    this.#host = host
    this.#cameraId = cameraId
    this.#facts = openedTile(deps.monotonicMs())
    this.#current = this.#link(stream)
    host.append(this.#current.video)
  }

  get stream(): StreamKind {
    return this.#next?.stream ?? this.#current.stream
  }

  /** Shows the other stream as soon as it has a picture; until then the present one stays on screen. */
  switchTo(stream: StreamKind): void {
    if (stream === this.stream) return
    this.#dropNext()
    this.#switchRefused = undefined
    if (stream !== this.#current.stream) this.#openNext(stream)
  }

  /** Why the last switch did not happen, once. */
  takeSwitchRefusal(): string | undefined {
    const code = this.#switchRefused
    this.#switchRefused = undefined
    return code
  }

  heardStream(status: StreamStatus): void {
    if (status.cameraId !== this.#cameraId) return
    for (const link of [this.#current, this.#next]) if (link?.stream === status.stream) link.heard(status.state)
    if (status.stream === this.#current.stream) {
      this.#facts = tileAfter(this.#facts, { kind: 'stream', state: status.state, fault: status.fault, sinceServerMs: Date.parse(status.since) })
    }
  }

  heardCamera(camera: Pick<CameraSummary, 'status' | 'cause' | 'statusSince'>): void {
    this.#facts = tileAfter(this.#facts, { kind: 'camera', status: camera.status, cause: camera.cause, sinceServerMs: Date.parse(camera.statusSince) })
  }

  /** Takes due steps and gives the view of now. */
  tick(): TileView {
    this.#current.tick()
    this.#next?.tick()
    if (this.#next === undefined && this.#current.expiresSoon()) this.#openNext(this.#current.stream)
    return tileView(this.#facts, this.#deps.monotonicMs(), this.#deps.serverNowMs())
  }

  retry(): void {
    this.#facts = tileAfter(this.#facts, { kind: 'opening', nowMs: this.#deps.monotonicMs() })
    this.#current.reopen()
  }

  close(): void {
    this.#dropNext()
    this.#current.close()
  }

  #link(stream: StreamKind): StreamLink {
    const link: StreamLink = new StreamLink(this.#deps, this.#cameraId, stream, {
      onFrame: (pictureServerMs) => {
        if (link === this.#next) this.#succeed(link)
        const delayMs = delayOf(pictureServerMs, this.#deps.serverNowMs())
        this.#facts = tileAfter(this.#facts, { kind: 'frame', nowMs: this.#deps.monotonicMs(), delayMs, pictureServerMs })
      },
      onProblem: (problem) => {
        if (link === this.#next) {
          this.#switchRefused = problem.code
          this.#dropNext()
        } else this.#facts = tileAfter(this.#facts, { kind: 'refused', code: problem.code })
      },
    })
    return link
  }

  #openNext(stream: StreamKind): void {
    const next = this.#link(stream)
    this.#next = next
    next.video.classList.add('coming')
    this.#host.append(next.video)
  }

  #succeed(link: StreamLink): void {
    this.#next = undefined
    this.#current.close()
    this.#current = link
    link.video.classList.remove('coming')
    this.#facts = { ...this.#facts, stream: null }
  }

  #dropNext(): void {
    this.#next?.close()
    this.#next = undefined
  }
}
