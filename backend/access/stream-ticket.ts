// Owns stream tickets: a short text that is good for one stream of one camera, for one session, until a time.
// Refuses: outliving its session; every use asks whether the session is still live.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '#base/clock.ts'
import { cameraIdSchema, sessionIdSchema, type CameraId, type SessionId } from '#contract/ids.ts'
import { streamKindSchema, type StreamKind } from '#contract/live.ts'

export interface StreamTicket {
  sessionId: SessionId
  cameraId: CameraId
  stream: StreamKind
  expiresAtMs: number
}

const fieldsSchema = z.tuple([sessionIdSchema, cameraIdSchema, streamKindSchema, z.coerce.number().int()])

export class StreamTickets {
  readonly #key: Buffer
  readonly #clock: Clock

  /** @param key at least 32 random bytes */
  constructor(deps: { key: Buffer; clock: Clock }) {
    if (deps.key.length < 32) throw new Error('the stream ticket key is shorter than 32 bytes')
    this.#key = deps.key
    this.#clock = deps.clock
  }

  issue(ticket: StreamTicket): string {
    const text = [ticket.sessionId, ticket.cameraId, ticket.stream, ticket.expiresAtMs].join('.')
    return `${text}.${this.#sign(text)}`
  }

  /** The ticket if it is ours and not over, else null. */
  read(value: string): StreamTicket | null {
    const cut = value.lastIndexOf('.')
    if (cut < 0) return null
    const text = value.slice(0, cut)
    const given = Buffer.from(value.slice(cut + 1))
    const right = Buffer.from(this.#sign(text))
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null
    const fields = fieldsSchema.safeParse(text.split('.'))
    if (!fields.success) return null
    const [sessionId, cameraId, stream, expiresAtMs] = fields.data
    return expiresAtMs > this.#clock.now() ? { sessionId, cameraId, stream, expiresAtMs } : null
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(`stream-ticket\n${text}`).digest('base64url')
  }
}
