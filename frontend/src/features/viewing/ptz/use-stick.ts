// Owns what a pointer that is held on an element means for a head: a joystick about the element's middle or about the point
// of the press, or a button. It lets go when the pointer goes up anywhere, with the window's focus and with the component: an
// element that is taken away never hears that its pointer went up.
import { useEventListener } from '@vueuse/core'
import { onScopeDispose, shallowRef } from 'vue'
import type { PtzHand } from './ptz-hand.ts'
import { leverOf, pressReachPx, slackPx, stickRest, type Point } from './stick-lever.ts'

/** One pointer on one element; a second finger does not count. */
export function useGrip(ended: () => void) {
  let pointerId: number | undefined
  function grip(event: PointerEvent): boolean {
    if (pointerId !== undefined || event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return false
    event.currentTarget.setPointerCapture(event.pointerId)
    pointerId = event.pointerId
    return true
  }
  function letGo(): void {
    if (pointerId === undefined) return
    pointerId = undefined
    ended()
  }
  const holds = (event: PointerEvent): boolean => event.pointerId === pointerId
  const up = (event: PointerEvent): void => void (holds(event) && letGo())

  useEventListener(window, 'blur', letGo)
  onScopeDispose(letGo)
  return { grip, holds, up }
}

export interface StickOptions {
  hand: PtzHand
  /** What the hand calls this hold. */
  name: string
  origin: 'centre' | 'press'
  /** A press that hardly moved, where it was; without it a press is a hold from its first moment. */
  tapped?: (at: Point, box: DOMRect) => void
}

export function useStick({ hand, name, origin, tapped }: StickOptions) {
  /** Where the knob is about its middle, 1 = the rim. */
  const knob = shallowRef<Point>(stickRest)
  /** The stick that lies about a press, px of the element; nothing while it is only a tap. */
  const drawn = shallowRef<Point & { reachPx: number }>()
  let pressed: { at: Point; moved: boolean } | undefined
  const { grip, holds, up } = useGrip(() => {
    hand.release(name)
    knob.value = stickRest
    drawn.value = pressed = undefined
  })

  function press(event: PointerEvent): void {
    if (!grip(event)) return
    pressed = { at: { x: event.clientX, y: event.clientY }, moved: false }
    if (origin === 'centre') steer(event)
  }
  function steer(event: PointerEvent): void {
    if (pressed === undefined || !holds(event) || !(event.currentTarget instanceof HTMLElement)) return
    const box = event.currentTarget.getBoundingClientRect()
    const isCentred = origin === 'centre'
    const { x, y } = isCentred ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : pressed.at
    const reachPx = isCentred ? box.width / 2 : pressReachPx(box)
    const away = { x: event.clientX - x, y: event.clientY - y }
    pressed.moved ||= Math.hypot(away.x, away.y) >= slackPx
    if (!isCentred && !pressed.moved) return
    if (!isCentred) drawn.value = { x: x - box.left, y: y - box.top, reachPx }
    const lever = leverOf(away, reachPx)
    knob.value = lever.knob
    if (lever.velocity === undefined) hand.release(name)
    else hand.hold(name, lever.velocity)
  }
  function release(event: PointerEvent): void {
    const tap = holds(event) && pressed?.moved === false ? pressed.at : undefined
    up(event)
    if (tap !== undefined && event.currentTarget instanceof HTMLElement) tapped?.(tap, event.currentTarget.getBoundingClientRect())
  }
  return { knob, drawn, press, steer, release, cancel: up }
}
