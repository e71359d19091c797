// Owns cutting a byte stream into whole top-level MP4 boxes (ISO/IEC 14496-12 §4.2).
// Refuses: 64-bit and open-ended sizes, boxes larger than their kind may be.

export interface Box {
  type: string
  /** The whole box with its header. */
  bytes: Buffer
}

const LIMITS: Record<string, number> = { mdat: 16 * 1024 * 1024, moov: 256 * 1024, moof: 256 * 1024 }
const OTHER_LIMIT = 64 * 1024

export class BoxSplitter {
  #chunks: Buffer[] = []
  #length = 0

  /** The boxes that `chunk` completes. @throws RangeError on a size that cannot be */
  push(chunk: Buffer): Box[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    const boxes: Box[] = []
    for (;;) {
      if (this.#length < 8) return boxes
      const head = this.#peek8()
      const size = head.readUInt32BE(0)
      const type = head.toString('latin1', 4, 8)
      if (size < 8 || size > (LIMITS[type] ?? OTHER_LIMIT)) throw new RangeError(`a ${type} box of ${size} bytes`)
      if (this.#length < size) return boxes
      const all = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks)
      boxes.push({ type, bytes: all.subarray(0, size) })
      this.#chunks = all.length > size ? [all.subarray(size)] : []
      this.#length -= size
    }
  }

  #peek8(): Buffer {
    const first = this.#chunks[0]
    return first && first.length >= 8 ? first : Buffer.concat(this.#chunks)
  }
}

/** The child boxes between `start` and `end` of a container; malformed sizes end the list. */
export function childBoxes(parent: Buffer, start: number, end: number = parent.length): Box[] {
  const boxes: Box[] = []
  for (let at = start; at + 8 <= end; ) {
    const size = parent.readUInt32BE(at)
    if (size < 8 || at + size > end) break
    boxes.push({ type: parent.toString('latin1', at + 4, at + 8), bytes: parent.subarray(at, at + size) })
    at += size
  }
  return boxes
}

/** Follows a path of container boxes, e.g. `trak`, `mdia`; null when one is missing. */
export function findBox(parent: Buffer, path: readonly string[]): Buffer | null {
  let here = parent
  for (const type of path) {
    const found = childBoxes(here, 8).find((box) => box.type === type)
    if (!found) return null
    here = found.bytes
  }
  return here
}
