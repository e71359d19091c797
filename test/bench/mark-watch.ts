// Owns reading the frame marks of playing tiles inside a page: which frame of the camera's loop is on screen, and when.
// Refuses: judging; who sent which frame when is the fleet's to tell.
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { read } from '../support/browser.ts'
import { MARK } from '../fleet/frame-mark.ts'

/** Put into the page before the console starts; `markWatch.read(position)` then gives the mark of one tile's picture. */
export const markWatchScript = `(() => {
  const mark = ${JSON.stringify(MARK)}
  const canvas = document.createElement('canvas')
  canvas.width = mark.bits * 4
  canvas.height = 8
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const luma = (pixels, x, y) => pixels[4 * (y * canvas.width + x) + 1]
  window.markWatch = {
    read: (position, which = 'video:not(.coming)') => {
      const cells = [...document.querySelectorAll('.grid > .cell')].sort((a, b) => Number(a.style.order) - Number(b.style.order))
      const video = cells[position]?.querySelector(which)
      if (!video || video.videoWidth === 0) return null
      const scale = video.videoWidth / 640
      const size = mark.blockAt640 * scale
      const top = video.videoHeight - mark.bottomAt640 * scale - 2 * size
      context.drawImage(video, mark.leftAt640 * scale, top, mark.bits * size, 2 * size, 0, 0, canvas.width, canvas.height)
      const atMs = Date.now()
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data
      let index = 0
      for (let column = 0; column < mark.bits; column++) {
        const upper = luma(pixels, column * 4 + 2, 2)
        const lower = luma(pixels, column * 4 + 2, 6)
        if (Math.abs(upper - lower) < mark.leastContrast) return null
        index = index * 2 + (upper > lower ? 1 : 0)
      }
      const buffered = video.buffered
      // What the tile says at this moment, in the same breath.
      const badge = /(\\d+\\.\\d)/.exec(cells[position].querySelector('.title .delay')?.textContent ?? '')?.[1]
      return { index, atMs, toldMs: badge === undefined ? null : 1000 * Number(badge), widthPx: video.videoWidth, aheadMs: buffered.length === 0 ? 0 : 1000 * (buffered.end(buffered.length - 1) - video.currentTime), rate: video.playbackRate }
    },
  }
})()`

const markSchema = z.object({ index: z.number(), atMs: z.number(), toldMs: z.number().nullable(), widthPx: z.number(), aheadMs: z.number(), rate: z.number() }).nullable()
/** `atMs` is UTC by the browser's clock, `toldMs` the delay in the tile's live badge (null = it names none), `widthPx` the decoded picture's, `aheadMs` the media in reserve; null = no picture, or no legible mark. */
export type SeenMark = z.infer<typeof markSchema>

/** @param which selector of the video inside the tile; otherwise the one that shows live pictures */
export const readMark = (page: Page, position: number, which?: string): Promise<SeenMark> => read(page, `markWatch.read(${position}${which === undefined ? '' : `, '${which}'`})`, markSchema)
