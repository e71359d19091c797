// Proves what the console tells the server of its browser: asked by size and codec, never guessed.
import assert from 'node:assert/strict'
import { askDecodes, decodesFor, type DecoderQuestions } from '../../../../frontend/src/player/decodes.ts'

const FULL_HD = 1920 * 1080
const UHD = 3840 * 2160

interface Ability {
  h265?: boolean
  /** Largest area that is smooth, and that hardware decodes. */
  smoothUpTo?: number
  efficientUpTo?: number
}
function browser({ h265 = false, smoothUpTo = Infinity, efficientUpTo = Infinity }: Ability, asked: string[] = []): DecoderQuestions {
  return {
    isTypeSupported: (type) => h265 || !type.includes('hvc1'),
    decodingInfo: async ({ video }) => {
      asked.push(video?.contentType ?? '')
      const area = (video?.width ?? 0) * (video?.height ?? 0)
      return { supported: true, smooth: area <= smoothUpTo, powerEfficient: area <= efficientUpTo }
    },
  }
}

describe('what the browser decodes', () => {
  it('is no H.265 where it is not supported, and then it is not asked how well', async () => {
    const asked: string[] = []
    assert.equal((await askDecodes(browser({}, asked))).h265, 0)
    assert.ok(asked.length > 0 && asked.every((type) => type.startsWith('video/mp4; codecs="avc1.')))
  })
  it('is everything that cameras send where hardware decodes it', async () => {
    const { h264, h265 } = await askDecodes(browser({ h265: true }))
    assert.ok(h264 >= UHD && h265 >= UHD)
  })
  it('is full HD and no more where there is no hardware for it, however smooth it may be', async () => {
    const { h264, h265 } = await askDecodes(browser({ h265: true, efficientUpTo: 0 }))
    for (const pixels of [h264, h265]) assert.ok(pixels >= FULL_HD && pixels < 2560 * 1440, String(pixels))
  })
  it('is as much as is smooth, with H.264 of full HD at least: there is nothing else to send', async () => {
    const { h264, h265 } = await askDecodes(browser({ h265: true, smoothUpTo: 1280 * 720 }))
    assert.ok(h265 >= 1280 * 720 && h265 < FULL_HD, String(h265))
    assert.ok(h264 >= FULL_HD, String(h264))
  })
  it('is full HD and no more of what the browser plays without saying how well', async () => {
    const silent: DecoderQuestions = { isTypeSupported: () => true, decodingInfo: () => Promise.reject(new TypeError('no')) }
    const { h264, h265 } = await askDecodes(silent)
    for (const pixels of [h264, h265]) assert.ok(pixels >= FULL_HD && pixels < 2560 * 1440, String(pixels))
  })
  it('is no H.265 when the browser says that it does not support it after all', async () => {
    const changed: DecoderQuestions = { isTypeSupported: () => true, decodingInfo: async () => ({ supported: false, smooth: false, powerEfficient: false }) }
    assert.equal((await askDecodes(changed)).h265, 0)
  })
  it('is for a tile no main stream of a camera that has no other, however much the browser could decode', async () => {
    const all = await askDecodes(browser({ h265: true }))
    const small = decodesFor('sub', all)
    assert.ok(small.h264 >= 1280 * 960 && small.h264 < FULL_HD, String(small.h264))
    assert.deepEqual([small.h265, decodesFor('main', all)], [all.h265, all])
  })
})
