// Owns digital zoom: which part of a picture a tile shows. Pure; all lengths are shares of the tile (0 to 1).
// Refuses: showing anything beside the picture's tile; the part is always wholly inside.

export interface ZoomView {
  /** 1 = the whole picture. */
  scale: number
  /** Left and upper edge of the shown part, as shares of the whole. */
  left: number
  top: number
}

export const wholePicture: ZoomView = { scale: 1, left: 0, top: 0 }
export const SCALE_MAX = 10

/** Zoomed by `factor` so that what lies under (x, y) stays there. */
export function zoomedAt(view: ZoomView, factor: number, x: number, y: number): ZoomView {
  const scale = Math.min(SCALE_MAX, Math.max(1, view.scale * factor))
  const under = (edge: number, at: number) => edge + at / view.scale
  return inside({ scale, left: under(view.left, x) - x / scale, top: under(view.top, y) - y / scale })
}

/** Moved with the hand by (dx, dy), shares of the tile. */
export function panned(view: ZoomView, dx: number, dy: number): ZoomView {
  return inside({ ...view, left: view.left - dx / view.scale, top: view.top - dy / view.scale })
}

/** As a CSS transform with the origin at the upper left corner. */
export function transformOf({ scale, left, top }: ZoomView): string {
  return scale === 1 ? 'none' : `scale(${scale}) translate(${-left * 100}%, ${-top * 100}%)`
}

function inside({ scale, left, top }: ZoomView): ZoomView {
  const most = 1 - 1 / scale
  return { scale, left: Math.min(most, Math.max(0, left)), top: Math.min(most, Math.max(0, top)) }
}
