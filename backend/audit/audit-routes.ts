// Owns reading the audit over HTTP; reading is itself recorded.
import type { z } from 'zod'
import type { auditEntrySchema } from '#contract/audit.ts'
import { api } from '#contract/api.ts'
import { route, type Route } from '../http/index.ts'
import { fromInstant, toInstant, type Storage } from '../storage/index.ts'
import type { AuditTrail } from './audit-service.ts'
import type { AuditStore, ReadableRow } from './audit-store.ts'

export function auditRoutes(deps: { storage: Storage; store: AuditStore; trail: AuditTrail }): Route[] {
  return [
    route(api.listAudit, async ({ principal, query, request }) => {
      await deps.storage.transaction((tx) =>
        deps.trail.record(tx, { ...principal, ip: request.ip }, { action: 'audit.read', targetKind: 'audit', targetId: '', detail: { ...query } }),
      )
      const { items, total } = await deps.store.list({
        ...query,
        fromMs: query.from === undefined ? undefined : fromInstant(query.from),
        toMs: query.to === undefined ? undefined : fromInstant(query.to),
      })
      return { items: items.map(viewOf), total }
    }),
  ]
}

function viewOf({ atMs, prevHash: _prevHash, outcome, ...row }: ReadableRow): z.input<typeof auditEntrySchema> {
  return { ...row, at: toInstant(atMs), outcome: outcome === 'refused' ? 'refused' : 'done' }
}
