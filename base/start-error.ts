// Owns the error that ends a start on purpose: a stable code and a sentence for whoever starts the server.
// Refuses: secrets in that sentence; a database's URL is never part of it.

/** Stable; docs/operations.md says what each means. */
export type StartErrorCode =
  | 'config_refused'
  | 'database_unreachable'
  | 'database_refused'
  | 'database_unreadable'
  | 'data_dir_refused'
  | 'key_refused'
  | 'port_taken'
  | 'port_refused'

export class StartError extends Error {
  readonly code: StartErrorCode

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
    this.code = code
  }
}
