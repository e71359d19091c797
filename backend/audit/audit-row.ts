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

/** In the order of `readList`. */
export const entryNames: readonly string[] = Object.keys(entryColumns)

/** Reads one record of the table. @throws BrokenRow */
export function readRow(record: Readonly<Record<string, unknown>>): ChainedRow {
  return readList(entryNames.map((name) => record[name]))
}

/** Reads the values of `entryNames`. By hand and not by a schema: a verifier does it a million times. @throws BrokenRow */
export function readList(values: readonly unknown[]): ChainedRow {
  return {
    seq: whole(values[0]),
    id: text(values[1]),
    atMs: whole(values[2]),
    actorId: textOrNull(values[3]),
    actorName: text(values[4]),
    unitId: textOrNull(values[5]),
    unitName: text(values[6]),
    sessionId: textOrNull(values[7]),
    ip: text(values[8]),
    action: text(values[9]),
    targetKind: text(values[10]),
    targetId: text(values[11]),
    targetName: text(values[12]),
    cameraId: text(values[13]),
    caseNumber: text(values[14]),
    outcome: text(values[15]),
    purpose: text(values[16]),
    detail: text(values[17]),
    prevHash: text(values[18]),
    hash: text(values[19]),
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
