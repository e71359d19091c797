// Owns the one error that may reach a caller: a closed kind, a stable code, a safe sentence.
// Refuses: carrying secrets, SQL or stack traces to the wire; HTTP mapping lives in backend/http/problem.ts.
import type { ErrorCode } from '#contract/errors.ts'

export type AppErrorKind =
  | 'invalid' // the request is wrong: 400
  | 'unauthenticated' // nobody is signed in: 401
  | 'forbidden' // signed in, may never do this: 403
  | 'missing' // not there, or out of scope: 404
  | 'conflict' // the state has moved on: 409
  | 'too-large' // 413
  | 'unsupported-type' // 415
  | 'throttled' // 429
  | 'unavailable' // a part we need is down or full: 503
  | 'internal' // our fault: 500

export interface AppErrorDetails {
  /** Field-level faults: a JSON path and a sentence. */
  issues?: { path: string; message: string }[]
  /** Seconds after which a new try makes sense (throttled, unavailable). */
  retryAfterSeconds?: number
  cause?: unknown
}

export class AppError extends Error {
  readonly kind: AppErrorKind
  readonly code: ErrorCode
  readonly issues: { path: string; message: string }[]
  readonly retryAfterSeconds: number | undefined

  constructor(kind: AppErrorKind, code: ErrorCode, message: string, details: AppErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'AppError'
    this.kind = kind
    this.code = code
    this.issues = details.issues ?? []
    this.retryAfterSeconds = details.retryAfterSeconds
  }
}

/** The same answer for "is not there" and "is out of your scope", so that neither can be told from the other. */
export function missing(): AppError {
  return new AppError('missing', 'not_found', 'Nothing here by that name.')
}
