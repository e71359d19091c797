// Owns proof that whoever changes the audit tables directly is found: every class of tampering, on each database, and in
// an export that the server gave out.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { chainOnto, genesisHash, hashOfRow, type ChainedRow } from '../../backend/audit/audit-chain.ts'
import { rowOf } from '../../backend/audit/audit-row.ts'
import { AuditSigner } from '../../backend/audit/audit-signer.ts'
import { CheckpointFile } from '../../backend/audit/checkpoint-file.ts'
import { CheckpointService } from '../../backend/audit/checkpoint-service.ts'
import { auditMigrations, AuditStore, AuditTrail, databaseSource, exportSource, systemActor, verifyChain } from '../../backend/audit/index.ts'
import type { Storage } from '../../backend/storage/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { sampleEntry } from '../unit/audit/sample-rows.ts'

const length = 12

eachDatabase('a chain that somebody changed in the database', (make) => {
  let database: TestDatabase
  let storage: Storage
  let dataDir: string
  let sound: ChainedRow[]
  const signer = new AuditSigner(Buffer.alloc(32, 3))
  const sql = (text: string, replacements: (string | number)[] = []) => storage.sequelize.query(text, { replacements })
  const put = (rows: readonly ChainedRow[]) => storage.sequelize.getQueryInterface().bulkInsert('audit_entries', rows.map(rowOf))
  const head = (row: { seq: number; hash: string }) => sql('UPDATE audit_head SET seq = ?, hash = ?', [row.seq, row.hash])
  const verify = async (withCheckpoints = true) => {
    const sealed = withCheckpoints ? new CheckpointFile(dataDir).read() : []
    return (await verifyChain(await databaseSource(storage, sealed), { keys: [signer.publicKeyPem] })).finding
  }
  before(async () => {
    database = make()
    dataDir = mkdtempSync(join(tmpdir(), 'tianwang-tamper-'))
    storage = await database.open(auditMigrations)
    const store = new AuditStore(storage)
    const trail = new AuditTrail({ store, clock: systemClock, random: randomBytes })
    for (let n = 1; n <= length; n++) {
      await storage.transaction((tx) => trail.record(tx, { ...systemActor, displayName: `值守员 ${n} é\ud83d\ude00` }, { action: 'camera.update', targetKind: 'camera', targetId: `c${n}`, purpose: ' 尾空格 ', detail: { n, 名: '值\u2028"\\' } }))
    }
    const checkpoints = new CheckpointService({ store, file: new CheckpointFile(dataDir), signer, clock: systemClock, logger: silentLogger, limits: { rows: 5, periodMs: 1_000_000, lookMs: 1_000_000 } })
    await checkpoints.start()
    await checkpoints.close()
    sound = await store.after(0, 100)
    // Whoever owns the database drops its triggers first.
    for (const change of ['update', 'delete']) await sql(`DROP TRIGGER audit_chain_no_${change}`)
  })
  after(async () => {
    await database.drop()
    rmSync(dataDir, { recursive: true, force: true })
  })
  afterEach(async () => {
    await sql('DELETE FROM audit_entries')
    await put(sound)
    await head(sound.at(-1) ?? { seq: 0, hash: genesisHash })
  })

  it('is sound before that, with its checkpoints', async () => {
    const verdict = await verifyChain(await databaseSource(storage, new CheckpointFile(dataDir).read()), { keys: [signer.publicKeyPem] })
    assert.deepEqual([verdict.finding, verdict.rows, verdict.agreeing], [null, length, 3])
  })

  it('names an edited row, whichever it is and whichever column', async () => {
    const columns = Object.keys(rowOf(sound[0] ?? never())).filter((column) => column !== 'seq')
    for (const [at, column] of columns.entries()) {
      const row = sound[at % length] ?? never()
      const value = column === 'at_ms' ? 5 : column === 'detail' ? row.detail.replace('{', '{ ') : 'x'
      await sql(`UPDATE audit_entries SET ${column} = ? WHERE seq = ?`, [value, row.seq])
      assert.deepEqual(await verify(), { tampering: 'edit', seq: row.seq }, column)
      await sql('DELETE FROM audit_entries WHERE seq = ?', [row.seq])
      await put([row])
    }
    for (const row of sound) {
      await sql('UPDATE audit_entries SET actor_name = ? WHERE seq = ?', [`${row.actorName} `, row.seq])
      assert.deepEqual(await verify(), { tampering: 'edit', seq: row.seq }, `a blank behind the name of row ${row.seq}`)
      await sql('UPDATE audit_entries SET actor_name = ? WHERE seq = ?', [row.actorName, row.seq])
    }
  })

  it('names a row that was edited and hashed again', async () => {
    for (const row of sound) {
      const changed = { ...row, outcome: 'refused' }
      await sql('UPDATE audit_entries SET outcome = ?, hash = ? WHERE seq = ?', ['refused', hashOfRow(changed), row.seq])
      assert.deepEqual(await verify(false), { tampering: 'edit', seq: row.seq })
      await sql('UPDATE audit_entries SET outcome = ?, hash = ? WHERE seq = ?', [row.outcome, row.hash, row.seq])
    }
  })

  it('names a deleted row, and a cut tail with and without the end corrected', async () => {
    for (const row of sound) {
      await sql('DELETE FROM audit_entries WHERE seq = ?', [row.seq])
      assert.deepEqual(await verify(), { tampering: row.seq === length ? 'cut' : 'delete', seq: row.seq })
      await put([row])
    }
    await sql('DELETE FROM audit_entries WHERE seq >= 8')
    assert.deepEqual(await verify(), { tampering: 'cut', seq: 8 })
    await head(sound[6] ?? never())
    assert.deepEqual([await verify(), await verify(false)], [{ tampering: 'cut', seq: 8 }, null])
  })

  it('names an inserted row', async () => {
    for (const seq of [1, 6, length]) {
      for (let at = length; at >= seq; at--) await sql('UPDATE audit_entries SET seq = ? WHERE seq = ?', [at + 1, at])
      const forged = { ...sampleEntry(99), seq, prevHash: sound[seq - 2]?.hash ?? genesisHash, hash: '' }
      await put([{ ...forged, hash: hashOfRow(forged) }])
      await head({ seq: length + 1, hash: sound.at(-1)?.hash ?? '' })
      assert.deepEqual(await verify(), { tampering: 'insert', seq })
      await sql('DELETE FROM audit_entries')
      await put(sound)
    }
    await head(sound.at(-1) ?? never())
    await put(chainOnto(sound.at(-1) ?? never(), [sampleEntry(99)]))
    assert.deepEqual(await verify(), { tampering: 'insert', seq: length + 1 }, 'behind the end')
  })

  it('names the first of two rows that changed places', async () => {
    for (const [first, second] of [[1, 2], [4, 9], [3, length]] as const) {
      const swap = async () => {
        await sql('UPDATE audit_entries SET seq = -1 WHERE seq = ?', [first])
        await sql('UPDATE audit_entries SET seq = ? WHERE seq = ?', [first, second])
        await sql('UPDATE audit_entries SET seq = ? WHERE seq = -1', [second])
      }
      await swap()
      assert.deepEqual(await verify(), { tampering: 'reorder', seq: first })
      await swap()
    }
  })

  it('names the row from which on everything was written anew, and calls it a fork when that was signed too', async () => {
    for (const row of sound) {
      const { seq } = row
      const rewritten = chainOnto({ seq: seq - 1, hash: row.prevHash }, sound.slice(seq - 1).map((one) => ({ ...one, ...(one.seq === seq ? { ip: '10.0.0.1' } : {}) })))
      await sql('DELETE FROM audit_entries WHERE seq >= ?', [seq])
      await put(rewritten)
      await head(rewritten.at(-1) ?? never())
      assert.deepEqual(await verify(), { tampering: 'rewrite', seq })
      assert.equal(await verify(false), null, 'without a checkpoint nobody can tell')
      if (seq === 4) {
        const other = mkdtempSync(join(tmpdir(), 'tianwang-fork-'))
        const again = new CheckpointService({ store: new AuditStore(storage), file: new CheckpointFile(other), signer, clock: systemClock, logger: silentLogger, limits: { rows: 100, periodMs: 1_000_000, lookMs: 1_000_000 } })
        await again.start()
        await again.close()
        const sealed = [...new CheckpointFile(dataDir).read(), ...new CheckpointFile(other).read()]
        assert.deepEqual((await verifyChain(await databaseSource(storage, sealed), { keys: [signer.publicKeyPem] })).finding, { tampering: 'fork', seq })
        rmSync(other, { recursive: true, force: true })
      }
      await sql('DELETE FROM audit_entries')
      await put(sound)
      await head(sound.at(-1) ?? never())
    }
  })

  it('is found by a forged checkpoint too, and a key that nobody trusts vouches for nothing', async () => {
    const [first] = new CheckpointFile(dataDir).read()
    assert.ok(first)
    const source = await databaseSource(storage, [{ ...first, atMs: first.atMs + 1 }])
    assert.deepEqual((await verifyChain(source, { keys: [signer.publicKeyPem] })).finding, { tampering: 'forged-checkpoint', seq: 5 })
    const stranger = await verifyChain(await databaseSource(storage, [first]), { keys: [new AuditSigner(Buffer.alloc(32, 4)).publicKeyPem] })
    assert.deepEqual([stranger.finding, stranger.agreeing, stranger.ofUnknownKeys], [null, 0, 1])
  })
})

