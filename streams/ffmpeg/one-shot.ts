// Owns running ffmpeg once to the end with a deadline: bytes in, bytes out.
// Refuses: output beyond the caller's limit.
import type { Timer } from '#base/clock.ts'
import type { FfmpegTool } from './locate.ts'
import { FfmpegChild, type ChildDeps, type ChildEnd } from './child.ts'

export interface OneShot {
  ffmpeg: FfmpegTool
  args: readonly string[]
  /** What goes to stdin; null = nothing. */
  input: Uint8Array | null
  maxOutputBytes: number
  timeoutMs: number
  signal?: AbortSignal
  /** Called for every chunk of output with the bytes so far. */
  onOutput?: (bytes: number) => void
}

export interface OneShotEnd extends ChildEnd {
  output: Buffer
  timedOut: boolean
}

export async function runOnce(deps: ChildDeps, shot: OneShot): Promise<OneShotEnd> {
  const child = new FfmpegChild(deps, shot.ffmpeg.path, shot.args)
  child.yieldToOthers()
  const chunks: Buffer[] = []
  let bytes = 0
  let timedOut = false
  const stop = () => void child.stop()
  const timer: Timer = deps.clock.after(shot.timeoutMs, () => {
    timedOut = true
    stop()
  })
  shot.signal?.addEventListener('abort', stop)
  if (shot.signal?.aborted) stop()
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > shot.maxOutputBytes) return stop()
    chunks.push(chunk)
    shot.onOutput?.(bytes)
  })
  child.stdin?.end(shot.input ?? undefined)
  const end = await child.ended
  timer.cancel()
  shot.signal?.removeEventListener('abort', stop)
  return { ...end, output: Buffer.concat(chunks), timedOut }
}
