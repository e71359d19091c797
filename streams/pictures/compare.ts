// Owns judging two small gray pictures: do they differ, is the picture black.
// Refuses: anything about quality (blur, tilt); that is another diagnosis.

/** Size of the compared pictures; a clock's seconds of a 640x360 picture still change several pixels. */
export const GRAY = { width: 160, height: 90 }
export const GRAY_BYTES = GRAY.width * GRAY.height

/**
 * One pixel that differs by so much is a change: averaging over 4x4 or more source pixels leaves noise and re-encoding
 * of a still picture below 6 of 255, while one digit of an overlaid clock changes some pixels by 30 and more.
 */
const CHANGED_PIXEL = 12
/** So much on average is a change too (fog, dusk, noise of a living sensor). */
const CHANGED_MEAN = 0.6
const BLACK_MEAN = 16
/** All but a fiftieth of the picture is darker than this; the fiftieth leaves room for an overlaid name and clock. */
const BLACK_NEARLY_ALL = 32

export interface PictureVerdict {
  changing: boolean
  black: boolean
}

/** @param earlier,later GRAY_BYTES bytes each, 0 = black, 255 = white */
export function comparePictures(earlier: Uint8Array, later: Uint8Array): PictureVerdict {
  let total = 0
  let most = 0
  let light = 0
  const histogram = new Uint32Array(256)
  for (let at = 0; at < GRAY_BYTES; at++) {
    const value = later[at] ?? 0
    const difference = Math.abs(value - (earlier[at] ?? 0))
    total += difference
    if (difference > most) most = difference
    light += value
    histogram[value] = (histogram[value] ?? 0) + 1
  }
  let brighter = 0
  for (let value = 255; value > BLACK_NEARLY_ALL; value--) brighter += histogram[value] ?? 0
  return {
    changing: most >= CHANGED_PIXEL || total / GRAY_BYTES >= CHANGED_MEAN,
    black: light / GRAY_BYTES <= BLACK_MEAN && brighter <= GRAY_BYTES / 50,
  }
}
