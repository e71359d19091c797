// Owns bringing an H.264 loop to a constant bit rate with filler data (ITU-T H.264 §7.3.2.7), as encoders do that are told to
// keep one. Refuses: taking anything away; a group of pictures that is larger stays as it is.
import type { AccessUnit } from './annexb.ts'
import type { Loop } from './loop-file.ts'

const FILLER_DATA = 12
const STOP_BIT = 0x80

/** Every group of pictures then has this many bits for each second that it lasts, the filler spread over its frames. */
export function atConstantRate(loop: Loop, bitsPerSecond: number): Loop {
  const bytesPerFrame = bitsPerSecond / 8 / loop.framesPerSecond
  const inBand = bytesIn(loop.parameterSets)
  const frames = groupsOf(loop.frames).flatMap((group) => {
    const has = inBand + group.reduce((sum, { units }) => sum + bytesIn(units), 0)
    const missing = Math.round(bytesPerFrame * group.length) - has
    const end = (at: number) => Math.floor((missing * at) / group.length)
    return group.map((frame, at) => filled(frame, end(at + 1) - end(at)))
  })
  return { ...loop, frames }
}

function filled(frame: AccessUnit, bytes: number): AccessUnit {
  // Header and stop bit at least.
  if (bytes < 2) return frame
  const unit = Buffer.alloc(bytes, 0xff)
  unit[0] = FILLER_DATA
  unit[bytes - 1] = STOP_BIT
  return { ...frame, units: [...frame.units, unit] }
}

function groupsOf(frames: readonly AccessUnit[]): AccessUnit[][] {
  const groups: AccessUnit[][] = []
  for (const frame of frames) {
    const group = groups.at(-1)
    if (frame.key || !group) groups.push([frame])
    else group.push(frame)
  }
  return groups
}

const bytesIn = (units: readonly Buffer[]) => units.reduce((sum, unit) => sum + unit.length, 0)
