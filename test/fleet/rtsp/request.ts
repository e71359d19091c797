// Owns reading RTSP from a socket: requests and, between them, interleaved packets (RFC 2326 §10.12).
// Refuses: heads over 16 kB and anything that is neither.

export interface RtspRequest {
  method: string
  url: string
  headers: Map<string, string>
}

const LARGEST_HEAD = 16_384

/** Feed it chunks; it gives back whole requests. Interleaved data from the client (receiver reports) is read over. */
export class RtspReader {
  #rest: Buffer = Buffer.alloc(0)

  /** @throws Error when the bytes are not RTSP */
  push(chunk: Buffer): RtspRequest[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const requests: RtspRequest[] = []
    for (;;) {
      if (this.#rest[0] === 0x24) {
        if (this.#rest.length < 4) return requests
        const end = 4 + this.#rest.readUInt16BE(2)
        if (this.#rest.length < end) return requests
        this.#rest = this.#rest.subarray(end)
        continue
      }
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end === -1) {
        if (this.#rest.length > LARGEST_HEAD) throw new Error('an RTSP head without end')
        return requests
      }
      const request = parseHead(this.#rest.toString('latin1', 0, end))
      const bodyEnd = end + 4 + Number(request.headers.get('content-length') ?? 0)
      if (this.#rest.length < bodyEnd) return requests
      this.#rest = this.#rest.subarray(bodyEnd)
      requests.push(request)
    }
  }
}

function parseHead(text: string): RtspRequest {
  const [first = '', ...lines] = text.replace(/^(\r\n)+/, '').split('\r\n')
  const match = /^([A-Z_]+) (\S+) RTSP\/\d\.\d$/.exec(first)
  if (!match) throw new Error('not an RTSP request')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return { method: match[1] ?? '', url: match[2] ?? '', headers }
}
