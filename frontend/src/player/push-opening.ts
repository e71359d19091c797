// Owns opening a stream on the media socket: subscribes, hands what comes to a part store or a frame player.
// Refuses: choosing between socket and HTTP.
import type { CameraId } from '#contract/ids.ts'
import type { Decodes, StreamForm, StreamKind, StreamState, TranscodeQueue } from '#contract/live.ts'
import type { PushEndReason, PushPriority } from '#contract/media-push.ts'
import { sessionEndReasons } from '#contract/session.ts'
import { ApiProblem } from '../api/api-problem.ts'
import type { FramePlayer } from './picture-player.ts'
import { PartStore } from './push/part-store.ts'
import type { PushSocket } from './push/push-socket.ts'

export interface PushOpeningListener {
  opened: (now: { form: StreamForm; state: StreamState; queue: TranscodeQueue | null }) => void
  /** A store that is being filled; called again when the stream goes on in a new one. */
  playParts: (store: PartStore) => void
  playFrames: () => FramePlayer
  /** It was not opened, or whoever watches may not do so any longer. */
  refused: (problem: ApiProblem) => void
  /** The subscription is gone; another may be tried after about so long. */
  lost: (pauseMs: number) => void
}

const LOST_PAUSE_MS = 600
const SLOW_PAUSE_MS = 3_000
/** The stream is there in the other form. */
const FORM_PAUSE_MS = 50
const gone: Partial<Record<PushEndReason, ConstructorParameters<typeof ApiProblem>[0]>> = {
  'right-ended': { status: 403, code: 'no_permission' },
  'not-found': { status: 404, code: 'not_found' },
  // Asked again soon: the answer by HTTP tells the console, should it not have heard, that its session is over.
  ...Object.fromEntries(sessionEndReasons.map((reason) => [reason, { status: 401, code: 'not_signed_in', retryAfterSeconds: LOST_PAUSE_MS / 1000 }])),
}
/** HTTP status of what a subscription may be refused with; everything else may be different in a while. */
const statusOf: Partial<Record<string, number>> = { not_signed_in: 401, no_permission: 403, purpose_needed: 403, not_found: 404 }

/** @returns how its priority is changed; `signal` ends the subscription. */
export function openByPush(
  push: PushSocket,
  wish: { cameraId: CameraId; stream: StreamKind; focus: boolean; priority: PushPriority; decodes: Decodes },
  signal: AbortSignal,
  listener: PushOpeningListener,
): (priority: PushPriority) => void {
  let store: PartStore | undefined
  let player: FramePlayer | undefined
  const { cameraId, stream, focus, priority, decodes } = wish
  const subscription = push.subscribe(
    { cameraId, stream, mode: focus ? 'frames' : 'parts', priority, decodes },
    {
      onSubscribed: listener.opened,
      onTrack: (track) => {
        if (focus) {
          player ??= listener.playFrames()
          return player.track(track)
        }
        if (store?.track(track)) return
        store = new PartStore()
        store.track(track)
        listener.playParts(store)
      },
      onInit: (epoch, bytes) => (focus ? player?.init(bytes) : store?.init(epoch, bytes)),
      onMedia: (header, bytes) => (focus ? player?.frame(header, bytes) : store?.media(header, bytes)),
      onRefused: (code, retryAfterSeconds) => listener.refused(new ApiProblem({ status: statusOf[code] ?? 503, code, retryAfterSeconds })),
      onEnded: (reason) => {
        const problem = gone[reason]
        if (problem !== undefined) listener.refused(new ApiProblem(problem))
        else listener.lost(reason === 'too-slow' ? SLOW_PAUSE_MS : reason === 'other-form' ? FORM_PAUSE_MS : LOST_PAUSE_MS)
      },
      onLost: () => listener.lost(LOST_PAUSE_MS),
    },
  )
  signal.addEventListener('abort', () => subscription.close(), { once: true })
  return (next) => subscription.setPriority(next)
}
