// Owns the view of a fixed camera over a street: world metres to pixels, ground areas, boxes, painted far to near.
// Refuses: rotation beyond a turn about the mast; cameras here look level and the horizon is shifted, verticals stay vertical.
import type { Canvas, Point, Rgb } from './canvas.ts'

/** Metres: x to the right, y up from the ground, z away from the camera. */
export type Place = readonly [x: number, y: number, z: number]

export interface ViewOptions {
  /** Height of the camera above ground, metres. */
  heightM: number
  /** Row of the horizon as a share of the picture height. */
  horizon: number
  /** Focal length as a share of the picture width. */
  focal: number
  /** Turn to the right in degrees. */
  turnDegrees?: number
}

const NEAREST_M = 0.8

export class View {
  readonly canvas: Canvas
  readonly #options: ViewOptions
  readonly #heightM: number
  readonly #horizonRow: number
  readonly #focal: number
  readonly #sin: number
  readonly #cos: number

  constructor(canvas: Canvas, options: ViewOptions) {
    this.canvas = canvas
    this.#options = options
    this.#heightM = options.heightM
    this.#horizonRow = options.horizon * canvas.height
    this.#focal = options.focal * canvas.width
    const turn = ((options.turnDegrees ?? 0) * Math.PI) / 180
    this.#sin = Math.sin(turn)
    this.#cos = Math.cos(turn)
  }

  get horizonRow(): number {
    return this.#horizonRow
  }

  /** The same view onto another canvas of the same size. */
  onto(canvas: Canvas): View {
    return new View(canvas, this.#options)
  }

  depth(x: number, z: number): number {
    return x * this.#sin + z * this.#cos
  }

  /** Pixels per metre at this place, and where its ground point is. */
  at(x: number, z: number): { px: number; py: number; scale: number } | null {
    const depth = this.depth(x, z)
    if (depth < NEAREST_M) return null
    const scale = this.#focal / depth
    return { px: this.canvas.width / 2 + (x * this.#cos - z * this.#sin) * scale, py: this.#horizonRow + this.#heightM * scale, scale }
  }

  project(places: readonly Place[]): Point[] {
    const turned = places.map(([x, y, z]): Place => [x * this.#cos - z * this.#sin, y, this.depth(x, z)])
    return clipNear(turned).map(([x, y, z]): Point => {
      const scale = this.#focal / z
      return [this.canvas.width / 2 + x * scale, this.#horizonRow + (this.#heightM - y) * scale]
    })
  }

  face(places: readonly Place[], colour: Rgb, alpha = 1): void {
    const points = this.project(places)
    if (points.length > 2) this.canvas.polygon(points, colour, alpha)
  }

  shadedFace(places: readonly Place[], top: Rgb, bottom: Rgb): void {
    const points = this.project(places)
    if (points.length > 2) this.canvas.shaded(points, top, bottom)
  }

  /** A rectangle on the ground. */
  ground(x0: number, x1: number, z0: number, z1: number, colour: Rgb, alpha = 1): void {
    this.face([[x0, 0, z0], [x1, 0, z0], [x1, 0, z1], [x0, 0, z1]], colour, alpha)
  }

  /** A box standing on (or above) the ground: the faces that this camera (above the origin) can see. */
  box(x0: number, x1: number, z0: number, z1: number, y0: number, y1: number, colour: Rgb): void {
    const side = tone(colour, 0.72)
    if (this.#heightM > y1) this.face([[x0, y1, z0], [x1, y1, z0], [x1, y1, z1], [x0, y1, z1]], tone(colour, 1.15))
    if (x1 < 0) this.shadedFace([[x1, y0, z0], [x1, y1, z0], [x1, y1, z1], [x1, y0, z1]], side, tone(side, 0.85))
    if (x0 > 0) this.shadedFace([[x0, y0, z0], [x0, y1, z0], [x0, y1, z1], [x0, y0, z1]], side, tone(side, 0.85))
    if (z0 > 0) this.shadedFace([[x0, y0, z0], [x1, y0, z0], [x1, y1, z0], [x0, y1, z0]], tone(colour, 1.02), tone(colour, 0.86))
  }
}

export function tone([r, g, b]: Rgb, factor: number): Rgb {
  return [Math.min(255, r * factor), Math.min(255, g * factor), Math.min(255, b * factor)]
}

export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

function clipNear(places: readonly Place[]): Place[] {
  const kept: Place[] = []
  let previous = places[places.length - 1]
  for (const place of places) {
    if (previous && previous[2] >= NEAREST_M !== place[2] >= NEAREST_M) {
      const share = (NEAREST_M - previous[2]) / (place[2] - previous[2])
      kept.push([previous[0] + (place[0] - previous[0]) * share, previous[1] + (place[1] - previous[1]) * share, NEAREST_M])
    }
    if (place[2] >= NEAREST_M) kept.push(place)
    previous = place
  }
  return kept
}
