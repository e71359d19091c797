// Owns the HTTP side of importing and exporting archives; thin.
import { api } from '#contract/api.ts'
import { route, type Route } from '../http/index.ts'
import { ArchiveService, type ArchiveServiceDeps } from './archive-service.ts'

/** `registryRoutes`' deps fit. */
export function archiveRoutes(deps: ArchiveServiceDeps): Route[] {
  const archives = new ArchiveService(deps)
  return [
    route(api.exportArchive, async ({ principal, query, request }) => ({
      bytes: await archives.export(principal, query, request),
      contentType: 'text/csv; charset=utf-8',
      headers: { 'Content-Disposition': 'attachment; filename="cameras.csv"' },
    })),
    route(api.importArchive, async ({ principal, query, body, request }) => archives.import(principal, body, { dryRun: query.dryRun === 'true' }, request)),
  ]
}
