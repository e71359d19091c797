// Owns proof of when checkpoints are written, that they verify, and that none is written over a broken chain.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '#base/logger.ts'
import { sha256, type ChainedRow } from '../../../backend/audit/audit-chain.ts'
import { AuditSigner, isSignedBy } from '../../../backend/audit/audit-signer.ts'
import { readLine, type Checkpoint } from '../../../backend/audit/checkpoint.ts'
import { CheckpointFile } from '../../../backend/audit/checkpoint-file.ts'
import { CheckpointService } from '../../../backend/audit/checkpoint-service.ts'
import { MerkleTree } from '../../../backend/audit/merkle.ts'
import { sendSyslog, syslogMessage, syslogTarget } from '../../../backend/audit/syslog.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { sampleChain } from './sample-rows.ts'

const signer = new AuditSigner(Buffer.alloc(32, 7))
const publicKey = createPublicKey(signer.publicKeyPem)

describe('checkpoints', () => {
  let dataDir: string
  let rows: ChainedRow[]
  let clock: FakeClock
  let told: string[]
  const make = () =>
    new CheckpointService({
      store: { head: async () => ({ seq: rows.length, hash: rows.at(-1)?.hash ?? '' }), after: async (seq, limit) => rows.filter((row) => row.seq > seq).slice(0, limit) },
      file: new CheckpointFile(dataDir),
      signer,
      clock,
      logger: silentLogger,
      limits: { rows: 100, periodMs: 60_000, lookMs: 5_000 },
      witness: async (_id, text) => void told.push(text),
    })
  const written = () => new CheckpointFile(dataDir).read().filter((line): line is Checkpoint => line.kind === 'checkpoint')
  const rootAt = (size: number) => {
    const tree = new MerkleTree()
    for (const row of rows.slice(0, size)) tree.push(row.hash)
    return tree.root()
  }
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tianwang-checkpoints-'))
    rows = []
    clock = new FakeClock()
    told = []
  })
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }))

  it('are written every so many rows, signed, with the root of all rows so far', async () => {
    rows = sampleChain(250)
    const service = make()
    await service.start()
    assert.deepEqual(written().map(({ size, previousSize }) => [previousSize, size]), [[0, 100], [100, 200]])
    for (const checkpoint of written()) {
      assert.ok(isSignedBy(checkpoint, publicKey))
      assert.equal(checkpoint.root, rootAt(checkpoint.size))
      assert.equal(checkpoint.lastHash, rows[checkpoint.size - 1]?.hash)
    }
    assert.deepEqual(service.state(), { followedTo: 250, checkpoints: 2, newest: { size: 200, root: rootAt(200), atMs: clock.now() }, stop: null })
  })

  it('are written after the period when there are new rows, and not when there are none', async () => {
    rows = sampleChain(3)
    const service = make()
    await service.start()
    assert.equal(written().length, 0)
    clock.advance(60_000)
    await service.look()
    clock.advance(600_000)
    await service.look()
    assert.deepEqual(written().map(({ size }) => size), [3])
  })

  it('are written at the end, and the next start goes on from there', async () => {
    rows = sampleChain(30)
    const first = make()
    await first.start()
    await first.close()
    rows.push(...sampleChain(30, undefined, { seq: 30, hash: rows.at(-1)?.hash ?? '' }))
    const second = make()
    await second.start()
    await second.close()
    assert.deepEqual(written().map(({ previousSize, size, root }) => [previousSize, size, root]), [[0, 30, rootAt(30)], [30, 60, rootAt(60)]])
  })

  it('go to the witness without peaks and marks, and verify there too', async () => {
    rows = sampleChain(100)
    await make().start()
    assert.equal(told.length, 1)
    const heard = readLine(`Nov 24 host tianwang: ${told[0] ?? ''}`)
    assert.ok(heard !== null && isSignedBy(heard, publicKey))
    assert.ok((told[0] ?? '').length < 1_000)
  })

  it('are kept in a file that only the owner reads, behind a line that a crash left torn', async () => {
    rows = sampleChain(100)
    await make().start()
    const { path } = new CheckpointFile(dataDir)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    appendFileSync(path, '{"kind":"checkpoi')
    rows = sampleChain(200)
    const service = make()
    await service.start()
    assert.deepEqual(written().map(({ size }) => size), [100, 200])
    assert.ok(readdirSync(join(dataDir, 'audit')).includes(`public-key-${signer.keyId}.pem`))
  })

  describe('are refused', () => {
    it('over an altered row, which is named', async () => {
      rows = sampleChain(150)
      rows = rows.map((row) => (row.seq === 120 ? { ...row, actorName: 'somebody else' } : row))
      const service = make()
      await service.start()
      clock.advance(60_000)
      await service.look(true)
      assert.deepEqual([service.state().stop, written().length], [{ seq: 120, reason: 'row-altered' }, 1])
    })

    it('over a missing row, which is named', async () => {
      rows = sampleChain(150).filter(({ seq }) => seq !== 7)
      const service = make()
      await service.start()
      assert.deepEqual([service.state().stop, written().length], [{ seq: 7, reason: 'row-missing' }, 0])
    })

    it('when the database is not the history of the last checkpoint', async () => {
      rows = sampleChain(100)
      await make().start()
      for (const other of [sampleChain(60), sampleChain(140, () => ({ ip: '10.9.9.9' }))]) {
        rows = other
        const service = make()
        await service.start()
        assert.deepEqual([service.state().stop, written().length], [{ seq: 100, reason: 'rolled-back' }, 1])
      }
    })
  })

  it('do not verify when any part was changed, or with another key', () => {
    const base = signer.checkpoint({ atMs: 1, size: 1, root: rootOf('aa'), lastHash: 'aa'.repeat(32), previousSize: 0, marksHash: hashOfMark('aaaaaaaa') }, { peaks: [rootOf('aa')], marks: 'aaaaaaaa' })
    assert.ok(isSignedBy(base, publicKey))
    const changes: Partial<Checkpoint>[] = [{ atMs: 2 }, { size: 3 }, { root: rootOf('bb') }, { lastHash: 'bb'.repeat(32) }, { marks: 'bbbbbbbb' }, { peaks: [rootOf('bb')] }, { previousSize: 1 }]
    for (const change of changes) assert.ok(!isSignedBy({ ...base, ...change }, publicKey), Object.keys(change).join())
    assert.ok(!isSignedBy(base, createPublicKey(new AuditSigner(Buffer.alloc(32, 8)).publicKeyPem)))
  })
})

