// Owns `npm run audit:cut`: removes the oldest audit rows under a signed cut. Run by whoever holds the keys of the
// installation and a database user that may delete; the server's own user may not.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '#base/clock.ts'
import { loadConfig } from '#config/load.ts'
import { AuditSigner, AuditStore, AuditTrail, CheckpointFile, CutRefused, CutService } from '../backend/audit/index.ts'
import { keyFile, Storage } from '../backend/storage/index.ts'

const { values } = parseArgs({ options: { before: { type: 'string' }, by: { type: 'string' } } })
const beforeMs = Date.parse(values.before ?? '')
if (values.by === undefined || values.by.trim() === '' || !Number.isFinite(beforeMs)) {
  console.error('npm run audit:cut -- --before 2026-01-01 --by "name of who orders it"')
  process.exit(2)
}
const config = loadConfig(process.env)
const { dataDir, databaseUrl } = config.storage
const storage = new Storage(databaseUrl === '' ? { sqliteFile: join(dataDir, 'tianwang.sqlite') } : { mysqlUrl: databaseUrl })
try {
  const store = new AuditStore(storage)
  const service = new CutService({
    storage,
    store,
    trail: new AuditTrail({ store, clock: systemClock, random: randomBytes }),
    file: new CheckpointFile(dataDir),
    signer: new AuditSigner(keyFile(dataDir, 'audit', randomBytes)),
    clock: systemClock,
    keepMs: config.audit.keepDays * 86_400_000,
  })
  const { cut, removed } = await service.cutBefore(beforeMs, values.by)
  console.log(`${removed} rows up to ${cut.size} were removed under a signed cut with root ${cut.root}`)
} catch (error) {
  if (!(error instanceof CutRefused)) throw error
  console.error(`nothing was cut: ${error.message}`)
  process.exitCode = 1
} finally {
  await storage.close()
}
