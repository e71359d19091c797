// Owns proof that list, count, search and single look-ups agree about what a caller may see, on each database.
import assert from 'node:assert/strict'
import { Secret } from '#base/secret.ts'
import type { CameraStatus } from '#contract/cameras.ts'
import type { UnitId } from '#contract/ids.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { sampleArchive, sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

eachDatabase('the scope of cameras', (make) => {
  let database: TestDatabase
  let room: RegistryRoom
  const camera = (unitId: UnitId, number: number, status: CameraStatus) =>
    sampleCamera(unitId, number, { health: { status, cause: null, sinceMs: 1, pictureProvenMs: null } })
  const all: Camera[] = [
    camera(unitIds.bureau, 1, 'online'),
    camera(unitIds.first, 2, 'online'),
    camera(unitIds.community, 3, 'offline'),
    camera(unitIds.community, 4, 'abnormal'),
    camera(unitIds.second, 5, 'online'),
    { ...camera(unitIds.second, 6, 'unknown'), archive: sampleArchive(6, { name: '50%折扣_店门' }) },
  ]
  before(async () => {
    database = make()
    room = await openRegistryRoom(database)
    await room.put(...all)
  })
  after(() => database.drop())

  const scopes: [string, UnitId[], number[]][] = [
    ['the bureau', [unitIds.bureau, unitIds.first, unitIds.community, unitIds.second], [1, 2, 3, 4, 5, 6]],
    ['a station', [unitIds.first, unitIds.community], [2, 3, 4]],
    ['another station', [unitIds.second], [5, 6]],
    ['a community', [unitIds.community], [3, 4]],
    ['nobody', [], []],
  ]
  for (const [who, scope, numbers] of scopes) {
    it(`gives ${who} ${numbers.length} cameras in list, count, pages, search and look-ups alike`, async () => {
      const unitsOf = new Set(scope)
      const wanted = all.filter((_, at) => numbers.includes(at + 1)).map(({ id }) => id).sort()
      const { items, total } = await room.cameras.list(unitsOf, {}, 'all')
      assert.deepEqual(items.map(({ id }) => id).sort(), wanted)
      assert.equal(total, wanted.length)

      const paged: string[] = []
      for (let page = 1; page <= 4; page++) {
        const part = await room.cameras.list(unitsOf, {}, { page, pageSize: 2, sort: 'status' })
        assert.equal(part.total, wanted.length)
        paged.push(...part.items.map(({ id }) => id))
      }
      assert.deepEqual(paged.sort(), wanted)

      const counts = [...(await room.cameras.countsByUnit(unitsOf)).values()]
      assert.equal(counts.reduce((sum, count) => sum + count.total, 0), wanted.length)
      for (const status of ['online', 'offline', 'abnormal', 'unknown'] as const) {
        const listed = await room.cameras.list(unitsOf, { status }, { page: 1, pageSize: 50, sort: 'name' })
        assert.equal(counts.reduce((sum, count) => sum + count[status], 0), listed.total, status)
      }

      assert.deepEqual((await room.cameras.list(unitsOf, { q: 'ptj' }, 'all')).items.map(({ id }) => id).sort(), wanted.filter((id) => id !== all[5]?.id))
      for (const one of all) {
        const mine = wanted.includes(one.id)
        assert.equal((await room.cameras.get(unitsOf, one.id))?.id, mine ? one.id : undefined)
        assert.equal((await room.cameras.byGbCode(unitsOf, one.archive.gbCode))?.id, mine ? one.id : undefined)
        assert.deepEqual((await room.cameras.byIds(unitsOf, [one.id])).length, mine ? 1 : 0)
      }
    })
  }

  it('shows a station nothing of another one when it filters by that one’s unit', async () => {
    const { total } = await room.cameras.list(new Set([unitIds.first, unitIds.community]), { unitIds: [unitIds.second] }, 'all')
    assert.equal(total, 0)
  })

  it('searches literally: a percent sign and an underscore are no wildcards', async () => {
    const found = async (q: string) => (await room.cameras.list('all', { q }, 'all')).total
    assert.deepEqual([await found('50%折'), await found('%'), await found('_'), await found("'"), await found('500折')], [1, 1, 1, 0, 0])
  })

  it('searches every word, in any case, in name, code, address and initials', async () => {
    const found = async (q: string) => (await room.cameras.list('all', { q }, 'all')).items.map(({ archive }) => archive.name)
    assert.deepEqual(await found('PTJ 3号'), ['平潭街经一路3号杆'])
    assert.deepEqual(await found('14990351001320000004'), ['平潭街经一路4号杆'])
    assert.deepEqual(await found('PTJ 折扣'), [])
  })

  describe('refuses', () => {
    const outsider = samplePrincipal([unitIds.second], 'station_supervisor')
    const camera3 = all[2] ?? assert.fail()
    const from = { ip: '' }

    it('reading, changing and giving a login to another station’s camera as if it were not there', async () => {
      const notFound = { code: 'not_found', kind: 'missing' }
      await assert.rejects(room.cameraService.get(outsider, camera3.id), notFound)
      await assert.rejects(room.cameraService.update(outsider, camera3.id, { version: 1, archive: { name: 'x' } }, from), notFound)
      await assert.rejects(room.cameraService.setCredential(outsider, camera3.id, { username: 'admin', password: new Secret('Pw-7531') }, from), notFound)
      assert.equal((await room.cameras.get('all', camera3.id))?.version, 1)
    })

    it('moving a camera to a unit out of scope', async () => {
      const own = all[4] ?? assert.fail()
      await assert.rejects(room.cameraService.update(outsider, own.id, { version: 1, unitId: unitIds.first }, from), { code: 'not_found' })
    })

    it('a change on a version that has moved on', async () => {
      const own = all[4] ?? assert.fail()
      await assert.rejects(room.cameraService.update(outsider, own.id, { version: 7, archive: { alias: 'x' } }, from), { code: 'conflict' })
    })

    it('a stream ticket reading another camera of the same scope', async () => {
      const ticket = { ...outsider, ticket: { cameraId: all[4]?.id ?? assert.fail(), stream: 'sub' as const } }
      await assert.rejects(room.cameraService.get(ticket, all[5]?.id ?? assert.fail()), { code: 'not_found' })
    })
  })
})
