// Owns waiting for the database no longer than a caller can wait, and telling an outage from a fault of ours.
import { AppError } from '#base/app-error.ts'

/** Longest wait for the audit at the end of a transaction, and for its COMMIT: a caller hears within 2 s. */
export const databaseWaitMs = 1_200

/** @throws AppError `unavailable` when `work` has not settled in time; what it still does is its own affair */
export async function within<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable(new Error(`the database did not answer within ${databaseWaitMs} ms`))), databaseWaitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}

/** No connection, a lock that was not given, a file or disk that cannot be written. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AppError) return error.kind === 'unavailable'
  if (/^SequelizeConnection|^SequelizeHostNot|^SequelizeInvalidConnection|^SequelizeAccessDenied|^SequelizeTimeout/.test(error.name)) return true
  return /ECONNRESET|EPIPE|ETIMEDOUT|PROTOCOL_CONNECTION_LOST|ER_SERVER_SHUTDOWN|ER_LOCK_WAIT_TIMEOUT|ER_LOCK_DEADLOCK|ER_RECORD_FILE_FULL|connection is in closed state|database is locked|disk I\/O error|unable to open database|readonly database|disk is full|Lock wait timeout|Deadlock found|Server shutdown/i.test(
    `${error.message} ${'code' in error ? String(error.code) : ''}`,
  )
}

/** An error as the caller hears it: an outage is `unavailable`, anything else null. */
export function asOutage(error: unknown): AppError | null {
  if (error instanceof AppError || !isOutage(error)) return null
  return unavailable(error)
}

export function unavailable(cause: unknown): AppError {
  return new AppError('unavailable', 'unavailable', 'The database does not answer.', { cause, retryAfterSeconds: 2 })
}
