// Owns what a pointer's distance from a joystick's middle means: how far the knob goes and how fast the head. Pure.
import type { Velocity } from './ptz-hand.ts'

export interface Point {
  x: number
  y: number
}

export const stickRest: Point = { x: 0, y: 0 }
/** A press that goes no further is a tap. */
export const slackPx = 6
/** Nearer to the middle than this part of the reach is rest. */
const DEAD_ZONE = 0.12
const LONGEST_REACH_PX = 60
const REACH_OF_SIDE = 0.35

/** Full speed of a stick that lies about a press: a hand's movement, and in a small tile not beyond the tile. */
export const pressReachPx = (box: { width: number; height: number }): number => Math.min(LONGEST_REACH_PX, REACH_OF_SIDE * Math.min(box.width, box.height))

/** @param away px right and down of the middle. Gives no velocity for rest; the knob stays on the rim when the pointer goes beyond. */
export function leverOf(away: Point, reachPx: number): { knob: Point; velocity: Pick<Velocity, 'pan' | 'tilt'> | undefined } {
  const length = Math.hypot(away.x, away.y) / reachPx
  const scale = 1 / reachPx / Math.max(1, length)
  const knob = { x: away.x * scale, y: away.y * scale }
  return { knob, velocity: length < DEAD_ZONE ? undefined : { pan: knob.x, tilt: -knob.y } }
}