function rootOf(byte: string): string {
  const tree = new MerkleTree()
  tree.push(byte.repeat(32))
  return tree.root()
}
const hashOfMark = (marks: string): string => sha256(marks)

describe('syslog', () => {
  it('sends one RFC 5424 message in one datagram to the configured collector', async () => {
    const collector = createSocket('udp4')
    try {
      collector.bind(0, '127.0.0.1')
      await once(collector, 'listening')
      const target = syslogTarget(`udp://127.0.0.1:${collector.address().port}`)
      const heard = once(collector, 'message')
      await sendSyslog(target, syslogMessage(1_795_500_000_000, 'checkpoint', '{"kind":"checkpoint"}'))
      const [message]: unknown[] = await heard
      assert.match(String(message), /^<109>1 2026-11-\d\dT\d\d:\d\d:\d\d\.000Z \S+ tianwang \d+ checkpoint - \{"kind":"checkpoint"\}$/)
    } finally {
      collector.close()
    }
  })

  it('reads targets with IPv4, IPv6 and names', () => {
    assert.deepEqual(['udp://10.0.0.5:514', 'udp://[fd00::1]:5514', 'udp://log.example:514'].map(syslogTarget), [
      { host: '10.0.0.5', port: 514 },
      { host: 'fd00::1', port: 5514 },
      { host: 'log.example', port: 514 },
    ])
  })
})
