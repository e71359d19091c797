// Owns a client that speaks HTTP/2 only, over one connection, as a browser does: cookies kept, the CSRF token sent.
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import type { z } from 'zod'
import { sessionSchema } from '#contract/session.ts'
import { problemSchema } from '#contract/wire.ts'
import { testPassword, type TestUser } from './server.ts'

export interface Http2Answer {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  text: string
  code: string
  as<Shape extends z.ZodType>(schema: Shape): z.output<Shape>
}

export class Http2Client {
  readonly origin: string
  readonly #session: ClientHttp2Session
  cookie = ''
  csrfToken = ''

  /** @param ca the certificate to believe */
  constructor(origin: string, ca: Buffer) {
    this.origin = origin
    this.#session = connect(origin, { ca })
    this.#session.on('error', () => {})
  }

  get protocol(): string | undefined {
    return this.#session.alpnProtocol
  }

  async signIn(username: TestUser): Promise<void> {
    const answer = await this.request('POST', '/api/session', { username, password: testPassword })
    if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status} ${answer.code}`)
    this.cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';', 1)[0] ?? ''
    this.csrfToken = answer.as(sessionSchema).csrfToken
  }

  /** The stream of one request; whoever has it may end it early. */
  open(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): ClientHttp2Stream {
    const isText = typeof body === 'string'
    const bytes = body === undefined ? null : Buffer.from(isText ? body : JSON.stringify(body))
    const stream = this.#session.request({
      ':method': method,
      ':path': path,
      ...(this.cookie === '' ? {} : { cookie: this.cookie }),
      ...(method === 'GET' ? {} : { origin: this.origin, 'x-csrf-token': this.csrfToken }),
      ...(bytes === null ? {} : { 'content-type': isText ? 'text/csv' : 'application/json', 'content-length': String(bytes.length) }),
      ...headers,
    })
    stream.on('error', () => {})
    stream.end(bytes ?? undefined)
    return stream
  }

  request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Http2Answer> {
    const stream = this.open(method, path, body, headers)
    return new Promise((resolve) => {
      const pieces: Buffer[] = []
      let answer: IncomingHttpHeaders = {}
      stream.on('response', (heads) => (answer = heads))
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('close', () => {
        const whole = Buffer.concat(pieces)
        const bytes = answer['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole
        const text = bytes.toString('utf8')
        const json: unknown = /[/+]json/.test(answer['content-type'] ?? '') ? JSON.parse(text) : null
        resolve({ status: Number(answer[constants.HTTP2_HEADER_STATUS] ?? 0), headers: answer, bytes, text, code: problemSchema.safeParse(json).data?.code ?? '', as: (schema) => schema.parse(json) })
      })
    })
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Http2Answer> {
    return this.request('GET', path, undefined, headers)
  }

  close(): void {
    this.#session.destroy()
  }
}
