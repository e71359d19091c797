// Owns opening a stream by HTTP: asks the server in turn, waits until the pull runs, gives the playlist's address.
// Refuses: playing it.
import type { CameraId } from '#contract/ids.ts'
import type { StreamForm, StreamKind, StreamState, TranscodeQueue } from '#contract/live.ts'
import type { StartGate } from '../start-gate.ts'
import type { HttpLine } from './http-line.ts'

export interface OpenedStream {
  /** With parts; a player of it keeps a request waiting. */
  playlistUrl: string
  /** Whole segments only. */
  segmentsUrl: string
  expiresAtServerMs: number
  form: StreamForm
  state: StreamState
  /** Null unless it waits to be transcoded. */
  queue: TranscodeQueue | null
}
export interface HttpOpeningDeps {
  /** Asks the server for the stream. Rejects with ApiProblem. */
  open: (cameraId: CameraId, stream: StreamKind, signal: AbortSignal) => Promise<OpenedStream>
  line: HttpLine
  openGate: StartGate
  playGate: StartGate
  /** How long to wait for the news that the pull runs before asking for the playlist anyway (the server then lets it wait). */
  waitForRunningMs: number
  /** Local monotonic ms. */
  monotonicMs: () => number
}
export type HttpOpening =
  | { kind: 'down'; expiresAtServerMs: number }
  /** `started` gives the starting place to the next one; it is called for the first frame, or after a while. */
  | { kind: 'ready'; expiresAtServerMs: number; playlistUrl: string; started: () => void }

/** A start that shows nothing gives its place to the next one after this. */
const GATE_HELD_MS = 700

/** @returns undefined when `signal` aborted. @throws ApiProblem as the server refused */
export async function openByHttp(
  deps: HttpOpeningDeps,
  wish: { cameraId: CameraId; stream: StreamKind; focus: boolean },
  signal: AbortSignal,
  pull: { running: (opened: OpenedStream) => Promise<void>; isDown: () => boolean },
): Promise<HttpOpening | undefined> {
  const leaveOpenGate = await deps.openGate.enter(signal)
  if (leaveOpenGate === undefined) return undefined
  let opened: OpenedStream
  try {
    opened = await deps.open(wish.cameraId, wish.stream, signal)
  } finally {
    leaveOpenGate()
  }
  // An answer to a wish that was given up may still come; it is not about what is asked for now.
  if (signal.aborted) return undefined
  const { expiresAtServerMs } = opened
  await pull.running(opened)
  if (signal.aborted) return undefined
  if (pull.isDown()) return { kind: 'down', expiresAtServerMs }
  const leavePlayGate = await deps.playGate.enter(signal)
  if (leavePlayGate === undefined) return undefined
  const held = setTimeout(leavePlayGate, GATE_HELD_MS)
  const started = () => {
    clearTimeout(held)
    leavePlayGate()
  }
  signal.addEventListener('abort', started, { once: true })
  return { kind: 'ready', expiresAtServerMs, playlistUrl: deps.line.takeLowLatency(wish.focus, signal) ? opened.playlistUrl : opened.segmentsUrl, started }
}
