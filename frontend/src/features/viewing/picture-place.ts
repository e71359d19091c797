// Owns where a picture lies in its tile: `object-fit: contain` leaves bars beside it, digital zoom shows a part of both. Pure.
// Refuses: elements and players; whoever asks hands in the sizes, px of any one scale.
import type { ZoomView } from '../../player/zoom-view.ts'

export interface Size {
  width: number
  height: number
}
/** A place as shares, from the upper left corner; inside when both are 0 to 1. */
export interface Place {
  x: number
  y: number
}
/** A rectangle as shares of the picture. */
export interface Part extends Size {
  left: number
  top: number
}

/** The place in the picture that is seen at `at`, a place in the tile's box; undefined on a bar, and without a picture. */
export function placeInPicture(at: Place, view: ZoomView, box: Size, picture: Size): Place | undefined {
  if (isEmpty(box) || isEmpty(picture)) return undefined
  const x = alongPicture(view.left + at.x / view.scale, filled(box, picture).width)
  const y = alongPicture(view.top + at.y / view.scale, filled(box, picture).height)
  return isInside(x) && isInside(y) ? { x, y } : undefined
}

/** The part of the picture that the tile shows; 0 wide or high when the tile shows only a bar, or nothing. */
export function visiblePart(view: ZoomView, box: Size, picture: Size): Part {
  if (isEmpty(box) || isEmpty(picture)) return { left: 0, top: 0, width: 0, height: 0 }
  const { width, height } = filled(box, picture)
  const [left, right] = seen(view.left, view.scale, width)
  const [top, bottom] = seen(view.top, view.scale, height)
  return { left, top, width: right - left, height: bottom - top }
}

/** How much of the box a picture fills that is as large as it can be without a cut; one of the two is 1. */
function filled(box: Size, picture: Size): Size {
  const [across, down] = [picture.width * box.height, picture.height * box.width]
  return across > down ? { width: 1, height: down / across } : { width: across / down, height: 1 }
}

/** From a share of the box to a share of the picture, which lies in its middle and fills `share` of it. */
const alongPicture = (at: number, share: number): number => (at - (1 - share) / 2) / share
const seen = (edge: number, scale: number, share: number): [number, number] => [within(alongPicture(edge, share)), within(alongPicture(edge + 1 / scale, share))]
const within = (share: number): number => Math.min(1, Math.max(0, share))
const isInside = (share: number): boolean => share >= 0 && share <= 1
const isEmpty = ({ width, height }: Size): boolean => !(width > 0 && height > 0)
