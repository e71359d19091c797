// Owns a stopwatch that leaves out the time in which this whole process was kept from running, by other programs or a disk.
// Refuses: excusing a product that keeps itself from running: more than half of what is allowed is a failure by itself.
import assert from 'node:assert/strict'

const TICK_MS = 10
/** Timers are always a little late. */
const USUAL_LATE_MS = 20

/** Begins at once; the function ends it. @returns milliseconds since, without `heldUpMs`, those in which nothing here ran */
export function stopwatch(limitMs: number): () => { ms: number; heldUpMs: number } {
  const startedMs = performance.now()
  let dueMs = startedMs + TICK_MS
  let heldUpMs = 0
  const look = () => {
    const nowMs = performance.now()
    if (nowMs - dueMs > USUAL_LATE_MS) heldUpMs += nowMs - dueMs
    dueMs = nowMs + TICK_MS
  }
  const timer = setInterval(look, TICK_MS)
  return () => {
    clearInterval(timer)
    look()
    assert.ok(heldUpMs < limitMs / 2, `nothing ran for ${heldUpMs} ms`)
    return { ms: performance.now() - startedMs - heldUpMs, heldUpMs }
  }
}
