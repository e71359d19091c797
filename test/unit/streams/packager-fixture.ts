// Owns what tests of the packager and its playlists share: a clock moved by hand and a camera made of numbers.
import type { SourceFrame } from '../../../streams/cmaf/frame.ts'
import { TIMESCALE } from '../../../streams/cmaf/mp4-writer.ts'
import { LiveWindow } from '../../../streams/hls/live-window.ts'
import { Packager } from '../../../streams/hls/packager.ts'
import { FakeClock } from '../base/fake-clock.ts'

/** x264, baseline, 640x360. */
export const SPS = Buffer.from('6742c016da0280bfe5c044000003000400000300503c58ba80', 'hex')
/** A Hikvision's that allows reordering and says nothing of it: 1280x720. */
export const CAMERA_SPS = Buffer.from('Z00AH5pmAoAt/zUBAQFAAAD6AAAdTAE=', 'base64')
export const PPS = Buffer.from('68ce0fc8', 'hex')
export const nal = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes])
/** An I or a P slice that begins at the first macroblock. */
export const slice = (key: boolean, more = 0) => nal(Buffer.concat([Buffer.from(key ? [0x65, 0x88, 2, 3] : [0x41, 0x98, 2, 3]), Buffer.alloc(more)]))
export const B_FRAME = nal(Buffer.from([0x01, 0x9c, 2, 3]))

/** A fake clock for code that waits: promises that are due run before and after time goes on. */
export class HandClock extends FakeClock {
  #steppedMs = 0

  constructor() {
    super(Date.UTC(2026, 0, 1))
  }

  override now(): number {
    return super.now() + this.#steppedMs
  }

  /** The host's clock is corrected; no time goes by. */
  step(byMs: number): void {
    this.#steppedMs += byMs
  }

  async go(ms: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.advance(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export interface FeedOptions {
  fps?: number
  gop?: number
  frame?: (index: number) => Partial<SourceFrame>
  /** Ticks that a frame comes earlier or later than its place. */
  jitter?: (index: number) => number
}

export function setUpPackager(ringMs = 40_000, maxBytes = 1e9) {
  const clock = new HandClock()
  const window = new LiveWindow({ targetDurationSeconds: 4, ringMs, maxBytes }, 7)
  const packager = new Packager({ clock, window, options: { minSegmentSeconds: 0.9 }, firstEdition: 7 })
  let dts = 0
  const track = { codec: 'h264' as const, parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360, timescale: TIMESCALE }
  const feed = (frames: number, options: FeedOptions = {}) => {
    const { fps = 10, gop = 10 } = options
    for (let index = 0; index < frames; index++) {
      const key = index % gop === 0
      packager.push({ dts: Math.round(dts + (options.jitter?.(index) ?? 0)), compositionOffset: 0, key, data: slice(key), ...options.frame?.(index) })
      dts += TIMESCALE / fps
      clock.advance(1000 / fps)
    }
  }
  return { clock, window, packager, track, feed }
}

/** Numbers in (0, 1) that are the same at every run. */
export function randomOf(seed: number) {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}
