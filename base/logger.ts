// Owns logging: structured JSON lines through pino; one record is one line whatever a camera calls itself.
// Refuses: secrets (Secret prints as [secret], `scheme://user:pass@` is masked) and audit, which is not logging.
import { pino, type Logger as PinoLogger } from 'pino'

export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/**
 * Masks the user info of any URL in a text: `rtsp://admin:pw@host` → `rtsp://***@host`. Up to the last `@` of the word:
 * a raw password may hold `/`, `@` or `#`, and hiding too much of an address harms nobody.
 */
export function maskUserInfo(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]{0,15}:\/\/)[^\s"]*@/gi, '$1***@')
}

/** What JSON leaves as it is and a terminal or a viewer obeys: C1 controls, line separators, changes of direction. */
const obeyed = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function plainText(text: string): string {
  return maskUserInfo(text).replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const DEEPEST = 6

/** A copy in which every text is masked; Secret and other classes keep their own way of printing. */
function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return plainText(value)
  if (value instanceof Error) return { type: value.name, message: plainText(value.message), stack: plainText(value.stack ?? '') }
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) return '[deep]'
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null ? maskFields(value, depth) : value
}

function maskFields(fields: object, depth = 0): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]: [string, unknown]) => [
      plainText(key),
      key === 'error' && !(value instanceof Error) ? { type: 'thrown', message: plainText(String(value)) } : maskValue(value, depth + 1),
    ]),
  )
}

export function createLogger(options: { level: string; name: string }): Logger {
  return masking(pino({ name: options.name, level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }))
}

/** Masks before pino sees anything: its formatters reach neither a child's fields nor the message. */
function masking(inner: PinoLogger): Logger {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (inner.isLevelEnabled(level)) inner[level](maskFields(fields), plainText(message))
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: (fields) => masking(inner.child(maskFields(fields))) }
}

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}
