// Owns the HTTP side of grants; thin. An asker sees camera names only of what was approved.
import { api } from '#contract/api.ts'
import type { GrantView } from '#contract/grants.ts'
import { route, type Route } from '../http/index.ts'
import { fromInstant, toInstant, toInstantOrNull } from '../storage/index.ts'
import type { Grant } from './grant.ts'
import type { GrantService } from './grant-service.ts'

export function grantRoutes(grants: GrantService): Route[] {
  const paged = (all: readonly Grant[], { page, pageSize }: { page: number; pageSize: number }) => ({ items: all.slice((page - 1) * pageSize, page * pageSize).map(presentGrant), total: all.length })
  return [
    route(api.askGrant, async ({ principal, body, request }) => {
      const { from, to, ...rest } = body
      return presentGrant(await grants.ask(principal, { ...rest, fromMs: fromInstant(from), toMs: fromInstant(to) }, request))
    }),
    route(api.ownGrants, async ({ principal, query }) => paged(await grants.ownOf(principal), query)),
    route(api.listGrants, async ({ principal, query }) => paged(await grants.inSight(principal, query.state), query)),
    route(api.decideGrant, async ({ principal, params, body, request }) => presentGrant(await grants.decide(principal, params.grantId, body, request))),
    route(api.revokeGrant, async ({ principal, params, body, request }) => presentGrant(await grants.revoke(principal, params.grantId, body.note, request))),
    route(api.withdrawGrant, async ({ principal, params, request }) => presentGrant(await grants.withdraw(principal, params.grantId, request))),
  ]
}

function presentGrant(grant: Grant): GrantView {
  return {
    id: grant.id,
    state: grant.state,
    askedAt: toInstant(grant.askedAtMs),
    asker: grant.asker,
    cameras: grant.gbCodes.map((gbCode) => ({ gbCode, name: grant.cameras.find((camera) => camera.gbCode === gbCode)?.name ?? '' })),
    actions: grant.actions,
    from: toInstant(grant.fromMs),
    to: toInstant(grant.toMs),
    reason: grant.reason,
    caseNumber: grant.caseNumber,
    incidentNumber: grant.incidentNumber,
    decidedBy: grant.decidedBy,
    decidedAt: toInstantOrNull(grant.decidedAtMs),
    note: grant.note,
  }
}
