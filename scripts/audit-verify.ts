// Owns `npm run audit:verify`: judges an export or a database, prints the verdict, and answers by its exit code.
// Refuses: changing anything, and needing the server: an export is judged on a machine that knows nothing of it.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { databaseSource, exportSource, NotReadable, readSealed, sentenceOf, verifyChain, type ChainSource } from '../backend/audit/index.ts'
import { Storage } from '../backend/storage/index.ts'

const usage = `npm run audit:verify -- <export.jsonl | tianwang.sqlite | mysql://user:password@host:port/name> [--checkpoints FILE]… [--key FILE.pem]…
  --checkpoints  checkpoints.jsonl from outside of the database, or a syslog file that holds checkpoints
  --key          public key that is trusted; without one, the key that lies beside the data
exit code: 0 sound, 1 tampered with (the first bad row is named), 2 not to be judged`

const exitCodes = { sound: 0, tampered: 1, unjudged: 2 } as const

interface Opened {
  source: ChainSource
  /** Files beside the data that are used when none is named. */
  beside: { checkpoints: string[]; keys: string[] }
  close(): Promise<void>
}

async function open(target: string): Promise<Opened> {
  if (/^(mysql|mariadb):\/\//.test(target)) return database(new Storage({ mysqlUrl: target }), process.env['DATA_DIR'] ?? 'var')
  if (!existsSync(target)) throw new NotReadable(`there is no file ${target}`)
  if (isSqlite(target)) return database(new Storage({ sqliteFile: target }), dirname(target))
  return { source: await exportSource(target), beside: { checkpoints: [], keys: [] }, close: async () => undefined }
}

async function database(storage: Storage, dataDir: string): Promise<Opened> {
  const directory = join(dataDir, 'audit')
  const inside = existsSync(directory) ? readdirSync(directory) : []
  const files = (pattern: RegExp) => inside.filter((name) => pattern.test(name)).map((name) => join(directory, name))
  const source = await databaseSource(storage, []).catch(async (error: unknown) => {
    await storage.close()
    throw error
  })
  return { source, beside: { checkpoints: files(/^checkpoints.*\.jsonl$/), keys: files(/\.pem$/) }, close: () => storage.close() }
}

function isSqlite(path: string): boolean {
  const start = Buffer.alloc(15)
  const file = openSync(path, 'r')
  readSync(file, start, 0, start.length, 0)
  closeSync(file)
  return start.toString('latin1') === 'SQLite format 3'
}

async function verify(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { checkpoints: { type: 'string', multiple: true }, key: { type: 'string', multiple: true }, help: { type: 'boolean' } } })
  const [target] = positionals
  if (values.help || target === undefined || positionals.length > 1) {
    console.log(usage)
    return values.help ? exitCodes.sound : exitCodes.unjudged
  }
  const { source, beside, close } = await open(target)
  try {
    const sealed = (values.checkpoints ?? beside.checkpoints).flatMap((path) => readSealed(readFileSync(path, 'utf8')))
    const startedMs = performance.now()
    const verdict = await verifyChain(source, { sealed, keys: (values.key ?? beside.keys).map((path) => readFileSync(path, 'utf8')) })
    const seconds = (performance.now() - startedMs) / 1000
    console.log(`${verdict.rows} rows in ${seconds.toFixed(1)} s (${Math.round(verdict.rows / seconds)} rows/s)${verdict.cutTo > 0 ? `; rows 1 to ${verdict.cutTo} were removed under a signed cut` : ''}`)
    console.log(`sound to row ${verdict.soundTo.seq}, hash ${verdict.soundTo.hash}, root ${verdict.root}`)
    console.log(`${verdict.agreeing} signed checkpoints agree; keys ${verdict.keyIds.join(', ') || 'none'}`)
    if (values.key === undefined && verdict.keyIds.length > 0) console.log('warning: the key came with the data; compare its id with one that came another way, or name it by --key')
    if (verdict.ofUnknownKeys > 0) console.log(`warning: ${verdict.ofUnknownKeys} checkpoints are of keys that are not trusted and count for nothing`)
    if (verdict.agreeing === 0) console.log('warning: no checkpoint vouches for these rows; a history rewritten as a whole would look like this')
    if (verdict.finding === null) {
      console.log('SOUND')
      return exitCodes.sound
    }
    console.log(`TAMPERED ${verdict.finding.tampering}: ${sentenceOf(verdict.finding)}`)
    return exitCodes.tampered
  } finally {
    await close()
  }
}

try {
  process.exitCode = await verify()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = exitCodes.unjudged
}
