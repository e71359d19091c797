// Owns what a crash between a picture's file and its row leaves behind: at the start such files are put aside, on record.
// Refuses: deleting anything, and touching files so young that another server may be about to write their row.
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { systemActor, type AuditTrail } from '../audit/index.ts'
import type { Storage } from '../storage/index.ts'
import type { ExhibitFiles, KeptFile } from './exhibit-files.ts'
import type { TagStore } from './tag-store.ts'

export interface ExhibitOrphansDeps {
  storage: Storage
  clock: Clock
  logger: Logger
  trail: AuditTrail
  files: ExhibitFiles
  tags: TagStore
}

/** A picture's row follows its file within seconds. */
const OLD_ENOUGH_MS = 10 * 60_000

/** @returns how many files were put aside. @throws what the storage throws; a file that cannot be moved stays, and is logged */
export async function quarantineOrphans(deps: ExhibitOrphansDeps): Promise<number> {
  const { clock, logger, files, tags } = deps
  let aside = 0
  for await (const month of files.months()) {
    const old = month.filter((file) => clock.now() - file.modifiedMs >= OLD_ENOUGH_MS)
    const known = await tags.knownExhibits(old.flatMap((file) => file.id ?? []))
    for (const file of old) {
      if (file.id !== null && known.has(file.id)) continue
      try {
        await putAside(deps, file)
        aside++
      } catch (error) {
        logger.error({ error, file: file.name }, 'a picture without a tag could not be put aside')
      }
    }
  }
  if (aside > 0) logger.warn({ files: aside }, 'pictures without a tag were put aside')
  return aside
}

async function putAside({ storage, trail, files }: ExhibitOrphansDeps, file: KeptFile): Promise<void> {
  await storage.transaction(async (tx) => {
    const detail = { file: file.name, bytes: file.bytes, because: 'no tag names it' }
    await trail.record(tx, systemActor, { action: 'exhibit.quarantine', targetKind: 'exhibit', targetId: file.id ?? '', detail })
    await files.quarantine(file)
  })
}
