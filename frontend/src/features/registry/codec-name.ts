// Owns how a codec is written for people.
import type { Codec } from '#contract/cameras.ts'

const names: Record<Codec, string> = { h264: 'H.264', h265: 'H.265', mjpeg: 'MJPEG', other: '–' }
export const codecName = (codec: Codec): string => names[codec]
