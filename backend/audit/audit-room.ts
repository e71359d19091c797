// Owns putting the audit room together from what app.ts hands in.
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { UnitId } from '#contract/ids.ts'
import type { Route } from '../http/index.ts'
import { keyFile, type Storage } from '../storage/index.ts'
import { auditRoutes } from './audit-routes.ts'
import { AuditTrail } from './audit-service.ts'
import { AuditSigner } from './audit-signer.ts'
import { AuditStore } from './audit-store.ts'
import { ChainWatch } from './chain-watch.ts'
import { CheckpointFile } from './checkpoint-file.ts'
import { CheckpointService } from './checkpoint-service.ts'
import { LiveSpool } from './live-spool.ts'
import { LiveTrail } from './live-trail.ts'
import { sendSyslog, syslogMessage, syslogTarget } from './syslog.ts'

export interface AuditRoomDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  dataDir: string
  /** A unit and everything below it, with their names of now; the access room answers it. */
  unitsUnder: (id: UnitId) => Promise<{ id: UnitId; name: string }[]>
  settings: { checkpointRows: number; checkpointMs: number; syslog: string; spoolMs: number }
}

export interface AuditRoom {
  trail: AuditTrail
  /** For reading what is on record. */
  entries: AuditStore
  /** For live view only, which may go on for some minutes without the database. */
  live: LiveTrail
  checkpoints: CheckpointService
  routes: Route[]
  /** Follows the chain and signs checkpoints from now on. */
  start(): Promise<void>
  close(): Promise<void>
}

const lookMs = 5_000

export function createAuditRoom(deps: AuditRoomDeps): AuditRoom {
  const { storage, clock, random, logger, settings } = deps
  const store = new AuditStore(storage)
  const trail = new AuditTrail({ store, clock, random })
  const signer = new AuditSigner(keyFile(deps.dataDir, 'audit', random))
  const collector = settings.syslog === '' ? null : syslogTarget(settings.syslog)
  const file = new CheckpointFile(deps.dataDir)
  const checkpoints = new CheckpointService({
    store,
    file,
    signer,
    clock,
    logger,
    limits: { rows: settings.checkpointRows, periodMs: settings.checkpointMs, lookMs },
    ...(collector === null ? {} : { witness: (messageId: string, text: string) => sendSyslog(collector, syslogMessage(clock.now(), messageId, text)) }),
  })
  const live = new LiveTrail({ storage, store, trail, spool: new LiveSpool(deps.dataDir), clock, random, logger, longestMs: settings.spoolMs })
  const watch = new ChainWatch({ storage, clock, logger, file, signer })
  return {
    trail,
    entries: store,
    live,
    checkpoints,
    routes: auditRoutes({ storage, clock, store, trail, unitsUnder: deps.unitsUnder, checkpoints, file, signer, watch }),
    start: () => checkpoints.start(),
    async close() {
      await watch.close()
      await live.close()
      await checkpoints.close()
    },
  }
}
