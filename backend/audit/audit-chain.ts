// Owns the chain of audit entries: which fields a row's hash covers, how one row holds the one before it.
// Refuses: the database and signatures. docs/design/0007-audit-chain.md gives the reasons.
import { hash as digest } from 'node:crypto'

/** What one row says, before it has its place. Ids are plain text here: a verifier reads what anybody may have forged. */
export interface AuditEntry {
  id: string
  atMs: number
  actorId: string | null
  actorName: string
  unitId: string | null
  unitName: string
  sessionId: string | null
  ip: string
  action: string
  targetKind: string
  targetId: string
  targetName: string
  /** The camera that it is about; empty when there is none. */
  cameraId: string
  /** 案件编号 or 警情编号 that it is about; empty when there is none. */
  caseNumber: string
  /** `done` or `refused`. */
  outcome: string
  purpose: string
  /** Canonical JSON text of an object, as it is kept: so no byte of it can change unseen. */
  detail: string
}

/** An entry in its place. */
export interface ChainedRow extends AuditEntry {
  /** From 1, without a gap. */
  seq: number
  /** 64 hexadecimal digits: the hash of row `seq - 1`. */
  prevHash: string
  hash: string
}
export type UnsealedRow = Omit<ChainedRow, 'hash'>

export const genesisHash = '0'.repeat(64)

/**
 * The canonical JSON (RFC 8785) that is hashed. Its fields, which are all of the row but `hash`: action, actorId,
 * actorName, atMs, cameraId, caseNumber, detail, id, ip, outcome, prevHash, purpose, seq, sessionId, targetId, targetKind,
 * targetName, unitId, unitName, v (the version of this list, 1). Written out by hand because a verifier does it a million
 * times; a test holds it against `canonicalJson`.
 */
export function canonicalRow(row: UnsealedRow): string {
  const before = `{"action":${quoted(row.action)},"actorId":${orNull(row.actorId)},"actorName":${quoted(row.actorName)},"atMs":${row.atMs},"cameraId":${quoted(row.cameraId)},"caseNumber":${quoted(row.caseNumber)}`
  const middle = `"id":${quoted(row.id)},"ip":${quoted(row.ip)},"outcome":${quoted(row.outcome)},"prevHash":${quoted(row.prevHash)},"purpose":${quoted(row.purpose)},"seq":${row.seq},"sessionId":${orNull(row.sessionId)}`
  const behind = `"targetId":${quoted(row.targetId)},"targetKind":${quoted(row.targetKind)},"targetName":${quoted(row.targetName)},"unitId":${orNull(row.unitId)},"unitName":${quoted(row.unitName)},"v":1}`
  return `${before},"detail":${row.detail},${middle},${behind}`
}

/** Nothing that JSON escapes; most texts of a row are such. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text))
const orNull = (text: string | null): string => (text === null ? 'null' : quoted(text))

/** SHA-256 in hexadecimal of a text's UTF-8. */
export const sha256 = (text: string | Uint8Array): string => digest('sha256', text, 'hex')

export const hashOfRow = (row: UnsealedRow): string => sha256(canonicalRow(row))

/** Puts entries behind the end of the chain, in their order. */
export function chainOnto(end: { seq: number; hash: string }, entries: readonly AuditEntry[]): ChainedRow[] {
  let { seq, hash } = end
  return entries.map((entry) => {
    const row = { ...entry, seq: seq + 1, prevHash: hash }
    ;({ seq, hash } = { seq: row.seq, hash: hashOfRow(row) })
    return { ...row, hash }
  })
}
