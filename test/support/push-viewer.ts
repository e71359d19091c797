// Owns a console's end of the media socket for tests: what was told, what was pushed, and when the last of it came.
import { WebSocket } from 'ws'
import { mediaPushPath, pushNoticeSchema, readPushHeader, type PushNotice } from '#contract/media-push.ts'

export class PushViewer {
  readonly socket: WebSocket
  readonly notices: PushNotice[] = []
  readonly media: { id: number; payload: Buffer; atMs: number }[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  /** By `performance.now()`; 0 before the first. */
  lastMediaMs = 0
  readonly #answers: boolean
  #wake: (() => void)[] = []

  /** @param options `answers`: what comes is acknowledged, as a player does; without that, no more than a window comes */
  constructor(origin: string, headers: Record<string, string>, options: { answers?: boolean } = {}) {
    this.#answers = options.answers ?? false
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}${mediaPushPath}`, { headers })
    this.closed = new Promise((resolve) => this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })))
    this.socket.on('error', () => {})
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#take(data)
      else this.notices.push(pushNoticeSchema.parse(JSON.parse(data.toString())))
      for (const wake of this.#wake.splice(0)) wake()
    })
  }

  /** The first notice of that kind, about that subscription. */
  async until<Kind extends PushNotice['type']>(type: Kind, id?: number): Promise<Extract<PushNotice, { type: Kind }>> {
    for (;;) {
      const found = this.notices.find((notice): notice is Extract<PushNotice, { type: Kind }> => notice.type === type && (id === undefined || ('id' in notice && notice.id === id)))
      if (found) return found
      await this.#next()
    }
  }

  /** Waits until so many messages of media have come in all. */
  async untilMedia(count: number): Promise<void> {
    while (this.media.length < count) await this.#next()
  }

  send(request: object): void {
    this.socket.send(JSON.stringify(request))
  }

  #take(data: Buffer): void {
    const header = readPushHeader(Uint8Array.from(data).buffer)
    const id = header?.id ?? 0
    this.lastMediaMs = performance.now()
    this.media.push({ id, payload: data.subarray(24), atMs: this.lastMediaMs })
    if (this.#answers && header !== null) this.send({ type: 'ack', id, sequence: header.sequence })
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }
}
