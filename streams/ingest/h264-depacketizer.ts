// Owns putting H.264 pictures together from interleaved RTP packets (RFC 2326 §10.12, RFC 3550 §5.1, RFC 6184): single NAL
// units, STAP-A and FU-A, for frames that are shown in the order in which they come.
// Refuses: interleaved packetization (mode 2) and pictures shown out of order: RTP tells when a picture is shown, and when it
// is to be decoded must then be found out by somebody who reads more of it.
import type { Clock } from '#base/clock.ts'
import type { SourceFrame } from '../cmaf/frame.ts'
import { StreamFault } from '../stream-fault.ts'
import { FrameMemory } from './frame-memory.ts'

export interface DepacketizerOptions {
  /** The interleaved channel of the video's RTP. */
  channel: number
  payloadType: number
  /** Ticks a second of the packets' times. */
  clockRate: number
  /** Where given, frames get arrival times of this clock instead of the camera's. */
  arrivalClock: Pick<Clock, 'monotonicMs'> | null
}

const [SLICE, IDR, SEI, AUD] = [1, 5, 6, 9]
const [STAP_A, FU_A] = [24, 28]
const RTP_HEAD_BYTES = 12
/** A step back of up to so many seconds is a picture shown before one that came earlier; a longer one is a camera's clock set. */
const REORDER_SECONDS = 2
const REORDERS_BELIEVED = 2

export class H264Depacketizer {
  readonly #options: DepacketizerOptions
  readonly #onFrame: (frame: SourceFrame) => void
  readonly #memory = new FrameMemory()
  /** Bytes of an interleaved frame that is not whole yet, with its 4-byte head. */
  #rest: Buffer | null = null
  #sequence: number | null = null
  /** RTP time of the picture that is being put together, and the same on a scale that does not wrap. */
  #time: number | null = null
  #extendedTime = 0
  /** The picture has a slice in it. */
  #begun = false
  #key = false
  /** Something of the picture is missing. */
  #damaged = false
  /** Whether the marker ends a picture. Unless it is proven, a picture ends where the next one begins: a frame later. */
  #markers: 'unproven' | 'good' | 'bad' = 'unproven'
  /** The picture's newest packet had a marker; an earlier one had. */
  #marked = false
  #markedInside = false
  #reorders = 0

  constructor(options: DepacketizerOptions, onFrame: (frame: SourceFrame) => void) {
    this.#options = options
    this.#onFrame = onFrame
  }

