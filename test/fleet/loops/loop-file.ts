// Owns the file of one loop: a JSON index and the raw access units behind it.
// Refuses: files of another layout; they are made again.
import type { VideoCodec } from '../identity.ts'
import type { AccessUnit } from './annexb.ts'

/** One encoded loop, as stored and as sent. */
export interface Loop {
  codec: VideoCodec
  width: number
  height: number
  framesPerSecond: number
  parameterSets: Buffer[]
  frames: AccessUnit[]
}

const MAGIC = Buffer.from('FLEETLP1')

interface Index {
  codec: VideoCodec
  width: number
  height: number
  framesPerSecond: number
  parameterSets: number[]
  frames: { key: boolean; units: number[] }[]
}

export function writeLoop(loop: Loop): Buffer {
  const index: Index = {
    codec: loop.codec,
    width: loop.width,
    height: loop.height,
    framesPerSecond: loop.framesPerSecond,
    parameterSets: loop.parameterSets.map((unit) => unit.length),
    frames: loop.frames.map((frame) => ({ key: frame.key, units: frame.units.map((unit) => unit.length) })),
  }
  const head = Buffer.from(JSON.stringify(index))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(head.length)
  return Buffer.concat([MAGIC, length, head, ...loop.parameterSets, ...loop.frames.flatMap((frame) => frame.units)])
}

/** The loop of a file, its units being views into `bytes`; null when the file is not one of ours or is cut short. */
export function readLoop(bytes: Buffer): Loop | null {
  if (bytes.length < 12 || !bytes.subarray(0, 8).equals(MAGIC)) return null
  const headEnd = 12 + bytes.readUInt32BE(8)
  if (headEnd > bytes.length) return null
  // our own file, written by writeLoop and named by its version
  const index = JSON.parse(bytes.toString('utf8', 12, headEnd)) as Index
  let at = headEnd
  const take = (length: number) => bytes.subarray(at, (at += length))
  const parameterSets = index.parameterSets.map(take)
  const frames = index.frames.map((frame) => ({ key: frame.key, units: frame.units.map(take) }))
  if (at !== bytes.length || frames.length === 0) return null
  return { codec: index.codec, width: index.width, height: index.height, framesPerSecond: index.framesPerSecond, parameterSets, frames }
}
