// Owns drawing into one yuv420p picture: anti-aliased polygons, ellipses, gradients, grain.
// Refuses: knowing what it draws; places are described in the scene files.

export type Point = readonly [x: number, y: number]
/** sRGB, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number]

interface Yuv {
  y: number
  u: number
  v: number
}

const ROWS_PER_PIXEL = 4

export class Canvas {
  readonly width: number
  readonly height: number
  /** Planar Y, U, V as ffmpeg's `rawvideo` reads it. */
  readonly data: Uint8Array
  readonly #y: Plane
  readonly #u: Plane
  readonly #v: Plane

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    const luma = width * height
    this.data = new Uint8Array(luma * 1.5)
    this.#y = new Plane(this.data.subarray(0, luma), width, height)
    this.#u = new Plane(this.data.subarray(luma, luma * 1.25), width / 2, height / 2)
    this.#v = new Plane(this.data.subarray(luma * 1.25), width / 2, height / 2)
  }

  copyFrom(other: Canvas): void {
    this.data.set(other.data)
  }

  polygon(points: readonly Point[], colour: Rgb, alpha = 1): void {
    const { y, u, v } = toYuv(colour)
    this.#y.polygon(points, 1, [y], alpha)
    this.#u.polygon(points, 0.5, [u], alpha)
    this.#v.polygon(points, 0.5, [v], alpha)
  }

  /** A polygon shaded from `top` (at its uppermost point) to `bottom`. */
  shaded(points: readonly Point[], top: Rgb, bottom: Rgb, alpha = 1): void {
    const a = toYuv(top)
    const b = toYuv(bottom)
    this.#y.polygon(points, 1, [a.y, b.y], alpha)
    this.#u.polygon(points, 0.5, [a.u, b.u], alpha)
    this.#v.polygon(points, 0.5, [a.v, b.v], alpha)
  }

  rect(x: number, y: number, width: number, height: number, colour: Rgb, alpha = 1): void {
    this.polygon([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], colour, alpha)
  }

  ellipse(cx: number, cy: number, rx: number, ry: number, colour: Rgb, alpha = 1): void {
    const corners = Math.max(8, Math.min(36, Math.round(Math.max(rx, ry) * 1.5)))
    const points: Point[] = []
    for (let i = 0; i < corners; i++) {
      const angle = (i / corners) * 2 * Math.PI
      points.push([cx + Math.cos(angle) * rx, cy + Math.sin(angle) * ry])
    }
    this.polygon(points, colour, alpha)
  }

  line(from: Point, to: Point, thickness: number, colour: Rgb, alpha = 1): void {
    const dx = to[0] - from[0]
    const dy = to[1] - from[1]
    const length = Math.hypot(dx, dy) || 1
    const nx = (-dy / length) * (thickness / 2)
    const ny = (dx / length) * (thickness / 2)
    this.polygon([[from[0] + nx, from[1] + ny], [to[0] + nx, to[1] + ny], [to[0] - nx, to[1] - ny], [from[0] - nx, from[1] - ny]], colour, alpha)
  }

  /** A soft patch of light: rings that add up towards the middle. */
  glow(cx: number, cy: number, rx: number, ry: number, colour: Rgb, strength: number): void {
    const rings = 10
    for (let i = rings; i >= 1; i--) this.ellipse(cx, cy, (rx * i) / rings, (ry * i) / rings, colour, strength / rings)
  }

  /** Fixed surface grain on the luma, so that flat areas look like a photographed surface. */
  grain(amount: number, seed: number): void {
    let state = seed | 1
    const luma = this.data.subarray(0, this.width * this.height)
    let slow = 0
    for (let i = 0; i < luma.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0
      slow = slow * 0.6 + ((state >>> 16) / 65536 - 0.5) * 0.8
      luma[i] = Math.max(16, Math.min(235, (luma[i] ?? 0) + slow * amount * 2))
    }
  }
}

/** BT.601 limited range. */
function toYuv([r, g, b]: Rgb): Yuv {
  return {
    y: 16 + 0.257 * r + 0.504 * g + 0.098 * b,
    u: 128 - 0.148 * r - 0.291 * g + 0.439 * b,
    v: 128 + 0.439 * r - 0.368 * g - 0.071 * b,
  }
}

class Plane {
  readonly #pixels: Uint8Array
  readonly #width: number
  readonly #height: number
  readonly #coverage: Float32Array

  constructor(pixels: Uint8Array, width: number, height: number) {
    this.#pixels = pixels
    this.#width = width
    this.#height = height
    this.#coverage = new Float32Array(width + 1)
  }

  /** Even-odd fill; `values` is one value or a vertical pair. Exact coverage across, four sample rows down. */
  polygon(points: readonly Point[], scale: number, values: readonly number[], alpha: number): void {
    let top = Infinity
    let bottom = -Infinity
    for (const [, y] of points) {
      top = Math.min(top, y * scale)
      bottom = Math.max(bottom, y * scale)
    }
    const firstRow = Math.max(0, Math.floor(top))
    const lastRow = Math.min(this.#height - 1, Math.ceil(bottom) - 1)
    const span = Math.max(1, bottom - top)
    const [from = 0, to = from] = values
    for (let row = firstRow; row <= lastRow; row++) {
      const edges = this.#cover(points, scale, row)
      if (!edges) continue
      const value = from === to ? from : from + (to - from) * Math.min(1, Math.max(0, (row + 0.5 - top) / span))
      const base = row * this.#width
      for (let x = edges.left; x <= edges.right; x++) {
        const cover = Math.min(1, this.#coverage[x] ?? 0) * alpha
        if (cover > 0) {
          const old = this.#pixels[base + x] ?? 0
          this.#pixels[base + x] = old + (value - old) * cover + 0.5
        }
        this.#coverage[x] = 0
      }
    }
  }

  #cover(points: readonly Point[], scale: number, row: number): { left: number; right: number } | null {
    let left = this.#width
    let right = -1
    for (let sample = 0; sample < ROWS_PER_PIXEL; sample++) {
      const y = row + (sample + 0.5) / ROWS_PER_PIXEL
      const crossings: number[] = []
      let previous = points[points.length - 1]
      for (const point of points) {
        if (previous) {
          const y0 = previous[1] * scale
          const y1 = point[1] * scale
          if (y0 <= y !== y1 <= y) crossings.push((previous[0] + ((y - y0) / (y1 - y0)) * (point[0] - previous[0])) * scale)
        }
        previous = point
      }
      crossings.sort((a, b) => a - b)
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const x0 = Math.max(0, crossings[i] ?? 0)
        const x1 = Math.min(this.#width, crossings[i + 1] ?? 0)
        if (x1 <= x0) continue
        const first = Math.floor(x0)
        const last = Math.min(this.#width - 1, Math.ceil(x1) - 1)
        for (let x = first; x <= last; x++) {
          this.#coverage[x] = (this.#coverage[x] ?? 0) + (Math.min(x1, x + 1) - Math.max(x0, x)) / ROWS_PER_PIXEL
        }
        left = Math.min(left, first)
        right = Math.max(right, last)
      }
    }
    return right < left ? null : { left, right }
  }
}
