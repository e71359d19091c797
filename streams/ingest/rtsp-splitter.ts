// Owns cutting a byte stream into RTSP messages and runs of interleaved `$` frames (RFC 2326 §10.12), without copying
// media: a run is handed on as the slice of the chunk that it came in.
// Between frames, some cameras' firmware leaves bytes that are neither: they are passed over until the next frame or answer.
// Refuses: headers over 16 KiB or 64 lines, bodies over 64 KiB, anything that is neither before media has come, and more of it in a row
// than one frame with a broken head may leave behind.

export const MAX_HEADER_BYTES = 16 * 1024
export const MAX_BODY_BYTES = 64 * 1024
const MAX_HEADER_LINES = 64
const MAX_LOST_BYTES = 4 + 0xffff
const ANSWER = Buffer.from('RTSP/1.', 'latin1')
const [CR, LF, DOLLAR] = [0x0d, 0x0a, 0x24]

export interface RtspMessage {
  startLine: string
  /** Lower-case names; a header that came twice has two values. */
  headers: ReadonlyMap<string, readonly string[]>
  body: Buffer
}

export interface SplitterSink {
  onMessage(message: RtspMessage): void
  /** So many bytes were of messages or line ends around them, told as they are read. */
  onTalk(bytes: number): void
  /** Bytes of whole or partial interleaved frames, in order. */
  onMedia(run: Buffer): void
  /** So many bytes were neither, and have been passed over. */
  onLost(bytes: number): void
  onMalformed(reason: string): void
}

/** A message and how much of its body has come. */
interface Unfinished {
  readonly message: RtspMessage
  bodyBytes: number
}

export class RtspSplitter {
  readonly #sink: SplitterSink
  /** Bytes that belong to an unfinished message's head or an unfinished 4-byte frame header. */
  #pending: Buffer = Buffer.alloc(0)
  #unfinished: Unfinished | null = null
  /** Bytes still to come of the current interleaved frame. */
  #frameRest = 0
  /** By channel: 1 = frames of it have come. Null = no media yet. */
  #channels: Uint8Array | null = null
  /** Channels that a SETUP speaks of, whether frames of them have come or not. */
  readonly #setUp = new Set<number>()
  /** Bytes passed over since the last frame or message; above 0, the next one is being looked for. */
  #lost = 0
  #broken = false

  constructor(sink: SplitterSink) {
    this.#sink = sink
  }

  /** Frames may come of the channels in the value of a Transport header that was sent; those in messages that come are known. */
  expectChannels(transport: string): void {
    const [, first, last = first] = /interleaved=(\d{1,3})(?:-(\d{1,3}))?/i.exec(transport) ?? []
    for (const channel of [first, last]) if (channel !== undefined) this.#setUp.add(Number(channel))
  }

  push(chunk: Buffer): void {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    this.#pending = Buffer.alloc(0)
    while (data.length > 0 && !this.#broken) {
      const used = this.#take(data)
      if (used === 0) {
        this.#pending = Buffer.from(data) // the chunk's memory is read into again
        return
      }
      data = data.subarray(used)
    }
  }

