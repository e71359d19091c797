// Owns asking the browser, once, how large a picture of each codec it decodes smoothly; the server is told with every stream
// that is opened, and sends what the camera sends wherever it can.
// Refuses: guessing from the browser's name.
import type { Decodes, StreamKind } from '#contract/live.ts'

/** What is asked of the browser; `MediaCapabilities` and `MediaSource` in a page, fakes in a test. */
export interface DecoderQuestions {
  isTypeSupported: (type: string) => boolean
  decodingInfo: (configuration: MediaDecodingConfiguration) => Promise<{ supported: boolean; smooth: boolean; powerEfficient: boolean }>
}

interface Size {
  width: number
  height: number
  /** Level in the codec's name that such a picture needs at 25 frames a second. */
  h264: string
  h265: string
}

/** What cameras send, the smallest first. */
const SIZES: readonly Size[] = [
  { width: 1280, height: 720, h264: '1f', h265: '93' },
  { width: 1920, height: 1080, h264: '28', h265: '120' },
  { width: 2560, height: 1440, h264: '32', h265: '150' },
  { width: 3840, height: 2160, h264: '33', h265: '153' },
]
/** Without a decoder in hardware a larger picture costs more than one tile is worth, smooth or not. */
const MOST_IN_SOFTWARE = 1920 * 1088
/** Some room for sizes in between, 2592×1520 or 2048×1536 say. */
const ROOM = 1.1
const FRAMES_PER_SECOND = 25
const BITS_PER_PIXEL = 2

/** The largest picture of H.264 for whoever asks for a small one: a camera without a sub stream sends its main stream for it. */
const MOST_IN_A_TILE = 1280 * 960

/** What the player of one stream is to be sent: a sub stream is for a tile, and every pixel too many is decoded in vain. */
export function decodesFor(stream: StreamKind, decodes: Decodes): Decodes {
  return stream === 'sub' ? { ...decodes, h264: Math.min(decodes.h264, MOST_IN_A_TILE) } : decodes
}

export async function askDecodes(browser: DecoderQuestions): Promise<Decodes> {
  const [h264, h265] = await Promise.all([largest(browser, ({ h264: level }) => `avc1.6400${level}`), largest(browser, ({ h265: level }) => `hvc1.1.6.L${level}.B0`)])
  // Every browser that opens this console plays H.264; one that will not say so gets it all the same.
  return { h264: Math.max(h264, MOST_IN_SOFTWARE), h265 }
}

/** The browser of this page. */
export function pageDecoders(): DecoderQuestions {
  return {
    isTypeSupported: (type) => 'MediaSource' in window && MediaSource.isTypeSupported(type),
    // Async, so that a browser without it is one that does not answer.
    decodingInfo: async (configuration) => navigator.mediaCapabilities.decodingInfo(configuration),
  }
}

async function largest(browser: DecoderQuestions, codecs: (size: Size) => string): Promise<number> {
  let pixels = 0
  for (const size of SIZES) {
    const area = size.width * size.height
    const contentType = `video/mp4; codecs="${codecs(size)}"`
    if (!browser.isTypeSupported(contentType)) break
    const { width, height } = size
    const answer = await browser.decodingInfo({ type: 'media-source', video: { contentType, width, height, bitrate: area * BITS_PER_PIXEL, framerate: FRAMES_PER_SECOND } }).catch(() => null)
    // One that says no more than that it plays the codec is believed as far as software would reach.
    const plays = answer === null || (answer.supported && answer.smooth)
    if (!plays || (!answer?.powerEfficient && area > MOST_IN_SOFTWARE)) break
    pixels = Math.floor(area * ROOM)
  }
  return pixels
}
