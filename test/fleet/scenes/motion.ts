// Owns when and where things move, so that everything is back in place when the loop ends.
// Refuses: drawing.
import type { Rgb } from './canvas.ts'
import type { Actor, CarLook, PersonLook } from './actors.ts'
import { person } from './actors.ts'
import type { View } from './view.ts'

export const LOOP_SECONDS = 12

/** Metres along a path for something that passes once a loop, `offset` seconds later than the loop's start. */
export function pass(timeSeconds: number, offset: number, from: number, speed: number): number {
  return from + speed * ((((timeSeconds - offset) % LOOP_SECONDS) + LOOP_SECONDS) % LOOP_SECONDS)
}

export const CLOTHES: readonly PersonLook[] = [
  { top: [178, 44, 46], legs: [38, 42, 58], tall: 1.66 },
  { top: [52, 82, 132], legs: [52, 54, 60], tall: 1.74 },
  { top: [226, 222, 212], legs: [44, 60, 96], tall: 1.62 },
  { top: [62, 104, 74], legs: [72, 66, 58], tall: 1.7 },
  { top: [228, 176, 60], legs: [40, 40, 46], tall: 1.58 },
  { top: [88, 84, 92], legs: [30, 32, 38], tall: 1.76 },
  { top: [206, 122, 150], legs: [66, 74, 98], tall: 1.6 },
  { top: [110, 158, 188], legs: [54, 50, 50], tall: 1.72 },
]

export const PAINTS: readonly CarLook[] = [
  { colour: [222, 224, 226] },
  { colour: [38, 40, 46] },
  { colour: [150, 30, 34] },
  { colour: [128, 134, 142] },
  { colour: [46, 72, 122] },
  { colour: [196, 186, 160] },
]

export function clothes(number: number): PersonLook {
  return CLOTHES[number % CLOTHES.length] ?? { top: [90, 90, 90], legs: [40, 40, 40], tall: 1.7 }
}

export function paint(number: number): CarLook {
  return PAINTS[number % PAINTS.length] ?? { colour: [120, 120, 120] }
}

export const BUS: CarLook = { colour: [46, 132, 92], long: 10.5, high: 3.1, wide: 2.4 }
export const TAXI: CarLook = { colour: [214, 162, 44] as Rgb }

/**
 * Somebody who walks a straight line longer than one loop: the same person again every loop's distance, so that at the
 * seam each stands where the next one stood.
 */
export function walker(
  view: View,
  timeSeconds: number,
  path: { x: number; z: number; dx?: number; dz?: number; copies?: number; offset?: number },
  look: PersonLook,
  light = 1,
): Actor[] {
  const dx = path.dx ?? 0
  const dz = path.dz ?? 0
  const share = (((timeSeconds + (path.offset ?? 0)) / LOOP_SECONDS) % 1) + 0
  const pairs = Math.max(4, Math.round(Math.hypot(dx, dz) * 0.75))
  const actors: Actor[] = []
  for (let copy = 0; copy < (path.copies ?? 1); copy++) {
    const at = copy + share
    actors.push(person(view, path.x + dx * at, path.z + dz * at, look, share * pairs, { facing: dx < 0 ? -1 : 1, light }))
  }
  return actors
}

/** Somebody who stays and shifts a little. */
export function stander(view: View, timeSeconds: number, x: number, z: number, look: PersonLook, light = 1): Actor {
  const sway = Math.sin((timeSeconds / LOOP_SECONDS) * 2 * Math.PI * 2 + x * 3)
  return person(view, x + sway * 0.06, z, look, 0.04 * sway, { facing: sway, light })
}
