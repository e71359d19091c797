// Owns every HTTP call of the console: one typed client made from the contract's endpoints.
// Refuses: knowing pages. A call needs an endpoint of `#contract/api.ts`; there is no way to fetch a bare URL.
import type { z } from 'zod'
import { pictureAtHeader } from '#contract/live.ts'
import type { Endpoint } from '#contract/wire.ts'
import { ApiProblem, problemOf } from './api-problem.ts'

type Slot<Key extends string, Schema extends z.ZodType> =
  Partial<Record<never, never>> extends z.input<Schema> ? { [K in Key]?: z.input<Schema> } : { [K in Key]: z.input<Schema> }

/** What a call hands in: `params` of the path, `query`, `body`; each as its schema takes it, left out when it may be empty. */
export type CallInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Slot<'params', P> & Slot<'query', Q> & Slot<'body', B>

export interface CallOptions {
  signal?: AbortSignal
  /** It arrives also when the page goes meanwhile; for small bodies. */
  keepalive?: boolean
}

export interface ApiClientDeps {
  fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Called when a call that needs a session was answered 401: the session has ended. */
  onSessionLost: () => void
}

type Inputs = { params?: unknown; query?: unknown; body?: unknown }

export class ApiClient {
  readonly #deps: ApiClientDeps
  #csrfToken: string | undefined

  constructor(deps: ApiClientDeps) {
    this.#deps = deps
  }

  /** The token of the present session; sent with every call that is not a GET. */
  useCsrfToken(token: string | undefined): void {
    this.#csrfToken = token
  }

  /** Calls a JSON endpoint; the answer is parsed by the contract. Throws ApiProblem. */
  async call<R extends z.ZodType, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    endpoint: Endpoint<P, Q, B, R>,
    input: CallInput<P, Q, B>,
    options: CallOptions = {},
  ): Promise<z.output<R>> {
    const response = await this.#send(endpoint, input, options)
    const body: unknown = response.status === 204 ? null : await response.json().catch(() => undefined)
    const parsed = endpoint.result.safeParse(body)
    if (parsed.success) return parsed.data
    throw new ApiProblem({
      status: response.status,
      code: 'answer_unreadable',
      detail: parsed.error.message,
      requestId: response.headers.get('x-request-id') ?? undefined,
    })
  }

  /** Calls an endpoint that `produces` bytes (a picture, a CSV). Throws ApiProblem. */
  async callForBlob<R extends z.ZodType, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    endpoint: Endpoint<P, Q, B, R>,
    input: CallInput<P, Q, B>,
    options: CallOptions = {},
  ): Promise<Blob> {
    return (await this.callForPicture(endpoint, input, options)).blob
  }

  /** A file, and the moment that it shows when the answer tells one. */
  async callForPicture<R extends z.ZodType, P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
    endpoint: Endpoint<P, Q, B, R>,
    input: CallInput<P, Q, B>,
    options: CallOptions = {},
  ): Promise<{ blob: Blob; pictureAt: string | undefined }> {
    const response = await this.#send(endpoint, input, options)
    return { blob: await response.blob(), pictureAt: response.headers.get(pictureAtHeader) ?? undefined }
  }

  async #send(endpoint: Endpoint, input: Inputs, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = { accept: endpoint.produces ?? 'application/json' }
    const init: RequestInit = { method: endpoint.method.toUpperCase(), headers, credentials: 'same-origin' }
    if (options.signal) init.signal = options.signal
    if (options.keepalive) init.keepalive = true
    if (endpoint.method !== 'get' && this.#csrfToken !== undefined) headers['x-csrf-token'] = this.#csrfToken
    if (input.body !== undefined) {
      headers['content-type'] = endpoint.consumes ?? 'application/json'
      init.body = endpoint.consumes === undefined ? JSON.stringify(input.body) : String(input.body)
    }
    let response: Response
    try {
      response = await this.#deps.fetch(pathOf(endpoint.path, input.params) + queryOf(input.query), init)
    } catch (error) {
      if (options.signal?.aborted) throw error
      throw new ApiProblem({ status: 0, code: 'network_failed' })
    }
    if (response.ok) return response
    const problem = await problemOf(response)
    if (response.status === 401 && problem.code !== 'sign_in_refused') this.#deps.onSessionLost()
    throw problem
  }
}

function entriesOf(values: unknown): [string, unknown][] {
  return typeof values === 'object' && values !== null ? Object.entries(values) : []
}

/** `/api/cameras/:cameraId` with its parameters filled in and escaped. Throws when one is left over. */
export function pathOf(template: string, params: unknown): string {
  const path = entriesOf(params).reduce((text, [key, value]) => text.replace(`:${key}`, encodeURIComponent(String(value))), template)
  if (/\/:[a-zA-Z]/.test(path)) throw new Error(`a parameter of ${template} is missing`)
  return path
}

/** `?a=1&b=x`, without keys that are undefined or empty text; `''` when nothing is left. */
export function queryOf(query: unknown): string {
  const search = new URLSearchParams()
  for (const [key, value] of entriesOf(query)) if (value !== undefined && value !== '') search.set(key, String(value))
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}