  /** Deals with what `data` begins with; gives how long it was, 0 = more must come first. */
  #take(data: Buffer): number {
    if (this.#unfinished) return this.#takeBody(data, this.#unfinished)
    if (this.#lost > 0) {
      const passed = this.#passOver(data)
      if (passed > 0 || this.#lost > 0) return passed
    }
    const mediaEnd = this.#walkMedia(data)
    if (mediaEnd > 0) {
      this.#sink.onMedia(data.subarray(0, mediaEnd))
      return mediaEnd
    }
    const first = data[0] ?? 0
    if (first === DOLLAR) return this.#isFrame(data, 0) === 'no' ? this.#lose(1) : 0
    if (isLineEnd(first)) return this.#passLineEnds(data)
    if (!this.#channels) return isTokenByte(first) ? this.#takeMessage(data) : this.#break('not RTSP')
    return mayBeMessage(data) ? this.#takeMessage(data) : this.#lose(1)
  }

  /** Whether a frame begins at this `$`: once media has come, one of a channel that is known, or of one that was set up with RTP or RTCP in it. */
  #isFrame(data: Buffer, at: number): Verdict {
    if (!this.#channels) return 'yes'
    if (at + 1 === data.length) return 'perhaps'
    const channel = data[at + 1] ?? 0
    if (this.#channels[channel] === 1) return 'yes'
    return this.#setUp.has(channel) ? holdsRtp(data, at) : 'no'
  }

  /** Stray line ends between messages. */
  #passLineEnds(data: Buffer): number {
    let end = 1
    while (end < data.length && isLineEnd(data[end] ?? 0)) end++
    this.#sink.onTalk(end)
    return end
  }

  /** Passes over what is neither, up to what may be something again; nothing is lost any more once `data` begins with it. */
  #passOver(data: Buffer): number {
    let at = 0
    while (at < data.length && this.#beginsAt(data, at) === 'no') at++
    if (at > 0) return this.#lose(at)
    if (this.#beginsAt(data, 0) === 'yes') this.#lost = 0
    return 0
  }

  #lose(bytes: number): number {
    this.#lost += bytes
    this.#sink.onLost(bytes)
    return this.#lost > MAX_LOST_BYTES ? this.#break('neither media nor messages') : bytes
  }

  /** Whether an answer or a frame begins there, among bytes that are neither: a frame of whatever channel must have RTP or RTCP in it. */
  #beginsAt(data: Buffer, at: number): Verdict {
    if (data[at] !== DOLLAR) return beginsAnswer(data, at)
    const frame = this.#isFrame(data, at)
    return frame === 'yes' ? holdsRtp(data, at) : frame
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
      if (data.length - at < 4 || data[at] !== DOLLAR || this.#isFrame(data, at) !== 'yes') return at
      this.#frameRest = 4 + data.readUInt16BE(at + 2)
      this.#channels ??= new Uint8Array(256)
      this.#channels[data[at + 1] ?? 0] = 1
    }
  }

  #takeMessage(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n')
    if (end < 0) return data.length > MAX_HEADER_BYTES ? this.#break('headers too large') : 0
    if (end > MAX_HEADER_BYTES) return this.#break('headers too large')
    const [startLine = '', ...lines] = data.toString('latin1', 0, end).split('\r\n', MAX_HEADER_LINES + 2)
    if (lines.length > MAX_HEADER_LINES) return this.#break('too many header lines')
    const headers = new Map<string, string[]>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon <= 0) return this.#break('a header line without a name')
      const name = line.slice(0, colon).trim().toLowerCase()
      const value = line.slice(colon + 1).trim()
      const values = headers.get(name)
      if (values) values.push(value)
      else headers.set(name, [value])
    }
    const length = headers.get('content-length')?.[0] ?? '0'
    if (!/^\d{1,9}$/.test(length)) return this.#break('a content length that is no number')
    if (Number(length) > MAX_BODY_BYTES) return this.#break('body too large')
    this.#sink.onTalk(end + 4)
    for (const transport of headers.get('transport') ?? []) this.expectChannels(transport)
    const message = { startLine, headers, body: Buffer.alloc(Number(length)) }
    // The head does not wait for its body: it would be read again with each piece of that.
    if (message.body.length > 0) this.#unfinished = { message, bodyBytes: 0 }
    else this.#sink.onMessage(message)
    return end + 4
  }

  #takeBody(data: Buffer, unfinished: Unfinished): number {
    const { message } = unfinished
    const taken = data.copy(message.body, unfinished.bodyBytes)
    unfinished.bodyBytes += taken
    this.#sink.onTalk(taken)
    if (unfinished.bodyBytes < message.body.length) return taken
    this.#unfinished = null
    this.#sink.onMessage(message)
    return taken
  }

  #break(reason: string): number {
    this.#broken = true
    this.#sink.onMalformed(reason)
    return 0
  }
}

function isLineEnd(byte: number): boolean {
  return byte === CR || byte === LF
}

type Verdict = 'yes' | 'no' | 'perhaps'

/** Whether it begins like an answer or a request, as far as it has come: a word alone is no reason to wait for the end of a head. */
function mayBeMessage(data: Buffer): boolean {
  if (beginsAnswer(data, 0) !== 'no') return true
  const text = data.toString('latin1', 0, 24)
  return /^[A-Z_]{3,16} (?:rtsps?:|\*)/.test(text) || /^(?:[A-Z_]{1,16}|[A-Z_]{3,16} (?:r(?:t(?:s(?:ps?)?)?)?)?)$/.test(text)
}

/** Whether what is behind this `$` and its channel and length is RTP or RTCP: both are of version 2. */
function holdsRtp(data: Buffer, at: number): Verdict {
  if (at + 4 >= data.length) return 'perhaps'
  return (data[at + 4] ?? 0) >> 6 === 2 ? 'yes' : 'no'
}

function beginsAnswer(data: Buffer, at: number): Verdict {
  for (let index = 0; index < ANSWER.length; index++) {
    if (at + index === data.length) return 'perhaps'
    if (data[at + index] !== ANSWER[index]) return 'no'
  }
  return 'yes'
}

function isTokenByte(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f
}
