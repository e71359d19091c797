// Owns what moves: people on foot and on e-bikes, cars, buses. Each is drawn where the scene puts it.
// Refuses: paths and times (motion.ts).
import type { Rgb } from './canvas.ts'
import type { View } from './view.ts'
import { tone } from './view.ts'

export interface Actor {
  /** Distance from the camera in metres; far actors are drawn first. */
  depth: number
  draw: (view: View) => void
}

export interface PersonLook {
  top: Rgb
  legs: Rgb
  /** Metres. */
  tall: number
}

const HAIR: Rgb = [32, 28, 26]
const SKIN: Rgb = [206, 164, 136]
const TYRE: Rgb = [26, 26, 28]

/** A person at a ground place. `stride` advances by 1 a step pair; `facing` is -1 (left) or 1 (right). */
export function person(view: View, x: number, z: number, look: PersonLook, stride: number, options: { facing?: number; light?: number; rideM?: number } = {}): Actor {
  return {
    depth: view.depth(x, z),
    draw(target) {
      const place = target.at(x, z)
      if (!place || place.scale > 400) return
      const { canvas } = target
      const s = place.scale * look.tall
      const light = options.light ?? 1
      const foot = place.py - (options.rideM ?? 0) * place.scale
      const swing = Math.sin(stride * 2 * Math.PI) * 0.13
      const px = place.px
      if (options.rideM === undefined) canvas.ellipse(px, place.py, s * 0.22, s * 0.05, [20, 22, 24], 0.35 * light)
      const legs = tone(look.legs, light)
      canvas.line([px, foot - s * 0.48], [px + s * swing, foot - s * 0.01], s * 0.1, legs)
      canvas.line([px, foot - s * 0.48], [px - s * swing, foot - s * 0.01], s * 0.1, tone(legs, 0.8))
      const top = tone(look.top, light)
      canvas.polygon([[px - s * 0.12, foot - s * 0.82], [px + s * 0.12, foot - s * 0.82], [px + s * 0.1, foot - s * 0.44], [px - s * 0.1, foot - s * 0.44]], top)
      canvas.line([px + s * 0.11, foot - s * 0.79], [px + s * (0.13 - swing * 0.9), foot - s * 0.46], s * 0.065, tone(top, 0.85))
      canvas.line([px - s * 0.11, foot - s * 0.79], [px - s * (0.13 - swing * 0.9), foot - s * 0.46], s * 0.065, tone(top, 0.75))
      canvas.ellipse(px, foot - s * 0.91, s * 0.075, s * 0.09, tone(SKIN, light))
      canvas.ellipse(px - (options.facing ?? 1) * s * 0.015, foot - s * 0.94, s * 0.078, s * 0.065, tone(HAIR, light))
    },
  }
}

/** Somebody on an e-bike crossing the picture. */
export function rider(view: View, x: number, z: number, look: PersonLook, facing: number, light = 1): Actor {
  const body = person(view, x, z, { ...look, tall: look.tall * 0.95 }, 0.2, { facing, light, rideM: 0.35 })
  return {
    depth: view.depth(x, z),
    draw(target) {
      const place = target.at(x, z)
      if (!place) return
      const { px, py, scale } = place
      const { canvas } = target
      canvas.ellipse(px, py, scale * 0.9, scale * 0.1, [20, 22, 24], 0.35 * light)
      for (const side of [-0.62, 0.62]) {
        canvas.ellipse(px + side * scale, py - 0.28 * scale, 0.28 * scale, 0.28 * scale, tone(TYRE, light))
        canvas.ellipse(px + side * scale, py - 0.28 * scale, 0.15 * scale, 0.15 * scale, tone([120, 124, 128], light))
      }
      const frame = tone(look.legs, light * 1.4)
      canvas.line([px - facing * 0.6 * scale, py - 0.45 * scale], [px + facing * 0.35 * scale, py - 0.4 * scale], 0.22 * scale, frame)
      canvas.line([px + facing * 0.6 * scale, py - 0.3 * scale], [px + facing * 0.42 * scale, py - 1.05 * scale], 0.09 * scale, frame)
      body.draw(target)
      canvas.line([px, py - 1.3 * scale], [px + facing * 0.42 * scale, py - 1.05 * scale], 0.09 * scale, tone(look.top, light * 0.9))
    },
  }
}

export interface CarLook {
  colour: Rgb
  /** Metres; a bus is long and high. */
  long?: number
  high?: number
  wide?: number
}

