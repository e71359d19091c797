// Owns the memory in which pictures are put together: NAL units with 4-byte lengths, one picture behind the other in pieces
// that go when all of their pictures have gone. Taking memory for each picture costs more than copying it.
// Refuses: pictures larger than any camera sends.
import { StreamFault } from '../stream-fault.ts'

const PIECE_BYTES = 128 * 1024
const MOST_BYTES = 8 * 1024 * 1024

export class FrameMemory {
  #piece = Buffer.allocUnsafeSlow(0)
  /** Where the picture, its open unit (-1 = none) and what is free begin. */
  #start = 0
  #unit = -1
  #end = 0

  get inUnit(): boolean {
    return this.#unit >= 0
  }

  /**
   * A unit that is still open is dropped: its length has never been written, and there is no telling what stands in its place.
   * @param header the unit's first byte, where it does not come with what is appended
   */
  beginUnit(header?: number): void {
    if (this.#unit >= 0) this.#end = this.#unit
    this.#unit = -1
    this.#reserve(5)
    this.#unit = this.#end
    this.#end += 4
    if (header !== undefined) this.#piece[this.#end++] = header
  }

  /** @throws StreamFault stream_undecodable */
  append(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    from.copy(this.#piece, this.#end, start, end)
    this.#end += end - start
  }

  endUnit(): void {
    if (this.#unit < 0) return
    this.#piece.writeUInt32BE(this.#end - this.#unit - 4, this.#unit)
    this.#unit = -1
  }

  /** The picture's whole units; what follows is another picture. */
  take(): Buffer {
    const data = this.#piece.subarray(this.#start, this.#unit >= 0 ? this.#unit : this.#end)
    this.#start = this.#end
    this.#unit = -1
    return data
  }

  #reserve(bytes: number): void {
    const used = this.#end - this.#start
    if (used + bytes > MOST_BYTES) throw new StreamFault('stream_undecodable', 'a picture larger than any camera sends')
    if (this.#end + bytes <= this.#piece.length) return
    const piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, 2 * (used + bytes)))
    this.#piece.copy(piece, 0, this.#start, this.#end)
    if (this.#unit >= 0) this.#unit -= this.#start
    this.#piece = piece
    this.#start = 0
    this.#end = used
  }
}
