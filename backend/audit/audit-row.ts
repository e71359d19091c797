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
/** Each signed cut as one line, in the database too: an application that only has that can still verify. */
export const cutColumns = { seq: { type: DataTypes.BIGINT, primaryKey: true, allowNull: false }, cut: column.json() }

export const headSchema = z.object({ seq: rowInstantMs, hash: z.string() })

/** What stood in a column is not of the column's type; SQLite keeps what somebody put there. */
export class BrokenRow extends Error {}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new BrokenRow(`a ${typeof value} where a text belongs`)
}
function whole(value: unknown): number {
  // Sequelize gives BIGINT as a number or as digits.
  const number = typeof value === 'bigint' || (typeof value === 'string' && /^-?\d+$/.test(value)) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new BrokenRow(`a ${typeof value} where a number belongs`)
}
const textOrNull = (value: unknown): string | null => (value === null ? null : text(value))

/** Reads one record of the table. By hand and not by a schema: a verifier does it a million times. @throws BrokenRow */
export function readRow(record: Readonly<Record<string, unknown>>): ChainedRow {
  return {
    seq: whole(record['seq']),
    id: text(record['id']),
    atMs: whole(record['at_ms']),
    actorId: textOrNull(record['actor_id']),
    actorName: text(record['actor_name']),
    unitId: textOrNull(record['unit_id']),
    unitName: text(record['unit_name']),
    sessionId: textOrNull(record['session_id']),
    ip: text(record['ip']),
    action: text(record['action']),
    targetKind: text(record['target_kind']),
    targetId: text(record['target_id']),
    targetName: text(record['target_name']),
    cameraId: text(record['camera_id']),
    caseNumber: text(record['case_number']),
    outcome: text(record['outcome']),
    purpose: text(record['purpose']),
    detail: text(record['detail']),
    prevHash: text(record['prev_hash']),
    hash: text(record['hash']),
  }
}

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
