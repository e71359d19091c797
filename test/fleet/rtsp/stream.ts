// Owns one stream of one camera while somebody watches: which frame it is at, and to whom each frame goes.
// Refuses: RTSP words (session.ts); it deals in frames and subscribers.
import type { CameraState } from '../camera-state.ts'
import type { StreamName, VideoCodec } from '../identity.ts'
import type { Loop } from '../loops/loop-file.ts'
import type { Paced, Pacer } from '../pacer.ts'
import type { PrebuiltFrame, PrebuiltLoop } from '../rtp/prebuilt.ts'
import { SentLog } from './sent-log.ts'

export interface Subscriber {
  /** The codec that its DESCRIBE promised. */
  codec: VideoCodec
  /** @param frameNumber counts up for ever; timestamps are made from it */
  frame(frame: PrebuiltFrame, frameNumber: number, dueMs: number): void
}

/** A frozen encoder repeats its key frame; every third beat keeps that near the usual bit rate. */
const FROZEN_BEATS = 3
const FRAME_MS = 1000 / 15

export class CameraStream implements Paced {
  readonly #state: CameraState
  readonly #name: StreamName
  readonly #pacer: Pacer
  readonly #prebuilt: (loop: Loop) => PrebuiltLoop
  readonly #subscribers = new Set<Subscriber>()
  readonly #sent = new SentLog()
  #loop: PrebuiltLoop | null = null
  #codec: VideoCodec = 'h264'
  /** Frame of the loop that is sent next. */
  #position = 0
  #frameNumber = 0
  #framesSent = 0
  #frozen: { frame: PrebuiltFrame; index: number } | null = null

  constructor(deps: { state: CameraState; name: StreamName; pacer: Pacer; prebuilt: (loop: Loop) => PrebuiltLoop }) {
    this.#state = deps.state
    this.#name = deps.name
    this.#pacer = deps.pacer
    this.#prebuilt = deps.prebuilt
  }

  /** The number of the frame that will be sent next. */
  get nextFrameNumber(): number {
    return this.#frameNumber
  }

  /** Frames that went to at least one subscriber, ever. */
  get framesSent(): number {
    return this.#framesSent
  }

  /** Wall time (UTC ms) at which this loop frame was sent, the one nearest to `nearMs`; null if it was not, lately. */
  markTime(frameIndex: number, nearMs: number): number | null {
    return this.#sent.nearest(frameIndex, nearMs)
  }

  /**
   * Joins. The first subscriber starts the stream at a key frame; a later one first gets what was sent since the newest
   * key frame, as cameras with a frame cache do. With the fault mid-gop-join both come in wherever the stream is.
   * @returns the frames to send at once, oldest first
   */
  join(subscriber: Subscriber, nowMs: number): { frame: PrebuiltFrame; frameNumber: number; dueMs: number }[] {
    const midGop = this.#state.has('mid-gop-join')
    if (this.#subscribers.size === 0 || this.#codec !== subscriber.codec) {
      this.#codec = subscriber.codec
      this.#loop = this.#prebuilt(this.#state.loop(this.#name, this.#codec))
      this.#position = midGop ? 6 : 0
      this.#frozen = null
      this.#subscribers.add(subscriber)
      this.#pacer.add(this)
      return []
    }
    this.#subscribers.add(subscriber)
    const loop = this.#loop
    if (midGop || !loop || this.#frozen) return []
    const backlog: { frame: PrebuiltFrame; frameNumber: number; dueMs: number }[] = []
    for (let back = 1; back <= loop.frames.length; back++) {
      const frame = loop.frames[(this.#position - back + loop.frames.length) % loop.frames.length]
      if (!frame) break
      backlog.unshift({ frame, frameNumber: this.#frameNumber - back, dueMs: nowMs - back * FRAME_MS })
      if (frame.key) break
    }
    return backlog
  }

  leave(subscriber: Subscriber): void {
    if (this.#subscribers.delete(subscriber) && this.#subscribers.size === 0) {
      this.#pacer.remove(this)
      this.#frameNumber += 1000 // whoever comes later sees timestamps that went on
    }
  }

  beat(dueMs: number): void {
    const frameNumber = this.#frameNumber++
    if (this.#state.has('stream-silent') || this.#state.has('rtsp-silent')) return
    const loop = this.#present()
    let index = this.#position
    let frame = loop.frames[index]
    if (this.#state.has('frozen-picture')) {
      this.#frozen ??= newestKey(loop, index)
      if (frameNumber % FROZEN_BEATS !== 0) return
      frame = this.#frozen?.frame
      index = this.#frozen?.index ?? index
    } else {
      if (this.#frozen) {
        // after the freeze go on from the key frame that the decoder already has
        index = this.#frozen.index
        frame = loop.frames[index]
        this.#frozen = null
      }
      this.#position = (index + 1) % loop.frames.length
    }
    if (!frame) return
    this.#sent.add(index, dueMs)
    this.#framesSent++
    for (const subscriber of this.#subscribers) subscriber.frame(frame, frameNumber, dueMs)
  }

  /** The loop that the faults of the moment call for; a change starts at a key frame of the new one. */
  #present(): PrebuiltLoop {
    const wanted = this.#prebuilt(this.#state.loop(this.#name, this.#codec))
    if (wanted !== this.#loop) {
      this.#loop = wanted
      this.#frozen = null
      this.#position = newestKey(wanted, this.#position % wanted.frames.length)?.index ?? 0
    }
    return wanted
  }
}

function newestKey(loop: PrebuiltLoop, index: number): { frame: PrebuiltFrame; index: number } | null {
  for (let at = index; at >= 0; at--) {
    const frame = loop.frames[at]
    if (frame?.key) return { frame, index: at }
  }
  return null
}
