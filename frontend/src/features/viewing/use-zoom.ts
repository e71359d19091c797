// Owns digital zoom of one tile by wheel, hand and keys.
import { computed, shallowRef } from 'vue'
import { panned, transformOf, wholePicture, zoomedAt } from '../../player/zoom-view.ts'

const WHEEL_FACTOR = 1.25

export function useZoom() {
  const view = shallowRef(wholePicture)
  const zoomed = computed(() => view.value.scale > 1)
  const transform = computed(() => transformOf(view.value))
  let held: { x: number; y: number } | undefined

  const shareOf = (event: MouseEvent): { x: number; y: number; width: number; height: number } => {
    const { left, top, width, height } = event.currentTarget instanceof HTMLElement ? event.currentTarget.getBoundingClientRect() : new DOMRect(0, 0, 1, 1)
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height, width, height }
  }
  function wheel(event: WheelEvent): void {
    const { x, y } = shareOf(event)
    view.value = zoomedAt(view.value, event.deltaY < 0 ? WHEEL_FACTOR : 1 / WHEEL_FACTOR, x, y)
  }
  function press(event: PointerEvent): void {
    if (!zoomed.value || event.button !== 0) return
    held = { x: event.clientX, y: event.clientY }
    if (event.currentTarget instanceof HTMLElement) event.currentTarget.setPointerCapture(event.pointerId)
  }
  function drag(event: PointerEvent): void {
    if (held === undefined) return
    const { width, height } = shareOf(event)
    view.value = panned(view.value, (event.clientX - held.x) / width, (event.clientY - held.y) / height)
    held = { x: event.clientX, y: event.clientY }
  }
  const release = (): void => void (held = undefined)
  const by = (factor: number): void => void (view.value = zoomedAt(view.value, factor, 0.5, 0.5))
  const off = (): void => void (view.value = wholePicture)
  return { view, zoomed, transform, wheel, press, drag, release, by, off }
}
