// Owns the viewer's watermark: who looks at the picture, drawn over it as one small repeated picture, on screen and in
// snapshots alike. Pure but for `burnIn`. Refuses: being switched off or drawn weaker than the least that may be set.
import { watermarkPercent } from '#contract/watermark.ts'
import type { ZoomView } from '../../player/zoom-view.ts'
import { visiblePart, type Part, type Size } from './picture-place.ts'

const wholePart: Part = { left: 0, top: 0, width: 1, height: 1 }
export const WATERMARK_SIZE = { width: 300, height: 150 } as const

/** One tile of the watermark as SVG: two lines, slanted. White with a dark edge, so that it shows on snow and at night. */
export function watermarkSvg(lines: readonly [string, string], opacityPercent: number): string {
  const opacity = Math.max(watermarkPercent.least, opacityPercent) / 100
  const { width, height } = WATERMARK_SIZE
  const text = lines.map((line, i) => `<text x="${width / 2}" y="${height / 2 + (i === 0 ? -4 : 16)}">${escaped(line)}</text>`).join('')
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><g opacity="${opacity}" fill="#fff" stroke="#000" stroke-width="2.2" stroke-opacity=".9" ` +
    `paint-order="stroke" font-family="sans-serif" font-size="15" text-anchor="middle" transform="rotate(-22 ${width / 2} ${height / 2})">${text}</g></svg>`
  )
}

export const watermarkUrl = (svg: string): string => `data:image/svg+xml,${encodeURIComponent(svg)}`

/** What a tile of size `box` shows by digital zoom. */
export interface ShownPart {
  view: ZoomView
  box: Size
}

/** A picture, or the part of it that a tile shows, with the watermark and a line of what it is, as JPEG. @throws when it cannot be decoded */
export async function burnIn(picture: Blob, options: { svg: string; caption: string; shown?: ShownPart | undefined }): Promise<Blob> {
  const [image, mark] = await Promise.all([createImageBitmap(picture), loaded(watermarkUrl(options.svg))])
  const part = options.shown ? visiblePart(options.shown.view, options.shown.box, image) : wholePart
  // Zoomed into a bar there is nothing to see; then the whole picture is worth more than nothing.
  const { left, top, width, height } = part.width > 0 && part.height > 0 ? part : wholePart
  const enlarged = Math.min(1 / width, 1 / height)
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(image.width * width * enlarged)
  canvas.height = Math.round(image.height * height * enlarged)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.imageSmoothingQuality = 'high'
  context.drawImage(image, left * image.width, top * image.height, width * image.width, height * image.height, 0, 0, canvas.width, canvas.height)
  image.close()
  const pattern = context.createPattern(mark, 'repeat')
  if (pattern === null) throw new Error('no pattern')
  context.fillStyle = pattern
  context.fillRect(0, 0, canvas.width, canvas.height)
  const line = Math.max(16, Math.round(canvas.height / 36))
  context.fillStyle = 'rgb(0 0 0 / 60%)'
  context.fillRect(0, canvas.height - line * 1.7, canvas.width, line * 1.7)
  context.fillStyle = '#fff'
  context.font = `${line}px sans-serif`
  context.textBaseline = 'middle'
  context.fillText(options.caption, line * 0.6, canvas.height - line * 0.85, canvas.width - line * 1.2)
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/jpeg', 0.92))
}

function loaded(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image(WATERMARK_SIZE.width, WATERMARK_SIZE.height)
    image.onload = () => resolve(image)
    image.onerror = () => reject(new Error('the watermark could not be drawn'))
    image.src = url
  })
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
