// Owns proof that a camera whose row the contract no longer takes takes nothing away from the others: lists, counts, its
// own page, the watch go on; it is said once; an edit mends it. On each database.
import assert from 'node:assert/strict'
import { silentLogger, type Logger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { cameraColumnsNow } from '../../backend/registry/camera-row.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { startServer, type Client, type TestServer } from '../support/server.ts'

eachDatabase('a camera whose row is not what it may be', (make) => {
  let database: TestDatabase
  let server: TestServer
  let supervisor: Client
  let bad: CameraId
  const said: { cameraId?: unknown; fields?: unknown }[] = []
  const logger: Logger = { ...silentLogger, warn: (fields) => said.push(fields), child: () => logger }

  beforeEach(async () => {
    database = make()
    said.length = 0
    server = await startServer({ databaseUrl: await database.url(), logger, config: { health: { sweepPeriodMs: 600_000, sweepDeadlineMs: 2_000, patrolPeriodMs: 600_000, startupPatrolMs: 10_000 } } })
    supervisor = await server.signIn('supervisor')
    bad = server.cameraId('roomA')
  })
  afterEach(async () => {
    await server.close()
    await database.drop()
  })

  const detail = async () => (await supervisor.get(`/api/cameras/${bad}`)).as(api.getCamera.result)
  /** Writes past the program, as an older version or somebody with the database's password would have. */
  async function write(columns: Record<string, unknown>): Promise<void> {
    await server.app.storage.table('cameras', cameraColumnsNow).update(columns, { where: { id: bad } })
  }
  const spoilArchive = async (changes: Record<string, unknown>) => write({ archive: JSON.stringify({ ...(await detail()).archive, ...changes }) })
  const saidOf = () => said.filter(({ cameraId }) => cameraId === bad).map(({ fields }) => fields)

  it('is listed, counted, opened and watched with the others, its archive incomplete', async () => {
    await spoilArchive({ name: '一号\u0007杆', vendor: 77, mac: 'nonsense', functionTypes: [5, 77], recordDays: 15 })
    const listed = (await supervisor.get('/api/cameras?pageSize=50')).as(api.listCameras.result)
    assert.equal(listed.total, 6)
    assert.equal(listed.items.find(({ id }) => id === bad)?.name, '一号杆')
    const units = (await supervisor.get('/api/units')).as(api.listUnits.result)
    assert.equal(units.items.find(({ parentId }) => parentId === null)?.cameras.total, 6)
    const { archive, archiveMissing } = await detail()
    assert.deepEqual([archive.name, archive.vendor, archive.mac, archive.functionTypes, archive.recordDays], ['一号杆', 99, '', [5], 30])
    for (const key of ['name', 'vendor', 'mac', 'functionTypes', 'recordDays']) assert.ok(archiveMissing.includes(key), key)
    assert.equal((await supervisor.get('/api/cameras.csv')).status, 200)
    assert.equal((await supervisor.get('/api/overview')).status, 200)

    await server.app.start()
    await server.app.health.sweepNow()
    await server.app.health.sweepNow()
    const watched = (await supervisor.get('/api/cameras?pageSize=50')).as(api.listCameras.result)
    assert.deepEqual(watched.items.filter(({ status }) => status !== 'offline').map(({ id }) => id), [])
  })

  it('keeps its code and name from the row when there is no archive at all', async () => {
    const before = await detail()
    for (const archive of ['', 'not JSON', '[]', 'null', '{}', '7']) {
      await write({ archive })
      const after = await detail()
      assert.deepEqual([after.archive.gbCode, after.name, after.archive.deviceStatus], [before.gbCode, before.name, before.deviceStatus], archive)
      assert.equal(after.archiveMissing.length, Object.keys(after.archive).length)
    }
    await write({ archive: '{}', name: '\u0007', gb_code: 'x' })
    assert.match((await detail()).name, /^0{20}$/)
  })

  it('is read without the cause, the profiles and the addresses of streams that cannot be read', async () => {
    await write({ cause: 'of_old', posture: 'of_old', profiles: '[{"stream":"third"}]', stream_paths: '{' })
    const { cause, profiles, archiveMissing } = await detail()
    assert.deepEqual([cause, profiles], [null, []])
    assert.ok(!archiveMissing.includes('name'))
    assert.deepEqual(saidOf(), [['cause', 'posture', 'profiles', 'stream_paths']])
  })

  it('is said once, by its id and the names of its fields, never their values', async () => {
    await spoilArchive({ name: '一号\u0007杆', address: 'x\u202ey', ofOld: 1 })
    for (let times = 0; times < 3; times++) await supervisor.get('/api/cameras')
    await detail()
    assert.deepEqual(saidOf(), [['archive.name', 'archive.address']])
    assert.doesNotMatch(JSON.stringify(said), /一号|x.?y/)
  })

  it('is mended by the next edit, of a field or by file', async () => {
    await spoilArchive({ vendor: 77, alias: 'a\u0007b' })
    const edited = await supervisor.request('PATCH', `/api/cameras/${bad}`, { version: (await detail()).version, archive: { vendor: 1 } })
    assert.equal(edited.status, 200)
    assert.ok(!edited.as(api.updateCamera.result).archiveMissing.includes('alias'))
    assert.deepEqual([(await detail()).archive.vendor, (await detail()).archive.alias], [1, 'ab'])
    assert.ok(!(await detail()).archiveMissing.includes('vendor'))

    await spoilArchive({ alias: 'a\u0007b' })
    const file = (await supervisor.get('/api/cameras.csv')).text
    const imported = await supervisor.request('POST', '/api/cameras.csv', file, { 'content-type': 'text/csv' })
    assert.equal(imported.as(api.importArchive.result).updated, 1)
    assert.ok(!(await detail()).archiveMissing.includes('alias'))
  })

  it('leaves good rows as strict as they were: a camera without a unit is refused', async () => {
    await write({ unit_id: 'nowhere' })
    await assert.rejects(server.app.cameras.get('all', bad))
  })
})
