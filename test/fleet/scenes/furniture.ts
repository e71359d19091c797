// Owns what stands in a street: sky, buildings with windows, shops, trees, lamps, fences, markings.
// Refuses: moving things (actors.ts).
import type { Rgb } from './canvas.ts'
import type { Place, View } from './view.ts'
import { mix, tone } from './view.ts'

/** A small repeatable generator for layout details. */
export function dice(seed: number): () => number {
  let state = seed | 1
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

export function sky(view: View, top: Rgb, low: Rgb): void {
  const { width } = view.canvas
  const row = view.horizonRow + 4
  if (row > 0) view.canvas.shaded([[0, 0], [width, 0], [width, row], [0, row]], top, low)
}

/** Everything below the horizon, darker with nearness. */
export function land(view: View, far: Rgb, near: Rgb): void {
  const { width, height } = view.canvas
  const row = Math.max(0, view.horizonRow)
  view.canvas.shaded([[0, row], [width, row], [width, height], [0, height]], far, near)
}

export interface BuildingLook {
  wall: Rgb
  glass?: Rgb
  /** Share of lit windows, 0 by day. */
  lit?: number
  floorM?: number
  bayM?: number
  seed?: number
}

/** A block with windows on the front and on the visible side. */
export function building(view: View, x0: number, x1: number, z0: number, z1: number, high: number, look: BuildingLook): void {
  view.box(x0, x1, z0, z1, 0, high, look.wall)
  const random = dice(look.seed ?? Math.round(x0 * 31 + z0 * 17 + high))
  const floor = look.floorM ?? 3
  const bay = look.bayM ?? 3
  const glass = look.glass ?? [72, 88, 102]
  const pane = (place: (across: number, up: number) => Place, across: number, up: number, shade: number) => {
    const lit = random() < (look.lit ?? 0)
    const colour = lit ? mix([255, 214, 140], [255, 240, 210], random()) : tone(glass, shade * (0.8 + random() * 0.4))
    view.face([place(across, up), place(across + bay * 0.55, up), place(across + bay * 0.55, up + floor * 0.5), place(across, up + floor * 0.5)], colour)
    if (!lit) view.face([place(across, up - 0.12), place(across + bay * 0.55, up - 0.12), place(across + bay * 0.55, up), place(across, up)], tone(look.wall, 1.12))
  }
  for (let up = floor * 0.35; up + floor * 0.5 < high; up += floor) {
    for (let x = x0 + bay * 0.22; x + bay * 0.55 < x1; x += bay) pane((across, y) => [across, y, z0], x, up, 1)
    const side = x0 > 0 ? x0 : x1 < 0 ? x1 : null
    if (side === null) continue
    for (let z = Math.max(1.5, z0) + bay * 0.22; z + bay * 0.55 < z1; z += bay) pane((across, y) => [side, y, across], z, up, 0.75)
  }
}

/** A shop's ground floor with a sign board: on the front face (z) or along a side wall (x). */
export function shop(view: View, from: number, to: number, wall: { z: number } | { x: number }, sign: Rgb, lit = false): void {
  const at = (across: number, y: number): Place => ('z' in wall ? [across, y, wall.z] : [wall.x, y, across])
  const quad = (a: number, b: number, low: number, up: number, colour: Rgb) => view.face([at(a, low), at(b, low), at(b, up), at(a, up)], colour)
  quad(from + 0.15, to - 0.15, 0.1, 2.5, lit ? [240, 214, 160] : [64, 74, 82])
  quad(from + 0.3, from + 0.3 + (to - from) * 0.3, 0.1, 2.3, lit ? [255, 236, 196] : [98, 112, 120])
  for (let post = from + (to - from) * 0.5; post < to - 0.3; post += (to - from) * 0.2) quad(post, post + 0.08, 0.1, 2.5, [190, 192, 194])
  quad(from, to, 2.6, 3.5, sign)
  const random = dice(Math.round(from * 97 + sign[0]))
  const glyphs = Math.max(3, Math.floor((to - from) / 0.95))
  for (let glyph = 0; glyph < glyphs; glyph++) {
    const x = from + ((to - from) * (glyph + 0.25)) / glyphs
    const ink: Rgb = sign[0] + sign[1] > 330 ? [150, 24, 24] : [250, 244, 214]
    for (let stroke = 0; stroke < 4; stroke++) {
      const a = x + random() * 0.3
      const low = 2.75 + random() * 0.45
      if (random() < 0.5) quad(a, a + 0.07, low, Math.min(3.38, low + 0.4), ink)
      else quad(x, x + 0.5, low, low + 0.07, ink)
    }
  }
}

export function tree(view: View, x: number, z: number, high: number, leaf: Rgb = [64, 98, 52]): void {
  const place = view.at(x, z)
  if (!place) return
  const { px, py, scale } = place
  const { canvas } = view
  const random = dice(Math.round(x * 13 + z * 7 + high))
  canvas.ellipse(px, py, scale * high * 0.28, scale * high * 0.05, [18, 22, 20], 0.35)
  canvas.line([px, py], [px, py - high * 0.55 * scale], scale * 0.28, tone([84, 66, 50], leaf[1] / 98))
  for (let clump = 0; clump < 26; clump++) {
    const angle = random() * 2 * Math.PI
    const reach = random() ** 0.7 * high * 0.28
    const cx = px + Math.cos(angle) * reach * scale
    const cy = py - (high * 0.7 + Math.sin(angle) * reach * 0.85) * scale
    const lightness = 0.72 + 0.45 * (0.5 + Math.sin(angle) / 2) + random() * 0.12
    canvas.ellipse(cx, cy, high * 0.11 * scale, high * 0.085 * scale, tone(leaf, lightness), 0.92)
  }
}

export function lamp(view: View, x: number, z: number, high: number, reach: number, on: boolean): void {
  const place = view.at(x, z)
  if (!place) return
  const { px, py, scale } = place
  const { canvas } = view
  const tip: [number, number] = [px + reach * scale, py - high * scale]
  const pole: Rgb = on ? [70, 72, 76] : [120, 124, 128]
  canvas.line([px, py], [px, py - high * 0.96 * scale], Math.max(1.5, 0.14 * scale), pole)
  canvas.line([px, py - high * 0.95 * scale], tip, Math.max(1.2, 0.1 * scale), pole)
  canvas.ellipse(tip[0], tip[1], Math.max(2, 0.35 * scale), Math.max(1.2, 0.12 * scale), on ? [255, 240, 200] : [160, 164, 168])
  if (on) {
    canvas.glow(tip[0], tip[1], 1.8 * scale, 1.4 * scale, [255, 226, 160], 0.7)
    const spot = view.at(x + reach, z)
    if (spot) canvas.glow(spot.px, spot.py, high * 0.9 * scale, high * 0.28 * scale, [255, 214, 150], 0.75)
  }
}

/** Upright bars between two ground places. */
export function fence(view: View, from: readonly [number, number], to: readonly [number, number], high: number, colour: Rgb, spacing = 0.4): void {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1])
  const bars = Math.round(length / spacing)
  for (const y of [high * 0.2, high * 0.85]) view.face([[from[0], y, from[1]], [to[0], y, to[1]], [to[0], y + 0.07, to[1]], [from[0], y + 0.07, from[1]]], colour)
  for (let bar = 0; bar <= bars; bar++) {
    const x = from[0] + ((to[0] - from[0]) * bar) / bars
    const z = from[1] + ((to[1] - from[1]) * bar) / bars
    const place = view.at(x, z)
    if (place) view.canvas.line([place.px, place.py], [place.px, place.py - high * place.scale], Math.max(1, 0.05 * place.scale), colour)
  }
}

