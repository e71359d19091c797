// Owns reading the audit over HTTP; reading is itself recorded.
import type { z } from 'zod'
import type { auditEntrySchema } from '#contract/audit.ts'
import { api } from '#contract/api.ts'
import type { UnitId } from '#contract/ids.ts'
import { route, type Principal, type Route } from '../http/index.ts'
import type { Clock } from '#base/clock.ts'
import { fromInstant, toInstant, type Storage } from '../storage/index.ts'
import { auditCsv } from './audit-csv.ts'
import { exportLines } from './audit-export.ts'
import type { AuditTrail } from './audit-service.ts'
import type { AuditSigner } from './audit-signer.ts'
import type { AuditStore, ReadableRow } from './audit-store.ts'
import type { ChainWatch } from './chain-watch.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import type { CheckpointService } from './checkpoint-service.ts'

type Query = z.output<typeof api.exportAuditCsv.query>

export interface AuditRoutesDeps {
  storage: Storage
  clock: Clock
  store: AuditStore
  trail: AuditTrail
  unitsUnder: (id: UnitId) => Promise<{ id: UnitId; name: string }[]>
  checkpoints: CheckpointService
  file: CheckpointFile
  signer: AuditSigner
  watch: ChainWatch
}

export function auditRoutes(deps: AuditRoutesDeps): Route[] {
  /** What the query asks of the store. A unit out of the caller's sight finds nothing, like one that is not there. */
  const filterOf = async (principal: Principal, { unitId, from, to, ...rest }: Query) => ({
    ...rest,
    fromMs: from === undefined ? undefined : fromInstant(from),
    toMs: to === undefined ? undefined : fromInstant(to),
    units: unitId === undefined ? undefined : (await deps.unitsUnder(unitId)).filter(({ id }) => principal.scope.unitIds.has(id)),
  })
  return [
    route(api.listAudit, async ({ principal, query, request }) => {
      await deps.storage.transaction((tx) =>
        deps.trail.record(tx, { ...principal, ip: request.ip }, { action: 'audit.read', targetKind: 'audit', targetId: '', detail: { ...query } }),
      )
      const { page, pageSize, ...filter } = query
      const { items, total } = await deps.store.list({ ...(await filterOf(principal, filter)), page, pageSize })
      return { items: items.map(viewOf), total }
    }),
    route(api.exportAuditCsv, async ({ principal, query, request }) => {
      await deps.storage.transaction((tx) =>
        deps.trail.record(tx, { ...principal, ip: request.ip }, { action: 'audit.export', targetKind: 'audit', targetId: 'csv', detail: { ...query } }),
      )
      const bytes = auditCsv(deps.store.found(await filterOf(principal, query)))
      return { bytes, contentType: 'text/csv; charset=utf-8', headers: { 'Content-Disposition': 'attachment; filename="tianwang-audit.csv"' } }
    }),
    route(api.auditChain, async () => {
      const { seq, hash } = await deps.store.head()
      const { newest, ...followed } = deps.checkpoints.state()
      const { running, last } = deps.watch.state()
      return {
        rows: seq,
        hash,
        ...followed,
        newest: newest === null ? null : { size: newest.size, root: newest.root, at: toInstant(newest.atMs) },
        keyId: deps.signer.keyId,
        verifying: running,
        verified:
          last === null
            ? null
            : { at: toInstant(last.atMs), seq: last.verdict.soundTo.seq, rows: last.verdict.rows, agreeing: last.verdict.agreeing, finding: last.verdict.finding === null ? null : { tampering: last.verdict.finding.tampering, seq: last.verdict.finding.seq } },
      }
    }),
    route(api.verifyAudit, async ({ principal, request }) => {
      await deps.storage.transaction((tx) => deps.trail.record(tx, { ...principal, ip: request.ip }, { action: 'audit.verify', targetKind: 'audit', targetId: '' }))
      await deps.checkpoints.look()
      void deps.watch.verify()
      return null
    }),
    route(api.exportAudit, async ({ principal, request }) => {
      const { storage, clock, store, trail, checkpoints, file, signer } = deps
      await storage.transaction((tx) => trail.record(tx, { ...principal, ip: request.ip }, { action: 'audit.export', targetKind: 'audit', targetId: '' }))
      // The export ends where a checkpoint does, so that it can be held against signatures to its last row.
      await checkpoints.look(true)
      const atMs = clock.now()
      const lines = exportLines({
        head: { kind: 'tianwang-audit-export', v: 1, atMs, publicKey: signer.publicKeyPem },
        sealed: file.read(),
        end: await store.head(),
        after: (seq, limit) => store.after(seq, limit),
      })
      return { bytes: lines, contentType: 'application/x-ndjson', headers: { 'Content-Disposition': `attachment; filename="tianwang-audit-${toInstant(atMs).slice(0, 10)}.jsonl"` } }
    }),
  ]
}

function viewOf({ atMs, prevHash: _prevHash, outcome, ...row }: ReadableRow): z.input<typeof auditEntrySchema> {
  return { ...row, at: toInstant(atMs), outcome: outcome === 'refused' ? 'refused' : 'done' }
}
