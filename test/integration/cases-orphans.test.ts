// Owns proof that pictures which a crash left without a tag are put aside, on record, and that nothing else is touched.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { ExhibitId } from '#contract/ids.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { nowMs, openCaseDistrict, type CaseDistrict } from '../unit/cases/case-district.ts'
import { call } from '../unit/viewing/route-call.ts'

eachDatabase('pictures without a tag', (make) => {
  let database: TestDatabase
  let district: CaseDistrict
  beforeEach(async () => {
    database = make()
    district = await openCaseDistrict(database)
  })
  afterEach(async () => {
    district.close()
    await database.drop()
  })

  const hourAgo = nowMs - 3_600_000
  const put = (name: string, modifiedMs = hourAgo) => {
    const path = join(district.dataDir, 'exhibits', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `bytes of ${name}`)
    utimesSync(path, modifiedMs / 1000, modifiedMs / 1000)
    return name
  }
  const filesIn = (directory: string) =>
    readdirSync(join(district.dataDir, directory), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => entry.name).sort()

  it('are put aside at the start with their bytes, on record, and only once', async () => {
    const orphan = newId<ExhibitId>(hourAgo)
    const whole = put(`2026/11/${orphan}.jpg`)
    const half = put(`2026/11/${newId<ExhibitId>(hourAgo + 1)}.jpg.part`)
    await district.room.start()
    await district.room.start()
    assert.deepEqual(filesIn('exhibits'), [])
    for (const name of [whole, half]) assert.equal(readFileSync(join(district.dataDir, 'exhibits-quarantine', name), 'utf8'), `bytes of ${name}`)
    const { items } = await district.audit.list({ action: 'exhibit.quarantine', page: 1, pageSize: 10 })
    assert.deepEqual(items.map(({ targetId, detail, actorName }) => [targetId, detail['file'], actorName]).sort(), [['', half, 'system'], [orphan, whole, 'system']].sort())
  })

  it('stay when they are so young that their tag may be on its way', async () => {
    put(`2026/11/${newId<ExhibitId>(nowMs)}.jpg`, nowMs - 60_000)
    await district.room.start()
    assert.equal(filesIn('exhibits').length, 1)
  })

  it('stay where they are when that cannot be written down', async () => {
    put(`2026/11/${newId<ExhibitId>(hourAgo)}.jpg`)
    district.audit.broken = true
    await district.room.start()
    assert.equal(filesIn('exhibits').length, 1)
  })

  it('are told from pictures that a tag names, which stay and can be seen', async () => {
    const { id } = await call(district.room.routes, api.createCase, district.as('operator'), { body: { caseNumber: 'A1499035100002026110001', title: '平潭街入室盗窃', category: '050201' } })
    const from = new Date(nowMs - 10_000).toISOString()
    const body = { caseId: id, cameraIds: [district.own.id], from, to: new Date(nowMs).toISOString(), category: 'fleeing', note: '' }
    const tag = await call(district.room.routes, api.createTag, district.as('operator'), { body })
    const kept = filesIn('exhibits')
    assert.equal(kept.length, tag.exhibits.length)
    assert.ok(kept.length > 0)
    district.clock.advance(86_400_000)
    for (const name of kept) put(`2020/01/${name}.note`)
    await district.room.start()
    assert.deepEqual(filesIn('exhibits'), kept)
  })
})
