// Owns logging: structured JSON lines through pino; one record is one line whatever a camera calls itself.
// Refuses: secrets (Secret prints as [secret], `scheme://user:pass@` is masked) and audit, which is not logging.
import { pino } from 'pino'

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** Masks the user info of any URL in a text: `rtsp://admin:pw@host` → `rtsp://***@host`. */
export function maskUserInfo(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*(?:@[^\s/@]*)*@/gi, '$1***@')
}

export function createLogger(options: { level: string; name: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: {
      error: (error: unknown) =>
        error instanceof Error
          ? { type: error.name, message: maskUserInfo(error.message), stack: maskUserInfo(error.stack ?? '') }
          : { type: 'thrown', message: maskUserInfo(String(error)) },
    },
  })
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
