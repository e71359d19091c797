// Owns what the rules see of an audit row: a deed of one person. Pure.
// Refuses: asking other rooms. What a rule needs to know of a deed must stand in its row.
import { z } from 'zod'
import type { UnitId } from '#contract/ids.ts'
import type { ReadableRow } from '../audit/index.ts'

export interface Deed {
  /** Place in the audit chain. */
  seq: number
  atMs: number
  kind: 'view' | 'view-end' | 'evidence' | 'export' | 'search' | 'other'
  cameraId: string
  cameraName: string
  /** Beyond the person's own units: it took a register entry. */
  beyond: boolean
  /** A case or an incident stands behind it. */
  forCase: boolean
  /** Pictures that were given or kept. */
  pictures: number
  /** What was searched for; empty when nothing was. */
  searched: string
  /** Unit of the person at that time, where the row says so. */
  unitId: UnitId | null
}

const kinds: Readonly<Record<string, Deed['kind']>> = {
  'live.open': 'view',
  'live.close': 'view-end',
  // The last seconds again: within a watch it belongs to it, without one it is a watch of its own.
  'replay.open': 'view',
  'replay.close': 'view-end',
  'snapshot.view': 'view',
  'tag.create': 'evidence',
  'camera.export': 'export',
  'register.export': 'export',
  'audit.export': 'export',
  'oversight.export': 'export',
  'case.read': 'search',
  'register.read': 'search',
  'audit.read': 'search',
  'oversight.read': 'search',
  // An entry for an export of video is the export; other entries are looked at where they are used.
  'register.enter': 'other',
}
/** The actions that are read from the record at all. */
export const judgedActions: readonly string[] = Object.keys(kinds)

const detailSchema = z
  .object({
    registerId: z.string().optional().catch(undefined),
    exhibits: z.array(z.unknown()).optional().catch(undefined),
    act: z.string().optional().catch(undefined),
    q: z.string().optional().catch(undefined),
    actor: z.string().optional().catch(undefined),
    userId: z.string().optional().catch(undefined),
  })
  .catch({})

/** What somebody searched for, as the row says it. */
export function searchedIn(detail: Readonly<Record<string, unknown>>): string {
  const { q, actor, userId } = detailSchema.parse(detail)
  return [q, actor, userId].filter(Boolean).join(' ')
}

export function deedOf(row: Pick<ReadableRow, 'seq' | 'atMs' | 'unitId' | 'action' | 'targetName' | 'cameraId' | 'caseNumber' | 'purpose' | 'detail'>): Deed {
  const { registerId = '', exhibits = [], act } = detailSchema.parse(row.detail)
  const kind = row.action === 'register.enter' && act === 'export' ? 'export' : (kinds[row.action] ?? 'other')
  return {
    seq: row.seq,
    atMs: row.atMs,
    kind,
    cameraId: row.cameraId,
    cameraName: row.targetName,
    beyond: registerId !== '',
    // Rows from before the number was kept beside the purpose have the purpose alone.
    forCase: row.caseNumber !== '' || row.purpose === 'case' || row.purpose === 'incident',
    pictures: row.action === 'snapshot.view' ? 1 : exhibits.length,
    searched: kind === 'search' ? searchedIn(row.detail) : '',
    unitId: row.unitId as UnitId | null,
  }
}
