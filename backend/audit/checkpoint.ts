// Owns what a checkpoint and a cut say, and their one-line form in files and syslog.
// Refuses: keys; signing is audit-signer.ts.
import { z } from 'zod'
import { canonicalJson } from '#base/canonical-json.ts'
import { sha256 } from './audit-chain.ts'
import { fits, MerkleTree, type Frontier } from './merkle.ts'

const hexHash = z.string().regex(/^[0-9a-f]{64}$/)
const counted = z.number().int().min(0)
const statement = {
  v: z.literal(1),
  atMs: counted,
  /** Rows from 1 to here are covered. */
  size: counted,
  /** RFC 6962 root over their hashes. */
  root: hexHash,
  /** Hash of row `size`. */
  lastHash: hexHash,
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
}
const peaks = z.array(hexHash).max(64)

/** What is signed. */
const checkpointBody = z.object({ kind: z.literal('checkpoint'), ...statement, previousSize: counted, marksHash: hexHash })
/** Rows up to `size` were removed at `atMs`; whatever stands behind them still hangs on `lastHash` and `root`. */
const cutBody = z.object({ kind: z.literal('cut'), ...statement, by: z.string().max(100) })

const signature = z.string().regex(/^[A-Za-z0-9+/]{86}==$/)
/**
 * `peaks` carry the tree on (they make `root`); `marks` are the first 8 hexadecimal digits of the hash of every row from
 * `previousSize + 1` to `size` (they make `marksHash`), so that a rewrite can be told to its row. Syslog leaves both out.
 */
const checkpointLine = checkpointBody.extend({ signature, peaks: peaks.optional(), marks: z.string().optional() })
const cutLine = cutBody.extend({ signature, peaks })
export const sealedSchema = z.discriminatedUnion('kind', [checkpointLine, cutLine])

export type CheckpointBody = z.infer<typeof checkpointBody>
export type CutBody = z.infer<typeof cutBody>
export type Checkpoint = z.infer<typeof checkpointLine>
export type Cut = z.infer<typeof cutLine>
export type Sealed = z.infer<typeof sealedSchema>

export const markLength = 8
export const markOf = (rowHash: string): string => rowHash.slice(0, markLength)
export const marksHashOf = (marks: string): string => sha256(marks)

/** The text that the signature covers: the canonical JSON of the body behind a line that says what it is. */
export function signedText(sealed: Sealed | CheckpointBody | CutBody): string {
  const body = sealed.kind === 'cut' ? cutBody.parse(sealed) : checkpointBody.parse(sealed)
  return `tianwang audit ${body.kind}\n${canonicalJson(body)}`
}

/** Whether the parts that the signature covers only by their hash are the ones it covers. */
export function partsFit(sealed: Sealed): boolean {
  if (sealed.kind === 'checkpoint' && sealed.marks !== undefined) {
    const { marks, marksHash, size, previousSize } = sealed
    if (marksHashOf(marks) !== marksHash || marks.length !== (size - previousSize) * markLength) return false
  }
  return sealed.peaks === undefined || rootOf({ size: sealed.size, peaks: sealed.peaks }) === sealed.root
}

function rootOf(frontier: Frontier): string | null {
  return fits(frontier) ? new MerkleTree(frontier).root() : null
}

/** The statement of one line, whatever a log put before it; null when there is none. */
export function readLine(line: string): Sealed | null {
  const start = line.indexOf('{"')
  if (start === -1) return null
  try {
    const parsed = sealedSchema.safeParse(JSON.parse(line.slice(start)))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Without peaks and marks: short enough for one datagram. */
export function shortText(sealed: Sealed): string {
  const { signature: signed, peaks: _peaks, ...rest } = sealed
  const body = rest.kind === 'cut' ? cutBody.parse(rest) : checkpointBody.parse(rest)
  return canonicalJson({ ...body, signature: signed })
}
