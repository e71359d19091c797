// Owns an ffmpeg for tests of those who run one: gives the frames that it is told to, ends as told.
// Refuses: reading its input; what comes is counted.
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { TIMESCALE, writeInit, writeSegment } from '../../../streams/cmaf/mp4-writer.ts'
import { PPS, slice, SPS } from './packager-fixture.ts'

/** An ffmpeg that says what the test says. */
export class FakeFfmpeg extends EventEmitter {
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly stdin = new PassThrough()
  pid: number | undefined = undefined
  #dts = 0
  #ended = false

  begin(): void {
    this.stdout.write(writeInit({ codec: 'h264', parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 }))
  }

  frames(count: number, fps = 10): void {
    for (let index = 0; index < count; index++) {
      this.stdout.write(writeSegment(1, this.#dts, [{ duration: TIMESCALE / fps, compositionOffset: 0, key: index % fps === 0, data: slice(index % fps === 0) }]).bytes)
      this.#dts += TIMESCALE / fps
    }
  }

  kill(): boolean {
    this.exit(null)
    return true
  }

  exit(code: number | null = 0): void {
    if (this.#ended) return
    this.#ended = true
    this.emit('close', code)
  }
}
