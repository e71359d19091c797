// Owns the one place where an error becomes an answer: RFC 9457 problem+json with a stable code.
// Refuses: leaking. What is not an AppError is "internal" with a request id; the log has the rest.
import { ForeignKeyConstraintError } from 'sequelize'
import { AppError, type AppErrorKind } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'
import type { Problem } from '#contract/wire.ts'

const statusByKind: Record<AppErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  'too-large': 413,
  'unsupported-type': 415,
  throttled: 429,
  unavailable: 503,
  internal: 500,
}

/** What a room knows of errors that are not ours: an AppError in its place, or null. */
export type KnownError = (thrown: unknown) => AppError | null

/** Any thrown thing → AppError. Body-parser and router errors are told by their fields, not by their class. */
export function asAppError(thrown: unknown, known: KnownError): AppError {
  if (thrown instanceof AppError) return thrown
  const told = known(thrown)
  if (told !== null) return told
  if (thrown instanceof ForeignKeyConstraintError) return new AppError('conflict', 'conflict', errorCodes.conflict, { cause: thrown })
  const status = statusOf(thrown)
  if (status === 413) return new AppError('too-large', 'body_too_large', errorCodes.body_too_large)
  if (status === 415) return new AppError('unsupported-type', 'unsupported_type', errorCodes.unsupported_type)
  if (thrown instanceof URIError) return new AppError('invalid', 'bad_path', errorCodes.bad_path)
  if (status !== undefined && status >= 400 && status < 500) return new AppError('invalid', 'invalid_json', errorCodes.invalid_json)
  return new AppError('internal', 'internal', errorCodes.internal, { cause: thrown })
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return undefined
  return typeof thrown.status === 'number' ? thrown.status : undefined
}

export function toProblem(error: AppError, requestId: string): { status: number; problem: Problem } {
  const status = statusByKind[error.kind]
  return {
    status,
    problem: {
      type: `urn:tianwang:problem:${error.code}`,
      title: errorCodes[error.code],
      status,
      code: error.code,
      ...(error.kind === 'internal' ? {} : { detail: error.message }),
      requestId,
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
      ...(error.issues.length === 0 ? {} : { issues: error.issues }),
    },
  }
}
