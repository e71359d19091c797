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
    this.#y = new Plane(this.data.subarray(0, luma), width, height, 3)
    this.#u = new Plane(this.data.subarray(luma, luma * 1.25), width / 2, height / 2, 1)
    this.#v = new Plane(this.data.subarray(luma * 1.25), width / 2, height / 2, 1)
  }

  copyFrom(other: Canvas): void {
    this.data.set(other.data)
  }

  polygon(points: readonly Point[], colour: Rgb, alpha = 1): void {
    const { y, u, v } = toYuv(colour)
    this.#y.polygon(points, 1, y, y, alpha)
    this.#u.polygon(points, 0.5, u, u, alpha)
    this.#v.polygon(points, 0.5, v, v, alpha)
  }

  /** A polygon shaded from `top` (at its uppermost point) to `bottom`. */
  shaded(points: readonly Point[], top: Rgb, bottom: Rgb, alpha = 1): void {
    const a = toYuv(top)
    const b = toYuv(bottom)
    this.#y.polygon(points, 1, a.y, b.y, alpha)
    this.#u.polygon(points, 0.5, a.u, b.u, alpha)
    this.#v.polygon(points, 0.5, a.v, b.v, alpha)
  }

  rect(x: number, y: number, width: number, height: number, colour: Rgb, alpha = 1): void {
    this.polygon([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], colour, alpha)
  }

  ellipse(cx: number, cy: number, rx: number, ry: number, colour: Rgb, alpha = 1): void {
    const { y, u, v } = toYuv(colour)
    this.#y.ellipse(cx, cy, rx, ry, y, alpha)
    this.#u.ellipse(cx / 2, cy / 2, rx / 2, ry / 2, u, alpha)
    this.#v.ellipse(cx / 2, cy / 2, rx / 2, ry / 2, v, alpha)
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
  readonly #samples: number
  readonly #coverage: Float32Array
  readonly #crossings = new Float64Array(64)
  readonly #spans = new Float64Array(256)
  #left = 0
  #right = -1

  /** @param samples sample rows per pixel row */
  constructor(pixels: Uint8Array, width: number, height: number, samples: number) {
    this.#pixels = pixels
    this.#width = width
    this.#height = height
    this.#samples = samples
    this.#coverage = new Float32Array(width + 1)
  }

  /** Even-odd fill; from one value at the top to another at the bottom. Exact coverage across, a few sample rows down. */
  polygon(points: readonly Point[], scale: number, from: number, to: number, alpha: number): void {
    const count = points.length
    let top = Infinity
    let bottom = -Infinity
    for (let i = 0; i < count; i++) {
      const y = (points[i]?.[1] ?? 0) * scale
      if (y < top) top = y
      if (y > bottom) bottom = y
    }
    this.#fill(top, bottom, from, to, alpha, (y) => this.#cross(points, scale, y))
  }

  ellipse(cx: number, cy: number, rx: number, ry: number, value: number, alpha: number): void {
    const crossings = this.#crossings
    this.#fill(cy - ry, cy + ry, value, value, alpha, (y) => {
      const up = (y - cy) / ry
      if (up <= -1 || up >= 1) return 0
      const half = rx * Math.sqrt(1 - up * up)
      crossings[0] = cx - half
      crossings[1] = cx + half
      return 2
    })
  }

  /** @param cross writes the sorted crossings of a sample row and returns how many there are */
  #fill(top: number, bottom: number, from: number, to: number, alpha: number, cross: (y: number) => number): void {
    const pixels = this.#pixels
    const firstRow = Math.max(0, Math.floor(top))
    const lastRow = Math.min(this.#height - 1, Math.ceil(bottom) - 1)
    const span = Math.max(1, bottom - top)
    for (let row = firstRow; row <= lastRow; row++) {
      const solid = this.#cover(row, cross)
      if (this.#right < this.#left) continue
      const value = from === to ? from : from + (to - from) * Math.min(1, Math.max(0, (row + 0.5 - top) / span))
      const base = row * this.#width
      if (solid === null) {
        this.#blend(base, this.#left, this.#right, value, alpha)
        continue
      }
      const [first, end] = solid
      this.#blend(base, this.#left, first - 1, value, alpha)
      this.#blend(base, end, this.#right, value, alpha)
      if (alpha === 1) pixels.fill(value + 0.5, base + first, base + end)
      else for (let x = first; x < end; x++) pixels[base + x] = (pixels[base + x] ?? 0) * (1 - alpha) + value * alpha + 0.5
    }
  }

  #blend(base: number, first: number, last: number, value: number, alpha: number): void {
    const pixels = this.#pixels
    const coverage = this.#coverage
    for (let x = first; x <= last; x++) {
      const cover = Math.min(1, coverage[x] ?? 0) * alpha
      const old = pixels[base + x] ?? 0
      if (cover > 0) pixels[base + x] = old + (value - old) * cover + 0.5
      coverage[x] = 0
    }
  }

  /**
   * Adds up a pixel row's coverage between #left and #right. A row that every sample row crosses as one span has a
   * wholly covered middle, which is returned (first, end) and left out of the sums: most pixels are there.
   */
  #cover(row: number, cross: (y: number) => number): readonly [number, number] | null {
    this.#left = this.#width
    this.#right = -1
    const crossings = this.#crossings
    const spans = this.#spans
    let spanEnd = 0
    let inner = 0
    let outer = this.#width
    let single = true
    for (let sample = 0; sample < this.#samples; sample++) {
      const count = cross(row + (sample + 0.5) / this.#samples)
      if (count !== 2) single = false
      for (let i = 0; i + 1 < count; i += 2) {
        const x0 = Math.max(0, crossings[i] ?? 0)
        const x1 = Math.min(this.#width, crossings[i + 1] ?? 0)
        inner = Math.max(inner, Math.ceil(x0))
        outer = Math.min(outer, Math.floor(x1))
        if (x1 > x0) {
          spans[spanEnd++] = x0
          spans[spanEnd++] = x1
        }
      }
    }
    const solid = single && outer - inner > 4
    for (let i = 0; i < spanEnd; i += 2) {
      const x0 = spans[i] ?? 0
      const x1 = spans[i + 1] ?? 0
      if (solid) {
        this.#add(x0, inner)
        this.#add(outer, x1)
      } else this.#add(x0, x1)
    }
    return solid ? [inner, outer] : null
  }

  #add(x0: number, x1: number): void {
    const first = Math.floor(x0)
    const last = Math.min(this.#width - 1, Math.ceil(x1) - 1)
    const coverage = this.#coverage
    const share = 1 / this.#samples
    for (let x = first; x <= last; x++) coverage[x] = (coverage[x] ?? 0) + (Math.min(x1, x + 1) - Math.max(x0, x)) * share
    if (first < this.#left) this.#left = first
    if (last > this.#right) this.#right = last
  }

  #cross(points: readonly Point[], scale: number, y: number): number {
    const crossings = this.#crossings
    const last = points.length - 1
    let count = 0
    let x0 = (points[last]?.[0] ?? 0) * scale
    let y0 = (points[last]?.[1] ?? 0) * scale
    for (let i = 0; i <= last; i++) {
      const x1 = (points[i]?.[0] ?? 0) * scale
      const y1 = (points[i]?.[1] ?? 0) * scale
      if (y0 <= y !== y1 <= y && count < 64) {
        const x = x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)
        let at = count++
        for (; at > 0 && (crossings[at - 1] ?? 0) > x; at--) crossings[at] = crossings[at - 1] ?? 0
        crossings[at] = x
      }
      x0 = x1
      y0 = y1
    }
    return count
  }
}
