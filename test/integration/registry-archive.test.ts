// Owns proof of the archive file against a database: what is changed, reported, recorded, told; and what is refused.
import assert from 'node:assert/strict'
import { archiveHeadings } from '#contract/archive.ts'
import { ArchiveService } from '../../backend/registry/archive-service.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { sampleArchive, sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

eachDatabase('importing and exporting archives', (make) => {
  const from = { ip: '10.0.0.9' }
  const bureau = samplePrincipal([unitIds.bureau, unitIds.first, unitIds.community, unitIds.second])
  const station = samplePrincipal([unitIds.first, unitIds.community], 'station_supervisor')
  let database: TestDatabase
  let room: RegistryRoom
  let archives: ArchiveService
  let own: Camera
  let other: Camera
  beforeEach(async () => {
    database = make()
    room = await openRegistryRoom(database)
    archives = new ArchiveService(room)
    own = sampleCamera(unitIds.community, 1)
    other = sampleCamera(unitIds.second, 2)
    await room.put(own, other)
  })
  afterEach(() => database.drop())

  const exported = async (principal = bureau) => Buffer.from(await archives.export(principal, {}, from)).toString('utf8')
  const imported = (text: string, dryRun = false, principal = bureau) => archives.import(principal, text, { dryRun }, from)
  const present = async (camera: Camera) => (await room.cameras.get('all', camera.id)) ?? assert.fail('the camera is gone')
  const acts = async () => (await room.audit.list({ page: 1, pageSize: 50 })).items.map(({ action, targetId, detail }) => ({ action, targetId, detail }))

  it('changes nothing when the exported file comes back, whatever a name looks like', async () => {
    const names = ['=1+1', '-5号杆', "'=x", "''@y", '＝全角', '+', '"引号",逗号', "'普通", '@x']
    const odd = names.map((name, at) => sampleCamera(unitIds.first, 10 + at, { archive: sampleArchive(10 + at, { name, alias: name, longitude: -77.5, functionTypes: [5, 2], direction: null }) }))
    await room.put(...odd)
    const file = await exported()
    assert.ok(file.startsWith('\ufeff设备编码,设备名称,'), file.slice(0, 40))
    assert.ok(file.split('\r\n')[0]?.endsWith(',所属单位编码'))
    assert.ok(file.includes(",-77.5,"), 'a negative number is no formula')
    for (const cell of file.split(/[,\r\n]+/)) assert.ok(!/^"?[=+@＝]/u.test(cell), `a spreadsheet would run ${cell}`)
    assert.deepEqual(await imported(file), { rows: 11, updated: 0, unchanged: 11, errors: [] })
  })

  it('changes archive and unit of the cameras that differ, records each with what changed, and tells both units', async () => {
    const told: string[] = []
    room.cameraService.events.on('changed', ({ unitId, streamsChanged }) => told.push(`${unitId} ${streamsChanged}`))
    const file = (await exported()).replace('平潭街经一路1号杆', '平潭街新名').replace('14990351000001', '149903520000').replace('2024-03-05', '2024/3/6')
    assert.deepEqual(await imported(file), { rows: 2, updated: 1, unchanged: 1, errors: [] })
    const changed = await present(own)
    assert.equal(changed.archive.name, '平潭街新名')
    assert.equal(changed.archive.installedOn, '2024-03-06')
    assert.equal(changed.unitId, unitIds.second)
    assert.equal(changed.version, 2)
    assert.equal((await present(other)).version, 1)
    assert.deepEqual((await acts()).filter(({ action }) => action === 'camera.import'), [{ action: 'camera.import', targetId: own.id, detail: { changed: ['name', 'installedOn', 'unitId'] } }])
    assert.deepEqual(told.sort(), [`${unitIds.community} false`, `${unitIds.second} false`].sort())
  })

  it('counts and reports without changing anything in a dry run', async () => {
    const file = (await exported()).replace('平潭街经一路1号杆', '平潭街新名')
    assert.deepEqual(await imported(file, true), { rows: 2, updated: 1, unchanged: 1, errors: [] })
    assert.equal((await present(own)).archive.name, '平潭街经一路1号杆')
    assert.equal((await acts()).some(({ action }) => action === 'camera.import'), false)
  })

  it('keeps the good rows and reports every fault of the bad ones by row and heading', async () => {
    const [headings = '', first = '', second = ''] = (await exported()).split('\r\n')
    const bad = second.replace('海康威视', '某厂').replace(',30,', ',7,').replace('已联网', '1')
    const { updated, errors } = await imported([headings, '', bad, first.replace('1号杆', '甲号杆'), 'only,three,cells'].join('\n'))
    assert.equal(updated, 1)
    assert.deepEqual(
      errors.map(({ row, column, code }) => `${row} ${column} ${code}`),
      ['3 设备厂商 bad_value', '3 联网属性 bad_value', '3 录像保存天数 bad_value', '5  wrong_cell_count'],
    )
    assert.equal((await present(own)).archive.name, '平潭街经一路甲号杆')
    assert.equal((await present(other)).archive.recordDays, 30)
  })

  it('takes codes as well as labels, several joined by a slash', async () => {
    const file = (await exported()).replace('普通监控', '5/人员卡口').replace('海康威视', '02')
    assert.equal((await imported(file)).updated, 1)
    const [changed] = (await room.cameras.list('all', {}, 'all')).items.filter(({ version }) => version === 2)
    assert.deepEqual([changed?.archive.functionTypes, changed?.archive.vendor], [[5, 2], 2])
  })

  describe('refuses', () => {
    it('a row of another station in the words of a camera that does not exist', async () => {
      const file = (await exported()).replace('平潭街经一路2号杆', '抢来的')
      const foreign = await imported(file, false, station)
      const unknown = await imported(file.replace(other.archive.gbCode, '99999999999999999999'), false, station)
      assert.deepEqual(foreign.errors, unknown.errors)
      assert.deepEqual([foreign.errors[0]?.column, foreign.errors[0]?.code], [archiveHeadings.gbCode, 'unknown_camera'])
      assert.equal((await present(other)).archive.name, '平潭街经一路2号杆')
    })

    it('moving a camera to a unit out of scope in the words of a unit that does not exist', async () => {
      const file = await exported(station)
      const foreign = await imported(file.replace('14990351000001', '149903520000'), false, station)
      const unknown = await imported(file.replace('14990351000001', '1'), false, station)
      assert.deepEqual(foreign.errors, unknown.errors)
      assert.equal(foreign.updated, 0)
      assert.deepEqual(foreign.errors.map(({ code }) => code), ['unknown_unit'])
      assert.equal((await present(own)).unitId, unitIds.community)
    })

    it('both rows of a 设备编码 that is there twice', async () => {
      const file = await exported()
      const { updated, errors } = await imported(`${file}${(file.split('\r\n')[1] ?? '').replace('号杆', '号杆乙')}\r\n`)
      assert.equal(updated, 0)
      assert.deepEqual(errors.map(({ row, code }) => `${row} ${code}`), ['2 duplicate_row', '4 duplicate_row'])
    })

    it('a row whose camera was changed since it was read, and keeps the others', async () => {
      const file = (await exported()).replaceAll('号杆', '号灯杆')
      const updateMany = room.cameras.updateMany.bind(room.cameras)
      room.cameras.updateMany = async (tx, cameras) => {
        await room.cameras.update(tx, own)
        return updateMany(tx, cameras)
      }
      const { updated, errors } = await imported(file)
      assert.equal(updated, 1)
      assert.deepEqual(errors.map(({ code }) => code), ['changed_meanwhile'])
      assert.deepEqual([(await present(own)).archive.name, (await present(other)).archive.name], [own.archive.name, '平潭街经一路2号灯杆'])
      assert.deepEqual((await acts()).filter(({ action }) => action === 'camera.import').map(({ targetId }) => targetId), [other.id])
    })

    const broken: [string, (file: string) => string][] = [
      ['that is not UTF-8', (file) => `${file}\ufffd`],
      ['that is empty', () => ''],
      ['that lacks a heading', (file) => file.replace(',所属单位编码', '')],
      ['that has a heading twice', (file) => file.replace('所属单位编码', '设备名称')],
      ['that has an unknown heading', (file) => file.replace('设备型号', '型号')],
      ['that leaves a quotation mark open', (file) => `${file}"`],
      ['that is separated by semicolons', (file) => file.replaceAll(',', ';')],
    ]
    for (const [what, breakIt] of broken) {
      it(`a file ${what}, as a whole`, async () => {
        const file = (await exported()).replace('平潭街经一路1号杆', '平潭街新名')
        await assert.rejects(imported(breakIt(file)), { code: 'csv_broken', kind: 'invalid' })
        assert.equal((await present(own)).version, 1)
      })
    }

    it('more than 20,000 rows', async () => {
      const [headings = '', first = ''] = (await exported()).split('\r\n')
      await assert.rejects(imported([headings, ...Array<string>(20_001).fill(`${first.slice(0, 20)}${','.repeat(27)}`)].join('\n')), { code: 'csv_broken' })
    })
  })

  it('exports what the caller may see and records that a copy was taken', async () => {
    const file = await exported(station)
    assert.ok(file.includes(own.archive.gbCode))
    assert.ok(!file.includes(other.archive.gbCode))
    assert.deepEqual((await acts())[0], { action: 'camera.export', targetId: '', detail: { cameras: 1 } })
  })
})
