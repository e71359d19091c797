// Owns finding stretches of time in which deeds lie so close that a count reaches a limit. Pure; one pass over the deeds.
import type { Deed } from './deed.ts'

/** Counts the deeds of a stretch whose ends move on. */
export interface Counter {
  add(deed: Deed): void
  drop(deed: Deed): void
  value(): number
}

export function distinctCameras(): Counter {
  const times = new Map<string, number>()
  return {
    add: ({ cameraId }) => void times.set(cameraId, (times.get(cameraId) ?? 0) + 1),
    drop({ cameraId }) {
      const left = (times.get(cameraId) ?? 0) - 1
      if (left > 0) times.set(cameraId, left)
      else times.delete(cameraId)
    },
    value: () => times.size,
  }
}

export function pictureCount(): Counter {
  let sum = 0
  return { add: ({ pictures }) => void (sum += pictures), drop: ({ pictures }) => void (sum -= pictures), value: () => sum }
}

/**
 * The deeds of every stretch shorter than `windowMs` whose count reaches `limit`, and the highest count of one.
 * @param deeds in order of time
 */
export function denseStretches(deeds: readonly Deed[], windowMs: number, limit: number, counter: Counter): { deeds: Deed[]; figure: number } {
  const found: Deed[] = []
  let figure = 0
  let start = 0
  /** Place behind the last deed that was taken. */
  let taken = 0
  for (const [end, deed] of deeds.entries()) {
    counter.add(deed)
    for (let first = deeds[start]; first !== undefined && deed.atMs - first.atMs >= windowMs; first = deeds[start]) {
      counter.drop(first)
      start++
    }
    if (counter.value() < limit) continue
    figure = Math.max(figure, counter.value())
    found.push(...deeds.slice(Math.max(taken, start), end + 1))
    taken = end + 1
  }
  return { deeds: found, figure }
}
