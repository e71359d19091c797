// Owns which key does what while a tile's PTZ mode is on. Pure.
import type { Velocity } from './ptz-hand.ts'

export type PtzKey =
  | { kind: 'hold'; velocity: Partial<Velocity> }
  | { kind: 'preset'; position: number }
  | { kind: 'home' }
  | { kind: 'leave' }

const SPEED = 0.5
const held: Readonly<Record<string, Partial<Velocity>>> = {
  arrowleft: { pan: -SPEED },
  arrowright: { pan: SPEED },
  arrowup: { tilt: SPEED },
  arrowdown: { tilt: -SPEED },
  '+': { zoom: SPEED },
  '=': { zoom: SPEED },
  '-': { zoom: -SPEED },
}

/** What the key means; undefined for others, and for keys with Ctrl, Alt or Meta, which are the browser's. */
export function ptzKeyOf(event: { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean }): PtzKey | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined
  const key = event.key.toLowerCase()
  const velocity = held[key]
  if (velocity !== undefined) return { kind: 'hold', velocity }
  if (/^[1-9]$/.test(key)) return { kind: 'preset', position: Number(key) - 1 }
  if (key === 'h') return { kind: 'home' }
  return key === 'escape' ? { kind: 'leave' } : undefined
}
