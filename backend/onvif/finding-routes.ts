// Owns the HTTP side of the inbox; thin.
import { api } from '#contract/api.ts'
import type { Finding } from '#contract/discovery.ts'
import type { UnitStore } from '../access/index.ts'
import { route, type Route } from '../http/index.ts'
import { presentDetail } from '../registry/index.ts'
import { toInstant } from '../storage/index.ts'
import type { FoundRecord } from './finding.ts'
import type { FindingService } from './finding-service.ts'

export function findingRoutes(deps: { service: FindingService; units: UnitStore }): Route[] {
  const { service, units } = deps
  return [
    route(api.startDiscovery, ({ principal, body, request }) => service.start(principal, body, request)),
    route(api.discoveryState, async () => service.state),
    route(api.listFindings, async ({ principal, query }) => {
      const { items, total } = await service.list(principal, query)
      return { items: items.map(present), total }
    }),
    route(api.assignFindings, async ({ principal, body, request }) => ({ items: (await service.assign(principal, body, request)).map(present) })),
    route(api.adoptFindings, async ({ principal, body, request }) => ({ items: await service.adopt(principal, body.findingIds, request) })),
    route(api.ignoreFindings, async ({ principal, body, request }) => {
      await service.ignore(principal, body.findingIds, request)
      return null
    }),
    route(api.replaceDevice, async ({ principal, params, body, request }) =>
      presentDetail(principal, await service.replaceDevice(principal, params.cameraId, body, request), await units.tree()),
    ),
  ]
}

function present({ foundAtMs, lastSeenMs, streamPaths: _paths, ...record }: FoundRecord): Finding {
  return { ...record, foundAt: toInstant(foundAtMs), lastSeenAt: toInstant(lastSeenMs) }
}
