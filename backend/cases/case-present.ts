// Owns what of cases and tags goes over the wire.
import type { CaseDetail, CaseView, TagView } from '#contract/cases.ts'
import type { UnitTree, User } from '../access/index.ts'
import { toInstant, toInstantOrNull } from '../storage/index.ts'
import type { Case, CaseMember } from './case.ts'
import type { Tag } from './tag.ts'

export function presentCase(found: Case, tree: UnitTree, tagCount: number): CaseView {
  const { occurredFromMs, occurredToMs, createdAtMs, createdById: _author, ...rest } = found
  return {
    ...rest,
    unitName: tree.get(found.unitId)?.name ?? '',
    occurredFrom: toInstantOrNull(occurredFromMs),
    occurredTo: toInstantOrNull(occurredToMs),
    createdAt: toInstant(createdAtMs),
    tagCount,
  }
}

export function presentCaseDetail(found: Case, tree: UnitTree, tagCount: number, members: readonly { member: CaseMember; user: User | null }[]): CaseDetail {
  return {
    ...presentCase(found, tree, tagCount),
    members: members.map(({ member, user }) => ({
      userId: member.userId,
      displayName: user?.displayName ?? '',
      policeNumber: user?.policeNumber ?? '',
      unitName: user === null ? '' : (tree.get(user.unitId)?.name ?? ''),
      duty: member.duty,
    })),
  }
}

export function presentTag(tag: Tag, of: Pick<Case, 'title' | 'caseNumber' | 'incidentNumber'>): TagView {
  return {
    id: tag.id,
    caseId: tag.caseId,
    caseTitle: of.title,
    caseNumber: of.caseNumber,
    incidentNumber: of.incidentNumber,
    category: tag.category,
    note: tag.note,
    from: toInstant(tag.fromMs),
    to: toInstant(tag.toMs),
    cameras: tag.cameras.map(({ id, name }) => ({ id, name })),
    exhibits: tag.exhibits.map(({ pictureAtMs, capturedAtMs, ...exhibit }) => ({ ...exhibit, pictureAt: toInstant(pictureAtMs), capturedAt: toInstant(capturedAtMs) })),
    exhibitsMissing: tag.exhibitsMissing,
    createdAt: toInstant(tag.createdAtMs),
    createdBy: tag.createdBy,
  }
}
