// Owns what a verifier may find: the classes of tampering, and the sentence for each.

/**
 * `edit` a row's content or hash was changed · `delete` a row is missing between others, or at the start without a signed
 * cut · `insert` a row was put in · `reorder` rows changed places · `cut` rows are missing at the end · `fork` two histories
 * grow from one row, in the rows or by two signed checkpoints · `rewrite` the rows agree with each other but not with a
 * signed checkpoint · `forged-checkpoint` a checkpoint or cut names a known key and is not signed by it.
 */
export type Tampering = 'edit' | 'delete' | 'insert' | 'reorder' | 'cut' | 'fork' | 'rewrite' | 'forged-checkpoint'

export interface Finding {
  tampering: Tampering
  /** The first bad row; where a row is missing, the place at which it is missing. */
  seq: number
  /** Where the row cannot be told (checkpoints without marks), it is one from `seq` to here. */
  toSeq?: number
}

export interface Verdict {
  /** Null when everything agrees. */
  finding: Finding | null
  /** Rows that were read. */
  rows: number
  /** Last row of the sound part. */
  soundTo: { seq: number; hash: string }
  /** RFC 6962 root over rows 1 to `soundTo`. */
  root: string
  /** Signed checkpoints that agree with the rows. */
  agreeing: number
  /** Rows up to here were removed under a signed cut; 0 when none were. */
  cutTo: number
}

const sentences: Record<Tampering, (where: string) => string> = {
  edit: (where) => `${where} was edited`,
  delete: (where) => `${where} is missing: it was deleted and no signed cut covers it`,
  insert: (where) => `${where} was inserted`,
  reorder: (where) => `${where} is out of its place: rows were reordered`,
  cut: (where) => `${where} and what follows is missing: the tail was cut off`,
  fork: (where) => `${where} is where a second history begins: the chain was forked`,
  rewrite: (where) => `${where} is not what a signed checkpoint saw: the history was rewritten`,
  'forged-checkpoint': (where) => `a checkpoint or cut at ${where} has a signature that its key did not make`,
}

export function sentenceOf({ tampering, seq, toSeq }: Finding): string {
  return sentences[tampering](toSeq === undefined || toSeq === seq ? `row ${seq}` : `a row from ${seq} to ${toSeq}`)
}
