// Owns how a test sees that a tile turns black: a script inside the page that looks at what each drawn frame holds.
// Refuses: changing anything on the page.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { read } from '../support/browser.ts'

/** Put into the page before the console starts; `black.most` are the most drawn frames in a row that a tile with a camera had neither a frame of a video nor a still. */
export const blackWatchScript = `(() => {
  const runs = new WeakMap()
  window.black = { most: 0 }
  const drawn = () => {
    for (const cell of document.querySelectorAll('.grid > .cell')) {
      const video = [...cell.querySelectorAll('video')].some((one) => one.readyState >= 2 && !one.classList.contains('coming'))
      const isBlack = cell.querySelector('.title .name') !== null && !video && cell.querySelector('canvas.still') === null
      runs.set(cell, isBlack ? (runs.get(cell) ?? 0) + 1 : 0)
      black.most = Math.max(black.most, runs.get(cell))
    }
    requestAnimationFrame(drawn)
  }
  requestAnimationFrame(drawn)
})()`

export const startBlackOver = (page: Page) => page.evaluate('black.most = 0')

/** Since `startBlackOver`. What is not drawn nobody sees, on a machine of any speed. */
export async function assertNoBlack(page: Page): Promise<void> {
  const most = await read(page, 'black.most', z.number())
  console.log(`      most frames in a row that a tile was drawn without a picture: ${most}`)
  assert.ok(most <= 2, `a tile was drawn without a picture ${most} times in a row`)
}