describe('an export of the audit', () => {
  let server: TestServer
  let directory: string
  let lines: string[]
  const cli = (...parameters: string[]) => {
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/audit-verify.ts', ...parameters], { encoding: 'utf8' })
    return { status, stdout }
  }
  const judge = async (changed: readonly string[]) => {
    const path = join(directory, 'changed.jsonl')
    writeFileSync(path, `${changed.join('\n')}\n`)
    return (await verifyChain(await exportSource(path))).finding
  }
  before(async function () {
    this.timeout(30_000)
    server = await startServer()
    directory = mkdtempSync(join(tmpdir(), 'tianwang-export-'))
    const auditor = await server.signIn('auditor')
    for (let n = 0; n < 5; n++) await auditor.get('/api/audit')
    const answer = await auditor.get('/api/audit/export')
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="tianwang-audit-\d{4}-\d\d-\d\d\.jsonl"$/)
    lines = answer.text.trimEnd().split('\n')
  })
  after(async () => {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const rowAt = (seq: number) => lines.findIndex((line) => line.startsWith('{"hash"') && line.includes(`,"seq":${seq},`))

  it('is sound, ends with a checkpoint, and holds its own row', async () => {
    assert.equal(await judge(lines), null)
    const rows = lines.filter((line) => line.includes('","row":'))
    assert.match(rows.at(-1) ?? '', /"action":"audit\.export"/)
    assert.ok(lines.some((line) => line.includes('"kind":"checkpoint"') && line.includes(`"size":${rows.length}`)))
  })

  it('names the line that somebody edited, took out, copied or exchanged, and a file that ends early', async () => {
    const at = rowAt(3)
    const without = lines.filter((_, index) => index !== at)
    assert.deepEqual(await judge(lines.map((line, index) => (index === at ? line.replace('"outcome":"done"', '"outcome":"refused"') : line))), { tampering: 'edit', seq: 3 })
    assert.deepEqual(await judge(without), { tampering: 'delete', seq: 3 })
    assert.deepEqual(await judge([...lines.slice(0, at), lines[at] ?? '', ...lines.slice(at)]), { tampering: 'insert', seq: 3 })
    assert.deepEqual(await judge([...without.slice(0, at + 1), lines[at] ?? '', ...without.slice(at + 1)]), { tampering: 'reorder', seq: 3 })
    assert.deepEqual(await judge(lines.slice(0, rowAt(4))), { tampering: 'cut', seq: 4 })
  })

  it('is judged by the command, whose exit code tells sound, tampered and not to be judged apart', function () {
    this.timeout(60_000)
    const sound = join(directory, 'sound.jsonl')
    const edited = join(directory, 'edited.jsonl')
    writeFileSync(sound, `${lines.join('\n')}\n`)
    writeFileSync(edited, `${lines.map((line) => line.replace('"seq":2,', '"seq":2 ,')).join('\n')}\n`)
    const database = cli(join(server.dataDir, 'tianwang.sqlite'))
    const good = cli(sound)
    const bad = cli(edited)
    const none = cli(join(directory, 'nothing.jsonl'))
    assert.deepEqual([database.status, good.status, bad.status, none.status], [0, 0, 1, 2], `${database.stdout}${good.stdout}${bad.stdout}`)
    assert.match(good.stdout, /^SOUND$/m)
    assert.match(bad.stdout, /^TAMPERED edit: row 2 was edited$/m)
    assert.match(database.stdout, /1 signed checkpoints agree/)
  })

  it('is refused to who may not export', async () => {
    for (const name of ['operatorA', 'supervisor', 'sysadmin', 'secadmin'] as const) {
      const answer = await (await server.signIn(name)).get('/api/audit/export')
      assert.deepEqual([answer.status, answer.code], [403, 'no_permission'], name)
    }
  })

  it('holds no secret', () => {
    const text = lines.join('\n')
    assert.ok(!/password|passwort|scrypt|argon/i.test(text))
    assert.ok(!readFileSync(join(server.dataDir, 'keys', 'audit.key'), 'utf8').split('\n').some((key) => text.includes(key)))
  })
})

function never(): never {
  throw new Error('there is no such row')
}
