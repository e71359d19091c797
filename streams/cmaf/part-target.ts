// Owns how long parts are: a target per stream, from the distance of its frames, so that whole frames fill it.
// Refuses: changing a target that is in use; a playlist's must stay (rfc8216bis §6.2.1).
import { TIMESCALE } from './mp4-writer.ts'

/** Parts of about a third of a second: short enough for a second of delay, long enough for few requests. */
const AIM_SECONDS = 0.33
/** Room for frames that come a little unevenly. */
const ROOM = 1.03
/** A part that is neither independent nor its segment's last is at least so much of the target (§4.4.4.9). */
export const SHORTEST_SHARE = 0.85

/** @param stepTicks usual distance of two frames. @returns whole milliseconds */
export function choosePartTargetMs(stepTicks: number): number {
  const step = stepTicks / TIMESCALE
  const frames = Math.max(1, Math.round(AIM_SECONDS / step))
  return Math.ceil(Math.round(frames * step * ROOM * 1e6) / 1e3)
}

/** Whether frames at this distance can fill parts of this target. */
export function fillsPartTarget(targetMs: number, stepTicks: number): boolean {
  const target = (targetMs / 1000) * TIMESCALE
  const frames = Math.floor(target / stepTicks)
  return frames >= 1 && frames * stepTicks >= SHORTEST_SHARE * target
}