/** A zebra crossing over a road that runs away from the camera (stripes along z). */
export function zebra(view: View, x0: number, x1: number, z0: number, z1: number): void {
  for (let x = x0; x + 0.45 <= x1; x += 0.9) view.ground(x, x + 0.45, z0, z1, [214, 214, 208], 0.92)
}

/** Broken line along z. */
export function dashes(view: View, x: number, z0: number, z1: number, colour: Rgb = [216, 214, 200]): void {
  for (let z = z0; z < z1; z += 4.5) view.ground(x - 0.07, x + 0.07, z, Math.min(z1, z + 2.4), colour, 0.9)
}

/** Broken line along x. */
export function dashesAcross(view: View, z: number, x0: number, x1: number, colour: Rgb = [216, 214, 200]): void {
  for (let x = x0; x < x1; x += 4.5) view.ground(x, Math.min(x1, x + 2.4), z - 0.07, z + 0.07, colour, 0.9)
}

/** Joints of a paved ground. */
export function paving(view: View, x0: number, x1: number, z0: number, z1: number, step: number, colour: Rgb): void {
  for (let x = x0; x <= x1; x += step) view.ground(x - 0.02, x + 0.02, z0, z1, colour, 0.5)
  for (let z = z0; z <= z1; z += step) view.ground(x0, x1, z - 0.02, z + 0.02, colour, 0.5)
}
