// Owns one camera stream's life as a pure table: (state, event) → state and what is to be done.
// Refuses: timers, processes, clocks; camera-stream.ts does what this table says.
import type { StreamState } from '#contract/live.ts'

export type PipelineEvent =
  | 'opened' // somebody wants to watch
  | 'queued' // … what takes a place among few
  | 'placed' // it has one
  | 'picture' // a segment was closed
  | 'silent' // no frame for a while, the pull still lives
  | 'failed' // the pull ended by itself
  | 'retry-due'
  | 'unwatched' // nobody asked for so long that it is stopped
  | 'stopped' // told to stop

export type PipelineEffect = 'take-place' | 'start-pull' | 'end-pull' | 'arm-retry' | 'disarm-retry' | 'reset-backoff' | 'forget-pictures'

export interface Transition {
  state: StreamState
  effects: readonly PipelineEffect[]
}

const END: Transition = { state: 'stopped', effects: ['end-pull', 'disarm-retry', 'forget-pictures'] }
const QUEUE: Transition = { state: 'queued', effects: ['reset-backoff', 'take-place'] }
const FAIL: Transition = { state: 'backing-off', effects: ['end-pull', 'arm-retry'] }

const TABLE: Record<StreamState, Partial<Record<PipelineEvent, Transition>>> = {
  idle: { opened: { state: 'starting', effects: ['start-pull'] }, queued: QUEUE, stopped: END },
  queued: { placed: { state: 'starting', effects: ['start-pull'] }, unwatched: END, stopped: END },
  starting: { picture: { state: 'running', effects: ['reset-backoff'] }, failed: FAIL, unwatched: END, stopped: END },
  running: { silent: { state: 'stalled', effects: [] }, failed: FAIL, unwatched: END, stopped: END },
  stalled: { picture: { state: 'running', effects: ['reset-backoff'] }, failed: FAIL, unwatched: END, stopped: END },
  'backing-off': { 'retry-due': { state: 'starting', effects: ['start-pull'] }, queued: QUEUE, unwatched: END, stopped: END },
  stopped: { opened: { state: 'starting', effects: ['reset-backoff', 'start-pull'] }, queued: QUEUE },
}

/** An event that means nothing in a state changes nothing. */
export function transition(state: StreamState, event: PipelineEvent): Transition {
  return TABLE[state][event] ?? { state, effects: [] }
}
