// Owns what a tile may claim: from facts (opened, frames, stream and camera status, refusals) to one honest view. Pure.
// Refuses: timers and video elements. A picture counts as live only while new frames arrive.
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { StreamState, TranscodeQueue } from '#contract/live.ts'

/** No new frame for longer than this: the picture is greyed and the tile says so. */
export const FRAME_LATE_MS = 3_000
/** … and for longer than this the old picture is hardly to be seen: it may look like nothing but a memory. */
export const PICTURE_OLD_MS = 60_000
/** A picture older than this is not live, however smoothly it plays. Cameras with a key frame every 10 s stay below it. */
export const LIVE_DELAY_LIMIT_MS = 45_000
/** A frame whose moment is this much later than the stream's fault proves that the fault is over. */
const FAULT_OUTLIVED_MS = 1_000

export interface TileFacts {
  /** Local monotonic ms. */
  openedMs: number
  lastFrameMs: number | null
  /** Delay of the last frame (camera's arrival at the server → on screen), ms; null when the playlist carries no dates. */
  delayMs: number | null
  stream: { state: StreamState; fault: FaultCode | null; queue: TranscodeQueue | null; sinceServerMs: number } | null
  camera: { status: CameraStatus; cause: FaultCode | null; sinceServerMs: number } | null
  /** The last refusal, until the stream is opened or shows a picture; `barred`: whoever watches has no right to, or not any more. */
  problem: { code: string; barred: boolean } | null
}

export type TileEvent =
  /** It is asked for again by hand. */
  | { kind: 'opening'; nowMs: number }
  /** The server gave it. */
  | { kind: 'opened'; nowMs: number }
  | { kind: 'frame'; nowMs: number; delayMs: number | null; pictureServerMs: number | null }
  | { kind: 'stream'; state: StreamState; fault: FaultCode | null; queue: TranscodeQueue | null; sinceServerMs: number }
  | { kind: 'camera'; status: CameraStatus; cause: FaultCode | null; sinceServerMs: number }
  | { kind: 'refused'; code: string; barred: boolean }

/** `kept`: shown as it is; `greyed`: old, shown grey; `faded`: very old; `none`: nothing to show. */
export type PictureUse = 'kept' | 'greyed' | 'faded' | 'none'
export type TileView =
  | { kind: 'connecting'; waitedMs: number; picture: PictureUse }
  | { kind: 'live'; delayMs: number | null; warning: FaultCode | null; picture: PictureUse }
  | { kind: 'stalled'; sinceServerMs: number; picture: PictureUse }
  | { kind: 'offline'; sinceServerMs: number; cause: FaultCode | null; picture: PictureUse }
  | { kind: 'no-right'; picture: PictureUse }
  | { kind: 'transcode-limit'; picture: PictureUse }
  | { kind: 'queued'; queue: TranscodeQueue; picture: PictureUse }
  | { kind: 'failed'; code: string; barred: boolean; picture: PictureUse }

/** Who looks at it may not see the camera at this moment: neither what it shows nor what it showed. */
export const isKeptFromViewer = (view: TileView): boolean => view.kind === 'no-right' || (view.kind === 'failed' && view.barred)

export const openedTile = (nowMs: number): TileFacts => ({ openedMs: nowMs, lastFrameMs: null, delayMs: null, stream: null, camera: null, problem: null })

export function tileAfter(facts: TileFacts, event: TileEvent): TileFacts {
  switch (event.kind) {
    case 'opening':
      // Until there is an answer, whoever was barred still is.
      return { ...facts, openedMs: event.nowMs, problem: facts.problem?.barred ? facts.problem : null }
    case 'opened':
      return { ...facts, openedMs: facts.problem === null ? facts.openedMs : event.nowMs, problem: null }
    case 'frame': {
      if (facts.problem?.barred) return facts
      const outlived = facts.stream !== null && event.pictureServerMs !== null && event.pictureServerMs > facts.stream.sinceServerMs + FAULT_OUTLIVED_MS
      return { ...facts, lastFrameMs: event.nowMs, delayMs: event.delayMs, problem: null, stream: outlived ? null : facts.stream }
    }
    case 'stream':
      return { ...facts, stream: { state: event.state, fault: event.fault, queue: event.queue, sinceServerMs: event.sinceServerMs } }
    case 'camera':
      return { ...facts, camera: { status: event.status, cause: event.cause, sinceServerMs: event.sinceServerMs } }
    case 'refused':
      return event.barred ? { ...facts, lastFrameMs: null, delayMs: null, problem: { code: event.code, barred: true } } : { ...facts, problem: { code: event.code, barred: false } }
  }
}

const isDown = (state: StreamState): boolean => state === 'stalled' || state === 'backing-off' || state === 'stopped'

/** @param serverNowMs server wall time at the same moment as `nowMs`, to turn ages into times of day. */
export function tileView(facts: TileFacts, nowMs: number, serverNowMs: number): TileView {
  const { problem, stream, camera, lastFrameMs } = facts
  const frameAgeMs = lastFrameMs === null ? null : nowMs - lastFrameMs
  const old: PictureUse = frameAgeMs === null ? 'none' : frameAgeMs > PICTURE_OLD_MS ? 'faded' : 'greyed'
  if (problem?.code === 'not_found' || problem?.code === 'no_permission') return { kind: 'no-right', picture: 'none' }
  // The register entry, or the session, is what gives the right to the picture: without it there is none, however old.
  if (problem?.barred) return { kind: 'failed', code: problem.code, barred: true, picture: 'none' }
  if (problem?.code === 'transcode_limit') return { kind: 'transcode-limit', picture: 'none' }

  const streamDown = stream !== null && isDown(stream.state)
  const fresh = frameAgeMs !== null && frameAgeMs <= FRAME_LATE_MS
  const recent = facts.delayMs === null || facts.delayMs <= LIVE_DELAY_LIMIT_MS
  if (fresh && recent && !streamDown) {
    return { kind: 'live', delayMs: facts.delayMs, warning: camera?.status === 'abnormal' ? camera.cause : null, picture: 'kept' }
  }
  if (stream?.queue) return { kind: 'queued', queue: stream.queue, picture: old }
  const lastSeenServerMs = frameAgeMs === null ? null : serverNowMs - frameAgeMs - (recent ? 0 : (facts.delayMs ?? 0))
  if (stream !== null && streamDown && (stream.fault !== null || stream.state === 'backing-off')) {
    // Each try of the server is a state of its own, dated anew. The last picture that was seen here is the best witness of when it
    // went; who has seen none asks the watch.
    const watchedMs = camera !== null && camera.status !== 'online' && camera.status !== 'unknown' ? camera.sinceServerMs : Infinity
    return { kind: 'offline', sinceServerMs: Math.min(stream.sinceServerMs, lastSeenServerMs ?? watchedMs), cause: stream.fault ?? camera?.cause ?? null, picture: old }
  }
  if (camera !== null && (camera.status === 'offline' || camera.status === 'unauthorized' || camera.status === 'suspended') && !fresh) {
    return { kind: 'offline', sinceServerMs: camera.sinceServerMs, cause: camera.cause, picture: old }
  }
  if (problem?.code === 'camera_offline') return { kind: 'offline', sinceServerMs: lastSeenServerMs ?? serverNowMs, cause: camera?.cause ?? null, picture: old }
  if (problem !== null) return { kind: 'failed', code: problem.code, barred: false, picture: old }
  if (lastSeenServerMs !== null) return { kind: 'stalled', sinceServerMs: lastSeenServerMs, picture: old }
  return { kind: 'connecting', waitedMs: nowMs - facts.openedMs, picture: 'none' }
}
