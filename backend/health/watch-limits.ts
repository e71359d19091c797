// Owns the settings of the room, as the configuration's `health` section names them.

/** Milliseconds and counts as in the configuration's `health` section. */
export interface WatchLimits {
  sweepPeriodMs: number
  sweepConcurrency: number
  sweepDeadlineMs: number
  failuresToChange: number
  patrolPeriodMs: number
  patrolConcurrency: number
  posturePeriodMs: number
  postureConcurrency: number
  startupPatrolMs: number
}
