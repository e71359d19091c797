// Owns the HTTP side of cases, tags and exhibits; thin.
import { api } from '#contract/api.ts'
import type { CaseDetail, TagView } from '#contract/cases.ts'
import type { UnitId } from '#contract/ids.ts'
import type { UnitStore, UserStore } from '../access/index.ts'
import { route, type Principal, type Route } from '../http/index.ts'
import { fromInstant } from '../storage/index.ts'
import type { Case } from './case.ts'
import { sightOf } from './case-policy.ts'
import { presentCase, presentCaseDetail, presentTag } from './case-present.ts'
import type { CaseService } from './case-service.ts'
import type { CaseStore } from './case-store.ts'
import type { Tag } from './tag.ts'
import type { TagService } from './tag-service.ts'
import type { TagStore } from './tag-store.ts'

export interface CaseRoutesDeps {
  cases: CaseStore
  tags: TagStore
  caseService: CaseService
  tagService: TagService
  units: UnitStore
  users: UserStore
}

export function caseRoutes(deps: CaseRoutesDeps): Route[] {
  const { cases, tags, caseService, tagService, units, users } = deps

  const detailOf = async (found: Case): Promise<CaseDetail> => {
    const members = await cases.membersOf(found.id)
    const people = await Promise.all(members.map(async (member) => ({ member, user: await users.byId(member.userId) })))
    return presentCaseDetail(found, await units.tree(), (await tags.countByCase([found.id])).get(found.id) ?? 0, people)
  }
  /** A case that the caller ceased to see while the page was read takes its tags with it. */
  const presentTags = async (principal: Principal, items: readonly Tag[]): Promise<TagView[]> => {
    const ids = [...new Set(items.map((tag) => tag.caseId))]
    const of = new Map((await cases.byIds(sightOf(principal), ids)).map((found) => [found.id, found]))
    return items.flatMap((tag) => {
      const found = of.get(tag.caseId)
      return found === undefined ? [] : [presentTag(tag, found)]
    })
  }
  const subtree = async (unitId: UnitId | undefined) => (unitId === undefined ? undefined : (await units.tree()).subtree(unitId))

  return [
    route(api.listCases, async ({ principal, query, request }) => {
      const { items, total } = await caseService.list(principal, { ...query, unitIds: await subtree(query.unitId) }, query, request)
      const [tree, counts] = [await units.tree(), await tags.countByCase(items.map((found) => found.id))]
      return { items: items.map((found) => presentCase(found, tree, counts.get(found.id) ?? 0)), total }
    }),
    route(api.getCase, async ({ principal, params, request }) => detailOf(await caseService.read(principal, params.caseId, request))),
    route(api.createCase, async ({ principal, body, request }) => {
      const { occurredFrom, occurredTo, ...fields } = body
      return detailOf(await caseService.create(principal, { ...fields, occurredFromMs: msOrNull(occurredFrom), occurredToMs: msOrNull(occurredTo) }, request))
    }),
    route(api.updateCase, async ({ principal, params, body, request }) => {
      const { version, occurredFrom, occurredTo, ...fields } = body
      const times = {
        occurredFromMs: occurredFrom === undefined ? undefined : msOrNull(occurredFrom),
        occurredToMs: occurredTo === undefined ? undefined : msOrNull(occurredTo),
      }
      return detailOf(await caseService.update(principal, params.caseId, version, { ...fields, ...times }, request))
    }),
    route(api.setCaseMembers, async ({ principal, params, body, request }) =>
      detailOf(await caseService.setMembers(principal, params.caseId, body.version, body.members, request)),
    ),
    route(api.createTag, async ({ principal, body, request }) => {
      const { from, to, pictureAt, ...wanted } = body
      const toMs = fromInstant(to)
      const pictureAtMs = pictureAt === undefined ? toMs : fromInstant(pictureAt)
      const tag = await tagService.create(principal, { ...wanted, fromMs: fromInstant(from), toMs, pictureAtMs }, request)
      return presentTag(tag, await caseService.get(principal, tag.caseId))
    }),
    route(api.listTags, async ({ principal, query }) => {
      const { from, to, unitId, ...filter } = query
      const { items, total } = await tags.list(
        sightOf(principal),
        { ...filter, unitIds: await subtree(unitId), fromMs: from === undefined ? undefined : fromInstant(from), toMs: to === undefined ? undefined : fromInstant(to) },
        query,
      )
      return { items: await presentTags(principal, items), total }
    }),
    route(api.getTag, async ({ principal, params }) => {
      const tag = await tagService.get(principal, params.tagId)
      return presentTag(tag, await caseService.get(principal, tag.caseId))
    }),
    route(api.exhibitPicture, async ({ principal, params, request }) => ({
      bytes: await tagService.picture(principal, params.exhibitId, request),
      contentType: 'image/jpeg',
      headers: { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': 'sandbox' },
    })),
  ]
}

function msOrNull(instant: string | null): number | null {
  return instant === null ? null : fromInstant(instant)
}
