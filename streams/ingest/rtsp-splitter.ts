// Owns cutting a byte stream into RTSP messages and runs of interleaved `$` frames (RFC 2326 §10.12), without copying
// media: a run is handed on as the slice of the chunk that it came in.
// Refuses: headers over 16 KiB, bodies over 64 KiB, and anything that is neither.

export const MAX_HEADER_BYTES = 16 * 1024
export const MAX_BODY_BYTES = 64 * 1024

export interface RtspMessage {
  startLine: string
  /** Lower-case names; a header that came twice has two values. */
  headers: ReadonlyMap<string, readonly string[]>
  body: Buffer
}

export interface SplitterSink {
  onMessage(message: RtspMessage): void
  /** Bytes of whole or partial interleaved frames, in order. */
  onMedia(run: Buffer): void
  onMalformed(reason: string): void
}

export class RtspSplitter {
  readonly #sink: SplitterSink
  /** Bytes that belong to an unfinished message or an unfinished 4-byte frame header. */
  #pending: Buffer = Buffer.alloc(0)
  /** Bytes still to come of the current interleaved frame. */
  #frameRest = 0
  #broken = false

  constructor(sink: SplitterSink) {
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    this.#pending = Buffer.alloc(0)
    while (data.length > 0 && !this.#broken) {
      const mediaEnd = this.#walkMedia(data)
      if (mediaEnd > 0) {
        this.#sink.onMedia(data.subarray(0, mediaEnd))
        data = data.subarray(mediaEnd)
        continue
      }
      if (data[0] === 0x24) {
        this.#pending = Buffer.from(data) // an incomplete frame header; the chunk's memory is read into again
        return
      }
      const used = this.#takeMessage(data)
      if (used === 0) {
        this.#pending = Buffer.from(data)
        return
      }
      data = data.subarray(used)
    }
  }

  /** How many bytes from the start of `data` are media; a frame header that is cut short is not counted. */
  #walkMedia(data: Buffer): number {
    let at = 0
    for (;;) {
      if (this.#frameRest > 0) {
        const here = Math.min(this.#frameRest, data.length - at)
        this.#frameRest -= here
        at += here
        if (this.#frameRest > 0) return at
      }
      if (data.length - at < 4 || data[at] !== 0x24) return at
      this.#frameRest = 4 + data.readUInt16BE(at + 2)
    }
  }

  #takeMessage(data: Buffer): number {
    let start = 0
    while (start < data.length && (data[start] === 0x0d || data[start] === 0x0a)) start++ // stray line ends between messages
    const end = data.indexOf('\r\n\r\n', start)
    if (end < 0) {
      if (data.length - start > MAX_HEADER_BYTES) this.#break('headers too large')
      else if (start < data.length && !isTokenByte(data[start] ?? 0)) this.#break('not RTSP')
      return 0
    }
    if (end - start > MAX_HEADER_BYTES) return this.#break('headers too large')
    const [startLine = '', ...lines] = data.toString('latin1', start, end).split('\r\n')
    const headers = new Map<string, string[]>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon <= 0) return this.#break('a header line without a name')
      const name = line.slice(0, colon).trim().toLowerCase()
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
    }
    const length = headers.get('content-length')?.[0] ?? '0'
    if (!/^\d{1,9}$/.test(length)) return this.#break('a content length that is no number')
    if (Number(length) > MAX_BODY_BYTES) return this.#break('body too large')
    const bodyStart = end + 4
    const bodyEnd = bodyStart + Number(length)
    if (data.length < bodyEnd) return 0
    this.#sink.onMessage({ startLine, headers, body: Buffer.from(data.subarray(bodyStart, bodyEnd)) })
    return bodyEnd
  }

  #break(reason: string): number {
    this.#broken = true
    this.#sink.onMalformed(reason)
    return 0
  }
}

function isTokenByte(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}
