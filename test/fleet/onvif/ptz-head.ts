// Owns the pan-tilt-zoom head: where it points, what moves it, its presets, and when it was told what.
// Refuses: moving the picture; the loops are fixed views.
import type { Clock } from '#base/clock.ts'

export interface PtzPosition {
  /** −1 to 1 each; zoom 0 to 1. */
  pan: number
  tilt: number
  zoom: number
}

/** At full speed the head crosses its range in this time. */
const FULL_SWING_SECONDS = 8
/** What the head was told, newest last. */
export interface PtzCommand {
  /** UTC ms of this machine when the device did it. */
  atMs: number
  kind: 'move' | 'stop' | 'relative' | 'absolute' | 'preset' | 'home'
  velocity?: PtzPosition
}
const MOST_COMMANDS = 500

const HOME: PtzPosition = { pan: 0, tilt: 0, zoom: 0 }

export class PtzHead {
  readonly #clock: Clock
  #position: PtzPosition = HOME
  #velocity: PtzPosition = HOME
  #sinceMs = 0
  #untilMs = Infinity
  #home: PtzPosition = HOME
  readonly commands: PtzCommand[] = []
  readonly presets = new Map<string, { name: string; position: PtzPosition }>([['1', { name: 'home', position: HOME }]])

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock
  }

  /** Moves until stopped or until `timeoutMs` has passed, as the ONVIF Timeout says. */
  move(velocity: PtzPosition, timeoutMs: number): void {
    this.#settle()
    this.#note({ kind: 'move', velocity })
    this.#velocity = velocity
    this.#untilMs = this.#sinceMs + timeoutMs
  }

  stop(): void {
    this.#settle()
    this.#note({ kind: 'stop' })
    this.#velocity = HOME
  }

  /** Jumps there at once; a real head takes a moment. */
  goTo(position: PtzPosition, kind: 'absolute' | 'preset' = 'absolute'): void {
    this.#settle()
    this.#note({ kind })
    this.#velocity = HOME
    this.#position = within(position)
  }

  goHome(): void {
    this.#settle()
    this.#note({ kind: 'home' })
    this.#velocity = HOME
    this.#position = this.#home
  }

  setHome(): void {
    this.#home = this.position
  }

  /** @param by shares of the whole range, −1 to 1 */
  turnBy(by: PtzPosition): void {
    this.#settle()
    this.#note({ kind: 'relative', velocity: by })
    this.#velocity = HOME
    const { pan, tilt, zoom } = this.#position
    this.#position = within({ pan: pan + by.pan, tilt: tilt + by.tilt, zoom: zoom + by.zoom })
  }

  /** Half of the picture's width as a share of the range; narrower the further the lens is zoomed. */
  get halfView(): number {
    return 0.17 / (1 + 9 * this.position.zoom)
  }

  get position(): PtzPosition {
    this.#settle()
    return this.#position
  }

  get moving(): { panTilt: boolean; zoom: boolean } {
    this.#settle()
    return { panTilt: this.#velocity.pan !== 0 || this.#velocity.tilt !== 0, zoom: this.#velocity.zoom !== 0 }
  }

  setPreset(name: string, token?: string): string {
    let number = 1
    while (this.presets.has(String(number))) number++
    const key = token ?? String(number)
    this.presets.set(key, { name, position: this.position })
    return key
  }

  #note(command: Omit<PtzCommand, 'atMs'>): void {
    this.commands.push({ atMs: this.#clock.now(), ...command })
    if (this.commands.length > MOST_COMMANDS) this.commands.shift()
  }

  #settle(): void {
    const nowMs = this.#clock.monotonicMs()
    const seconds = Math.max(0, Math.min(nowMs, this.#untilMs) - this.#sinceMs) / 1000
    const step = (from: number, speed: number, least: number) => Math.min(1, Math.max(least, from + (speed * 2 * seconds) / FULL_SWING_SECONDS))
    const { pan, tilt, zoom } = this.#position
    this.#position = { pan: step(pan, this.#velocity.pan, -1), tilt: step(tilt, this.#velocity.tilt, -1), zoom: step(zoom, this.#velocity.zoom / 2, 0) }
    if (nowMs >= this.#untilMs) {
      this.#velocity = HOME
      this.#untilMs = Infinity
    }
    this.#sinceMs = nowMs
  }
}

function within({ pan, tilt, zoom }: PtzPosition): PtzPosition {
  const cut = (value: number, least: number) => Math.min(1, Math.max(least, value))
  return { pan: cut(pan, -1), tilt: cut(tilt, -1), zoom: cut(zoom, 0) }
}
