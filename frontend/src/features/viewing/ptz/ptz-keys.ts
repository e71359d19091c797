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

/** For the page of keys: what `ptzKeyOf` knows, and what wheel and click do. */
export const ptzHelp: readonly { keys: readonly string[]; hand?: string; wordKey: string }[] = [
  { keys: ['←', '→', '↑', '↓'], hand: 'ptz.key.drag', wordKey: 'ptz.key.turn' },
  { keys: ['+', '-'], hand: 'ptz.key.wheel', wordKey: 'ptz.key.zoom' },
  { keys: ['1', '…', '9'], wordKey: 'ptz.key.preset' },
  { keys: ['H'], wordKey: 'ptz.key.home' },
  { keys: [], hand: 'ptz.key.click', wordKey: 'ptz.key.centre' },
  { keys: ['Esc'], wordKey: 'ptz.key.leave' },
]

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