/** A vehicle that runs across the picture (along x), seen from the side. `facing` 1 = to the right. */
export function carAcross(view: View, x: number, z: number, look: CarLook, facing: number, options: { light?: number; lamps?: boolean } = {}): Actor {
  const long = look.long ?? 4.4
  const wide = look.wide ?? 1.75
  const bus = long > 7
  const high = look.high ?? 1.45
  const light = options.light ?? 1
  const colour = tone(look.colour, light)
  const glass = tone([58, 72, 84], light)
  return {
    depth: view.depth(x, z) - wide / 2,
    draw(target) {
      const near = z - wide / 2
      const far = z + wide / 2
      const left = x - long / 2
      const right = x + long / 2
      target.ground(left - 0.15, right + 0.15, near - 0.25, far, [14, 15, 17], 0.5)
      if (bus) {
        target.box(left, right, near, far, 0.35, high, colour)
        target.face([[left + 0.3, 1.35, near], [right - 0.3, 1.35, near], [right - 0.3, high - 0.45, near], [left + 0.3, high - 0.45, near]], glass)
        for (let post = left + 1.6; post < right - 0.5; post += 1.5) target.face([[post, 1.35, near], [post + 0.12, 1.35, near], [post + 0.12, high - 0.45, near], [post, high - 0.45, near]], colour)
        target.face([[left, 0.8, near], [right, 0.8, near], [right, 1.0, near], [left, 1.0, near]], tone([235, 235, 230], light))
      } else {
        target.box(left, right, near, far, 0.28, high * 0.6, colour)
        const back = x - facing * long * 0.42
        const front = x + facing * long * 0.28
        const slope = facing * 0.55
        target.face([[back + slope * 0.5, high, near + 0.15], [front - slope, high, near + 0.15], [front - slope, high, far - 0.15], [back + slope * 0.5, high, far - 0.15]], tone(colour, 1.12))
        target.face([[back, high * 0.6, near], [back + slope * 0.5, high, near + 0.15], [front - slope, high, near + 0.15], [front, high * 0.6, near]], tone(colour, 0.95))
        target.face([[back + slope * 0.35, high * 0.64, near], [back + slope * 0.65, high * 0.94, near + 0.12], [front - slope * 1.1, high * 0.94, near + 0.12], [front - slope * 0.35, high * 0.64, near]], glass)
        const post = (back + front) / 2
        target.face([[post, high * 0.6, near], [post + 0.1, high * 0.6, near], [post + 0.1, high, near + 0.15], [post, high, near + 0.15]], colour)
      }
      const nose = x + facing * (long / 2 - 0.15)
      const tail = x - facing * (long / 2 - 0.12)
      target.face(patch(nose, 0.62, near, 0.16), options.lamps ? [255, 250, 220] : tone([230, 232, 225], light))
      target.face(patch(tail, 0.66, near, 0.12), options.lamps ? [255, 60, 40] : tone([160, 30, 28], light))
      for (const wheel of [left + long * 0.18, right - long * 0.18]) {
        const place = target.at(wheel, near)
        if (!place) continue
        const radius = (bus ? 0.48 : 0.33) * place.scale
        target.canvas.ellipse(place.px, place.py - radius, radius, radius, tone(TYRE, light))
        target.canvas.ellipse(place.px, place.py - radius, radius * 0.55, radius * 0.55, tone([140, 144, 148], light))
      }
      if (options.lamps) {
        const lamp = target.at(nose + facing * 2.5, near)
        if (lamp) target.canvas.glow(lamp.px, lamp.py - 0.2 * lamp.scale, 3.2 * lamp.scale, 0.5 * lamp.scale, [255, 244, 205], 0.5)
      }
    },
  }
}

/** A vehicle that runs along the view (along z). `towards`: it comes to the camera and shows its face. */
export function carAlong(view: View, x: number, z: number, look: CarLook, towards: boolean, options: { light?: number; lamps?: boolean } = {}): Actor {
  const long = look.long ?? 4.4
  const wide = look.wide ?? 1.75
  const high = look.high ?? 1.45
  const bus = long > 7
  const light = options.light ?? 1
  const colour = tone(look.colour, light)
  const glass = tone([58, 72, 84], light)
  return {
    depth: view.depth(x, z),
    draw(target) {
      const left = x - wide / 2
      const right = x + wide / 2
      const near = z - long / 2
      const far = z + long / 2
      if (near < 1.2) return
      target.ground(left - 0.2, right + 0.2, near - 0.2, far, [14, 15, 17], 0.5)
      const deck = bus ? high : high * 0.62
      target.box(left, right, near, far, 0.28, deck, colour)
      const windowLow = bus ? high * 0.45 : high * 0.62
      const cabinNear = bus ? near : near + (towards ? 1.1 : 0.5)
      const rise = bus ? 0 : 0.6
      if (!bus) {
        target.box(left + 0.1, right - 0.1, cabinNear + rise, far - 0.7, deck, high, tone(colour, 0.95))
      }
      target.face([[left + 0.12, windowLow, cabinNear], [right - 0.12, windowLow, cabinNear], [right - 0.22, high * 0.97, cabinNear + rise], [left + 0.22, high * 0.97, cabinNear + rise]], glass)
      const wheelLow: Rgb = tone(TYRE, light)
      for (const side of [left + 0.1, right - 0.32]) target.face([[side, 0, near + 0.1], [side + 0.22, 0, near + 0.1], [side + 0.22, 0.34, near + 0.1], [side, 0.34, near + 0.1]], wheelLow)
      const lampColour: Rgb = towards ? (options.lamps ? [255, 252, 230] : [226, 228, 222]) : options.lamps ? [255, 54, 36] : [158, 26, 24]
      for (const side of [left + 0.24, right - 0.24]) {
        target.face([[side - 0.17, 0.58, near], [side + 0.17, 0.58, near], [side + 0.17, 0.76, near], [side - 0.17, 0.76, near]], lampColour)
        const lamp = options.lamps ? target.at(side, near) : null
        if (lamp) target.canvas.glow(lamp.px, lamp.py - 0.66 * lamp.scale, (towards ? 0.9 : 0.4) * lamp.scale, (towards ? 0.7 : 0.3) * lamp.scale, lampColour, 0.8)
      }
      target.face([[x - 0.24, 0.4, near], [x + 0.24, 0.4, near], [x + 0.24, 0.54, near], [x - 0.24, 0.54, near]], tone([40, 80, 190], light))
    },
  }
}

function patch(x: number, y: number, z: number, half: number): [number, number, number][] {
  return [[x - half, y - half * 0.6, z], [x + half, y - half * 0.6, z], [x + half, y + half * 0.6, z], [x - half, y + half * 0.6, z]]
}
