// Owns what one camera was asked lately, and whether a login came with it; for tests of what is sent to whom.
// Refuses: what was in a login.

export interface Knock {
  door: 'rtsp' | 'onvif'
  /** RTSP method, or SOAP operation. */
  operation: string
  /** An Authorization header, or anything of WS-Security. */
  login: boolean
}

const KEPT = 200

export class KnockLog {
  readonly #knocks: Knock[] = []

  get all(): readonly Knock[] {
    return this.#knocks
  }

  add(door: Knock['door'], operation: string, login: boolean): void {
    this.#knocks.push({ door, operation, login })
    if (this.#knocks.length > KEPT) this.#knocks.shift()
  }
}
