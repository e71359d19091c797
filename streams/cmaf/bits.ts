// Owns bits of a NAL unit: reading and writing Exp-Golomb codes (ITU-T H.264 §9.1), emulation prevention (§7.4.1).
// Refuses: knowing what the bits mean.

export class BitReader {
  readonly #bytes: Buffer
  #at = 0

  /** @param bytes without emulation prevention */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** How many bits were read. */
  get position(): number {
    return this.#at
  }

  get exhausted(): boolean {
    return this.#at > this.#bytes.length * 8
  }

  /** Past the end all bits are 0; ask `exhausted`. */
  read(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++, this.#at++) value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1)
    return value
  }

  skip(count: number): void {
    this.#at += count
  }

  /** Unsigned Exp-Golomb. */
  ue(): number {
    let zeros = 0
    while (this.read(1) === 0) if (++zeros > 31 || this.exhausted) return 0
    return 2 ** zeros - 1 + this.read(zeros)
  }

  se(): number {
    const value = this.ue()
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2
  }
}

export class BitWriter {
  readonly #bytes: number[] = []
  #free = 0

  bit(value: number): void {
    if (this.#free === 0) {
      this.#bytes.push(0)
      this.#free = 8
    }
    this.#free--
    if (value) this.#bytes[this.#bytes.length - 1] = (this.#bytes.at(-1) ?? 0) | (1 << this.#free)
  }

  /** The first `count` bits of `reader`’s bytes from where it stands. */
  copy(reader: BitReader, count: number): void {
    for (let i = 0; i < count; i++) this.bit(reader.read(1))
  }

  ue(value: number): void {
    const text = (value + 1).toString(2)
    for (let i = 1; i < text.length; i++) this.bit(0)
    for (const digit of text) this.bit(Number(digit))
  }

  /** The bytes with rbsp_trailing_bits (§7.3.2.11). */
  finish(): Buffer {
    this.bit(1)
    return Buffer.from(this.#bytes)
  }
}

export function withoutEmulation(nal: Buffer): Buffer {
  const out: number[] = []
  let zeros = 0
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    out.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(out)
}

export function withEmulation(bytes: Buffer): Buffer {
  const out: number[] = []
  let zeros = 0
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3)
      zeros = 0
    }
    out.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(out)
}
