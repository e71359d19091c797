// Owns a refused or failed call as the console sees it: a stable code that the locales have words for.
// Refuses: showing the server's English title to people; `errors.<code>` in the locales does that.
import type { ErrorCode } from '#contract/errors.ts'
import { problemSchema } from '#contract/wire.ts'

/** `network_failed`: no answer came. `answer_unreadable`: an answer came that the contract does not describe. */
export type ProblemCode = ErrorCode | 'network_failed' | 'answer_unreadable' | (string & {})

export class ApiProblem extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: ProblemCode
  readonly issues: { path: string; message: string }[]
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(fields: {
    status: number
    code: ProblemCode
    detail?: string | undefined
    issues?: { path: string; message: string }[] | undefined
    requestId?: string | undefined
    retryAfterSeconds?: number | undefined
  }) {
    super(fields.detail ?? fields.code)
    this.name = 'ApiProblem'
    this.status = fields.status
    this.code = fields.code
    this.issues = fields.issues ?? []
    this.requestId = fields.requestId
    this.retryAfterSeconds = fields.retryAfterSeconds
  }

  get isForbidden(): boolean {
    return this.status === 403
  }
  get isMissing(): boolean {
    return this.status === 404
  }
}

/** Reads an RFC 9457 body; anything else (a proxy's HTML page) still becomes a problem by its status. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined)
  const parsed = problemSchema.safeParse(body)
  if (parsed.success) return new ApiProblem({ ...parsed.data, status: response.status })
  const byStatus: Record<number, ErrorCode> = { 401: 'not_signed_in', 403: 'no_permission', 404: 'not_found', 429: 'too_many_tries' }
  return new ApiProblem({ status: response.status, code: byStatus[response.status] ?? (response.status >= 500 ? 'unavailable' : 'answer_unreadable') })
}

/** Whatever was thrown, as a problem; bugs of our own become `internal` rather than vanish. */
export function asProblem(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown
  return new ApiProblem({ status: 0, code: 'internal', detail: thrown instanceof Error ? thrown.message : String(thrown) })
}
