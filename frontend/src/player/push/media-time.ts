// Owns reading the times that a CMAF message carries: the init's timescale, a fragment's decode time. Pure.
// Source: ISO/IEC 14496-12, boxes mdhd and tfdt. Refuses: anything that is not such a message; the answer is then null.

/** Seconds of the first frame of a moof+mdat message on the stream's timeline. */
export function decodeSecondsOf(message: ArrayBuffer, timescale: number): number | null {
  const box = boxAt(message, ['moof', 'traf', 'tfdt'])
  if (box === null || box.byteLength < 8) return null
  if (box.getUint8(0) === 0) return box.getUint32(4) / timescale
  return box.byteLength < 12 ? null : Number(box.getBigUint64(4)) / timescale
}

/** Units a second of the first track of an init segment. */
export function timescaleOf(init: ArrayBuffer): number | null {
  const box = boxAt(init, ['moov', 'trak', 'mdia', 'mdhd'])
  if (box === null) return null
  const at = box.getUint8(0) === 0 ? 12 : 20
  return box.byteLength < at + 4 ? null : box.getUint32(at)
}

/** Contents of the first box at a path; null when there is none. */
function boxAt(bytes: ArrayBuffer, path: readonly string[]): DataView<ArrayBuffer> | null {
  let inside = new DataView(bytes)
  for (const wanted of path) {
    let found: DataView<ArrayBuffer> | null = null
    for (let at = 0; at + 8 <= inside.byteLength && found === null; ) {
      const size = inside.getUint32(at)
      if (size < 8 || at + size > inside.byteLength) return null
      const type = String.fromCharCode(...[4, 5, 6, 7].map((i) => inside.getUint8(at + i)))
      if (type === wanted) found = new DataView(inside.buffer, inside.byteOffset + at + 8, size - 8)
      at += size
    }
    if (found === null) return null
    inside = found
  }
  return inside
}