  /**
   * Bytes of whole or partial interleaved frames, in order; their memory may be used again after the call.
   * @throws StreamFault stream_undecodable (oversized), NeedsFfmpeg
   */
  push(run: Buffer): void {
    let at = this.#rest ? this.#complete(this.#rest, run) : 0
    while (run.length - at >= 4) {
      const end = at + 4 + run.readUInt16BE(at + 2)
      if (end > run.length) break
      if (run[at + 1] === this.#options.channel) this.#packet(run, at + 4, end)
      at = end
    }
    if (at < run.length) this.#rest = Buffer.from(run.subarray(at))
  }

  /** Reads the frame that began in an earlier run; gives how much of this one it took. */
  #complete(rest: Buffer, run: Buffer): number {
    const head = rest.length >= 4 ? rest : Buffer.concat([rest, run.subarray(0, 4 - rest.length)])
    const whole = head.length >= 4 ? 4 + head.readUInt16BE(2) : Infinity
    const taken = Math.min(run.length, whole - rest.length)
    const frame = Buffer.concat([rest, run.subarray(0, taken)])
    this.#rest = frame.length < whole ? frame : null
    if (this.#rest === null && frame[1] === this.#options.channel) this.#packet(frame, 4, frame.length)
    return taken
  }

  #packet(run: Buffer, start: number, packetEnd: number): void {
    if (packetEnd - start < RTP_HEAD_BYTES) return
    const first = run[start] ?? 0
    const second = run[start + 1] ?? 0
    if (first >> 6 !== 2 || (second & 127) !== this.#options.payloadType) return
    let at = start + RTP_HEAD_BYTES + 4 * (first & 15)
    let end = packetEnd
    if (first & 0x10 && at + 4 <= end) at += 4 + 4 * run.readUInt16BE(at + 2)
    if (first & 0x20) end -= run[end - 1] ?? 0
    if (at >= end) return
    const type = (run[at] ?? 0) & 31
    this.#enter(run.readUInt16BE(start + 2), run.readUInt32BE(start + 4), startsPicture(run, at))
    this.#marked = (second & 0x80) !== 0
    if (type >= 1 && type <= 23) this.#unit(run, at, end)
    else if (type === FU_A) this.#fragment(run, at, end)
    else if (type === STAP_A) this.#aggregate(run, at + 1, end)
    else throw new NeedsFfmpeg(`packets of type ${type}`)
    if (this.#marked && this.#markers === 'good') this.#give()
  }

  /** Which picture a packet belongs to: the one that is being put together, or another. */
  #enter(sequence: number, time: number, starts: boolean): void {
    const gap = this.#sequence !== null && sequence !== ((this.#sequence + 1) & 0xffff)
    this.#sequence = sequence
    // Behind a marker, what is missing belongs to the next picture.
    if (gap && this.#begun && !(this.#marked && this.#markers !== 'bad')) this.#damaged = true
    if (time !== this.#time || (starts && (this.#begun || this.#marked || this.#damaged))) {
      if (this.#begun && this.#markers === 'unproven') this.#markers = this.#marked && !this.#markedInside ? 'good' : 'bad'
      this.#give()
      this.#advance(time)
      this.#markedInside = false
      if (gap && !starts) this.#damaged = true
    } else if (this.#marked) {
      this.#markedInside = true
      // The picture has been given out without this.
      if (this.#markers === 'good') this.#damaged = true
      this.#markers = 'bad'
    }
  }

  #advance(time: number): void {
    const step = this.#time === null ? 0 : (time - this.#time) | 0
    const isReorder = step < 0 && -step < REORDER_SECONDS * this.#options.clockRate
    if (isReorder && ++this.#reorders >= REORDERS_BELIEVED) throw new NeedsFfmpeg('pictures are shown in another order than they come')
    this.#time = time
    this.#extendedTime += step
  }

  #unit(run: Buffer, start: number, end: number): void {
    this.#beginUnit()
    this.#memory.append(run, start, end)
    this.#memory.endUnit()
    this.#note(run[start] ?? 0)
  }

  /** @see RFC 6184 §5.8 */
  #fragment(run: Buffer, at: number, end: number): void {
    if (end - at < 3) return
    const flags = run[at + 1] ?? 0
    if (flags & 0x80) {
      const header = ((run[at] ?? 0) & 0xe0) | (flags & 31)
      this.#beginUnit(header)
      this.#note(header)
    } else if (!this.#memory.inUnit) {
      this.#damaged = true
      return
    }
    this.#memory.append(run, at + 2, end)
    if (flags & 0x40) this.#memory.endUnit()
  }

  /** @see RFC 6184 §5.7.1 */
  #aggregate(run: Buffer, start: number, end: number): void {
    for (let at = start; at + 2 < end; ) {
      const size = run.readUInt16BE(at)
      if (size === 0 || at + 2 + size > end) return
      this.#unit(run, at + 2, at + 2 + size)
      at += 2 + size
    }
  }

  /** A unit that has not ended by then is not whole, and so the picture is not. */
  #beginUnit(header?: number): void {
    if (this.#memory.inUnit) this.#damaged = true
    this.#memory.beginUnit(header)
  }

  #note(header: number): void {
    if ((header & 31) === IDR) this.#key = true
    if (isSlice(header & 31)) this.#begun = true
  }

  /** Gives out the picture. One that something is missing of is left out, and those after it go on. */
  #give(): void {
    // What comes before a slice belongs to the picture that the slice begins, unless that has been lost.
    if (!this.#begun && !this.#damaged) return
    const { arrivalClock, clockRate } = this.#options
    if (this.#memory.inUnit) this.#damaged = true
    const data = this.#memory.take()
    const frame = { dts: arrivalClock ? Math.round((arrivalClock.monotonicMs() * clockRate) / 1000) : this.#extendedTime, compositionOffset: 0, key: this.#key, data }
    const whole = this.#begun && !this.#damaged && data.length > 0
    this.#begun = false
    this.#key = false
    this.#damaged = false
    if (whole) this.#onFrame(frame)
  }
}

/** The stream is sound as far as is known, and more than this reader can put together. */
export class NeedsFfmpeg extends StreamFault {
  constructor(detail: string) {
    super('stream_undecodable', detail)
  }
}

function isSlice(type: number): boolean {
  return type >= SLICE && type <= IDR
}

/** Whether a packet begins a picture or what belongs before one. @see ITU-T H.264 §7.4.1.2.3, and §7.3.3: `first_mb_in_slice` 0 is a one as first bit */
function startsPicture(run: Buffer, at: number): boolean {
  const outer = (run[at] ?? 0) & 31
  if (outer === FU_A && ((run[at + 1] ?? 0) & 0x80) === 0) return false
  const header = outer === STAP_A ? at + 3 : outer === FU_A ? at + 1 : at
  const type = (run[header] ?? 0) & 31
  if (isSlice(type)) return ((run[header + 1] ?? 0) & 0x80) !== 0
  return (type >= SEI && type <= AUD) || (type >= 14 && type <= 18)
}
