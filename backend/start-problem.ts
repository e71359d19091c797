// Owns what a person who starts the server reads when it does not start: one line with a stable code.
// Refuses: hiding what is our own fault; that is thrown on and seen whole.
import { StartError } from '#base/start-error.ts'
import { databaseProblem } from './storage/index.ts'

const FILES = new Set(['EACCES', 'EEXIST', 'ENOTDIR', 'EROFS', 'ENOSPC', 'EPERM', 'EISDIR', 'EDQUOT'])

/** A StartError for what the person can mend; null for the rest. */
export function startProblem(error: unknown): StartError | null {
  if (error instanceof StartError) return error
  const database = databaseProblem(error)
  if (database !== null || !(error instanceof Error) || !('code' in error) || !('syscall' in error)) return database
  if (error.syscall === 'listen') {
    const where = 'port' in error ? `port ${String(error.port)}` : 'this port'
    return error.code === 'EADDRINUSE' ? new StartError('port_taken', `another program listens on ${where}. See PORT and server.managementPort.`, { cause: error }) : new StartError('port_refused', `${error.message}. See PORT and HOST.`, { cause: error })
  }
  return FILES.has(String(error.code)) ? new StartError('data_dir_refused', `${error.message}. See DATA_DIR; the server's user must be able to write there.`, { cause: error }) : null
}

/** Says why on stderr and sets exit code 2. @throws what is our own fault */
export function sayWhyNot(error: unknown): void {
  const problem = startProblem(error)
  if (problem === null) throw error
  console.error(`does not start: ${problem.code}: ${problem.message}`)
  process.exitCode = 2
}
