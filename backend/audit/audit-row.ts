// Owns the columns of the audit tables and turning their rows into values.
import { DataTypes } from 'sequelize'
import { z } from 'zod'
import { column, rowInstantMs } from '../storage/index.ts'
import type { ChainedRow } from './audit-chain.ts'

export const entryColumns = {
  seq: { type: DataTypes.BIGINT, primaryKey: true, allowNull: false },
  id: column.ref(),
  at_ms: column.instantMs(),
  actor_id: column.ref(true),
  actor_name: column.text(64),
  unit_id: column.ref(true),
  unit_name: column.text(64),
  session_id: column.ref(true),
  ip: column.text(45),
  action: column.text(60),
  target_kind: column.text(30),
  target_id: column.text(64),
  target_name: column.text(100),
  camera_id: column.text(64),
  case_number: column.text(64),
  outcome: column.text(10),
  purpose: column.text(200),
  detail: column.json(),
  prev_hash: column.text(64),
  hash: column.text(64),
}

/** One row: the end of the chain. Whoever appends holds it until the commit, so there is one writer at a time. */
export const headColumns = { id: { type: DataTypes.INTEGER, primaryKey: true, allowNull: false }, seq: column.bigint(), hash: column.text(64) }
export const headSchema = z.object({ seq: rowInstantMs, hash: z.string() })

/** The row as it stands in the table. It is not judged here: a verifier must be able to read what somebody forged. */
export const rowSchema = z
  .object({
    seq: rowInstantMs,
    id: z.string(),
    at_ms: rowInstantMs,
    actor_id: z.string().nullable(),
    actor_name: z.string(),
    unit_id: z.string().nullable(),
    unit_name: z.string(),
    session_id: z.string().nullable(),
    ip: z.string(),
    action: z.string(),
    target_kind: z.string(),
    target_id: z.string(),
    target_name: z.string(),
    camera_id: z.string(),
    case_number: z.string(),
    outcome: z.string(),
    purpose: z.string(),
    detail: z.string(),
    prev_hash: z.string(),
    hash: z.string(),
  })
  .transform(
    (row): ChainedRow => ({
      seq: row.seq,
      id: row.id,
      atMs: row.at_ms,
      actorId: row.actor_id,
      actorName: row.actor_name,
      unitId: row.unit_id,
      unitName: row.unit_name,
      sessionId: row.session_id,
      ip: row.ip,
      action: row.action,
      targetKind: row.target_kind,
      targetId: row.target_id,
      targetName: row.target_name,
      cameraId: row.camera_id,
      caseNumber: row.case_number,
      outcome: row.outcome,
      purpose: row.purpose,
      detail: row.detail,
      prevHash: row.prev_hash,
      hash: row.hash,
    }),
  )

export function rowOf(row: ChainedRow): Record<keyof typeof entryColumns, string | number | null> {
  return {
    seq: row.seq,
    id: row.id,
    at_ms: row.atMs,
    actor_id: row.actorId,
    actor_name: row.actorName,
    unit_id: row.unitId,
    unit_name: row.unitName,
    session_id: row.sessionId,
    ip: row.ip,
    action: row.action,
    target_kind: row.targetKind,
    target_id: row.targetId,
    target_name: row.targetName,
    camera_id: row.cameraId,
    case_number: row.caseNumber,
    outcome: row.outcome,
    purpose: row.purpose,
    detail: row.detail,
    prev_hash: row.prevHash,
    hash: row.hash,
  }
}
