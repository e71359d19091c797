// Owns trying one encoder out: a second of pictures whose look is known goes through it, and what comes out is decoded and
// looked at. Builds of ffmpeg list encoders whose device or driver is not there, and drivers can give green pictures.
// Refuses: believing a list, an exit code or bytes that do not decode.
import { encoderTrialArguments, grayFromH264Arguments } from '../ffmpeg/command.ts'
import type { ChildDeps } from '../ffmpeg/child.ts'
import type { Encoder } from '../ffmpeg/encoder.ts'
import type { FfmpegTool } from '../ffmpeg/locate.ts'
import { runOnce } from '../ffmpeg/one-shot.ts'

export interface TrialDeps extends ChildDeps {
  ffmpeg: FfmpegTool
}

export type TrialVerdict = 'works' | 'refused' | 'unlike' | 'timed-out'

const PICTURE = { width: 320, height: 240 } as const
const FPS = 15
/** Luma of the four bars of every picture; they move on by one bar each picture. */
const BARS = [60, 105, 150, 195] as const
/** Less than half of what lies between two bars; releases of ffmpeg differ in whether gray is of full range. */
const TOLERANCE = 20
/** A driver that begins by loading itself takes a second or two. */
const ENCODE_TIMEOUT_MS = 5_000
const DECODE_TIMEOUT_MS = 5_000
const MOST_BYTES = 4 * 1024 * 1024

/** @param signal ends it early; the verdict is then `refused` or `unlike` */
export async function tryEncoder(deps: TrialDeps, encoder: Encoder, signal?: AbortSignal): Promise<TrialVerdict> {
  const { ffmpeg } = deps
  const args = encoderTrialArguments({ encoder, fps: FPS, ...PICTURE })
  const encoded = await runOnce(deps, { ffmpeg, args, input: pictures(), maxOutputBytes: MOST_BYTES, timeoutMs: ENCODE_TIMEOUT_MS, ...(signal && { signal }) })
  if (encoded.timedOut) return 'timed-out'
  if (encoded.code !== 0 || encoded.output.length === 0) return 'refused'
  const shown = { width: BARS.length, height: 1 }
  const decoded = await runOnce(deps, { ffmpeg, args: grayFromH264Arguments(ffmpeg, shown), input: encoded.output, maxOutputBytes: MOST_BYTES, timeoutMs: DECODE_TIMEOUT_MS, ...(signal && { signal }) })
  if (decoded.timedOut) return 'timed-out'
  return decoded.output.length === FPS * BARS.length && looksRight(decoded.output) ? 'works' : 'unlike'
}

function looksRight(shown: Buffer): boolean {
  return shown.every((luma, at) => Math.abs(luma - barAt(Math.floor(at / BARS.length), at % BARS.length)) <= TOLERANCE)
}

function barAt(picture: number, bar: number): number {
  return BARS[(bar + picture) % BARS.length] ?? 0
}

/** A second of yuv420p. */
function pictures(): Buffer {
  const { width, height } = PICTURE
  const size = (width * height * 3) / 2
  const bytes = Buffer.alloc(size * FPS, 128)
  const barWidth = width / BARS.length
  for (let picture = 0; picture < FPS; picture++) {
    for (let row = 0; row < height; row++) {
      for (let bar = 0; bar < BARS.length; bar++) {
        const at = picture * size + row * width + bar * barWidth
        bytes.fill(barAt(picture, bar), at, at + barWidth)
      }
    }
  }
  return bytes
}
