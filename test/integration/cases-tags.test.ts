// Owns proof of tags and exhibits: what is kept of which moment, who sees it, what a changed picture brings.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '#base/app-error.ts'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { nowMs, openCaseDistrict, type CaseDistrict } from '../unit/cases/case-district.ts'
import { noPicture } from '../unit/viewing/fake-media-plane.ts'
import { call, coded, reach } from '../unit/viewing/route-call.ts'
import { unitIds } from './registry-room.ts'

const at = (offsetMs: number) => new Date(nowMs + offsetMs).toISOString()
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const caseNumber = 'A1499035100002026110001'

eachDatabase('tags', (make) => {
  let database: TestDatabase
  let district: CaseDistrict
  let caseId: string

  beforeEach(async () => {
    database = make()
    district = await openCaseDistrict(database)
    const body = { caseNumber, title: '平潭街入室盗窃', category: '050201' }
    caseId = (await call(district.room.routes, api.createCase, district.as('operator'), { body })).id
  })
  afterEach(async () => {
    district.close()
    await database.drop()
  })

  const tag = (who: string, cameras: Camera[], fields: object = {}) =>
    call(district.room.routes, api.createTag, district.as(who), {
      body: { caseId, cameraIds: cameras.map((camera) => camera.id), from: at(-10_000), to: at(0), category: 'fleeing', note: '向东逃离', ...fields },
    })
  const get = (who: string, tagId: string) => call(district.room.routes, api.getTag, district.as(who), { params: { tagId } })
  const list = (who: string, query: object = {}) => call(district.room.routes, api.listTags, district.as(who), { query })
  const picture = (who: string, exhibitId: string) => reach(district.room.routes, api.exhibitPicture, district.as(who), { params: { exhibitId } })
  const exhibitDirectory = () => join(district.dataDir, 'exhibits', '2026', '11')
  const join3 = () =>
    call(district.room.routes, api.setCaseMembers, district.as('operator'), {
      params: { caseId },
      body: { version: 1, members: [{ userId: district.as('operator').userId, duty: 'lead' }, { userId: district.as('stranger').userId, duty: 'member' }] },
    })

  it('keep the picture of the moment with its SHA-256, readable by the server only', async () => {
    const made = await tag('operator', [district.own], { pictureAt: at(-5_000) })
    const jpeg = Buffer.from(`jpeg of ${district.own.id}`)
    const [exhibit] = made.exhibits
    assert.ok(exhibit)
    assert.deepEqual(exhibit, {
      id: exhibit.id, cameraId: district.own.id, cameraName: district.own.archive.name, pictureAt: at(-5_000), capturedAt: at(0),
      sha256: sha256(jpeg), bytes: jpeg.length, width: 640, height: 360, clockOffsetMs: -1_500,
    })
    assert.deepEqual(district.plane.pictures, [{ cameraId: district.own.id, stream: 'main', atMs: nowMs - 5_000 }])
    assert.deepEqual(readdirSync(exhibitDirectory()), [`${exhibit.id}.jpg`])
    assert.equal(statSync(join(exhibitDirectory(), `${exhibit.id}.jpg`)).mode & 0o777, 0o600)
    assert.deepEqual(await get('operator', made.id), made)
    assert.deepEqual([made.caseTitle, made.caseNumber, made.createdBy.displayName], ['平潭街入室盗窃', caseNumber, 'operator'])
    const answer = await picture('operator', exhibit.id)
    assert.ok(typeof answer === 'object' && answer !== null && 'bytes' in answer && 'headers' in answer)
    assert.deepEqual(answer.bytes, jpeg)
    assert.deepEqual(answer.headers, { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': 'sandbox' })
    assert.deepEqual(await district.actions(), ['case.create', 'exhibit.view', 'tag.create'])
  })

  it('are in the register before the first picture is taken, and take none when the register cannot be written', async () => {
    await tag('operator', [district.own, district.ownCommunity])
    const cameraIds = [district.own.id, district.ownCommunity.id]
    assert.deepEqual(district.entered, [
      { by: 'operator', pictures: 0, purpose: 'case', act: 'exhibit', note: '', caseNumber, incidentNumber: null, secondPoliceNumber: null, cameraIds, fromMs: nowMs - 10_000, toMs: nowMs },
    ])
    const before = district.plane.pictures.length
    district.breakRegister()
    await assert.rejects(tag('operator', [district.own]), /register/)
    assert.equal(district.plane.pictures.length, before)
    assert.deepEqual(await district.actions(), ['case.create', 'tag.create'])
  })

  it('take the moment `to` when none is named, from the sub stream when the main stream has it not, and a camera once', async () => {
    district.plane.onPicture = async (source, atMs) => {
      if (source.stream === 'main') throw noPicture()
      return { jpeg: Buffer.from('sub'), width: 1, height: 1, pictureMs: atMs === 'newest' ? 0 : atMs }
    }
    const made = await tag('operator', [district.own, district.own])
    assert.deepEqual(made.cameras, [{ id: district.own.id, name: district.own.archive.name }])
    assert.deepEqual(made.exhibits.map((exhibit) => exhibit.pictureAt), [at(0)])
  })

  it('may take a picture of now for a moment just gone, telling its true time, but not for an older one', async () => {
    district.plane.onPicture = async (_source, atMs) => {
      if (atMs !== 'newest') throw noPicture()
      return { jpeg: Buffer.from('now'), width: 1, height: 1, pictureMs: nowMs + 1_000 }
    }
    assert.deepEqual((await tag('operator', [district.own])).exhibits.map((exhibit) => exhibit.pictureAt), [at(1_000)])
    const older = await tag('operator', [district.own], { to: at(-9_000) })
    assert.deepEqual([older.exhibits, older.exhibitsMissing], [[], [{ cameraId: district.own.id, reason: 'no_picture' }]])
  })

  it('are kept without pictures, with the reason of each, when cameras fail', async () => {
    const bad = new Set<string>([district.own.id])
    district.plane.onPicture = async (source, atMs) => {
      if (bad.has(source.cameraId)) throw new AppError('unavailable', 'transcoder_missing', 'no ffmpeg')
      if (atMs === 'newest') throw noPicture()
      throw new Error('an error of our own')
    }
    const made = await tag('operator', [district.own, district.ownCommunity])
    const reasons = new Map(made.exhibitsMissing.map(({ cameraId, reason }) => [cameraId, reason]))
    assert.deepEqual([reasons.get(district.own.id), reasons.get(district.ownCommunity.id)], ['transcoder_missing', 'internal'])
    assert.deepEqual(await get('operator', made.id), made)
    assert.deepEqual(district.keptFiles(), [])
  })

  it('do not wait longer than six seconds for a camera', async () => {
    let asked = () => {}
    const waiting = new Promise<void>((resolve) => (asked = resolve))
    district.plane.onPicture = () => {
      asked()
      return new Promise(() => {})
    }
    const making = tag('operator', [district.own])
    await waiting
    district.clock.advance(6_000)
    assert.deepEqual((await making).exhibitsMissing, [{ cameraId: district.own.id, reason: 'no_picture' }])
  })

  it('with another station’s camera are refused as missing, and nothing is kept or asked', async () => {
    await assert.rejects(tag('operator', [district.own, district.foreign]), coded('not_found'))
    await assert.rejects(tag('operator', [{ ...district.own, id: newId(9) }]), coded('not_found'))
    assert.deepEqual([district.plane.pictures.length, district.keptFiles().length, (await list('bureau')).total], [0, 0, 0])
    assert.equal((await tag('bureau', [district.own, district.foreign])).exhibits.length, 2)
  })

  it('under a case that is not for the caller are refused as missing', async () => {
    for (const [who, camera] of [['colleague', district.own], ['stranger', district.foreign], ['otherChief', district.foreign]] as const) {
      await assert.rejects(tag(who, [camera]), coded('not_found'), who)
    }
    assert.equal(district.plane.pictures.length, 0)
  })

  it('of a wrong time are refused', async () => {
    await assert.rejects(tag('operator', [district.own], { from: at(1_000) }), coded('invalid_request'))
    await assert.rejects(tag('operator', [district.own], { to: at(5_001) }), coded('invalid_request'))
    await assert.rejects(tag('operator', [district.own], { from: at(-24 * 3_600_000 - 1) }), coded('invalid_request'))
  })

  it('leave no file behind when they cannot be recorded', async () => {
    district.audit.broken = true
    await assert.rejects(tag('operator', [district.own]))
    district.audit.broken = false
    assert.deepEqual([district.keptFiles(), (await list('operator')).total], [[], 0])
  })

  it('and their exhibits are missing to everybody but members and supervisors above', async () => {
    const made = await tag('operator', [district.own])
    const exhibitId = made.exhibits[0]?.id ?? ''
    for (const who of ['operator', 'chief', 'bureau']) {
      assert.equal((await get(who, made.id)).id, made.id, who)
      await picture(who, exhibitId)
      assert.deepEqual([(await list(who)).total, await district.room.tagsToday(district.as(who))], [1, 1], who)
    }
    const before = await district.actions()
    for (const who of ['colleague', 'stranger', 'otherChief', 'secadmin']) {
      await assert.rejects(get(who, made.id), coded('not_found'), who)
      await assert.rejects(picture(who, exhibitId), coded('not_found'), who)
      for (const query of [{}, { caseId }, { cameraId: district.own.id }, { unitId: unitIds.first }, { q: '逃离' }, { q: caseNumber }]) {
        assert.deepEqual(await list(who, query), { items: [], total: 0 }, `${who} ${JSON.stringify(query)}`)
      }
      assert.equal(await district.room.tagsToday(district.as(who)), 0, who)
    }
    assert.deepEqual(await district.actions(), before)
  })

  it('are given to a member from another station with their exhibits, the camera is not', async () => {
    const made = await tag('operator', [district.own])
    await join3()
    assert.equal((await get('stranger', made.id)).exhibits.length, 1)
    await picture('stranger', made.exhibits[0]?.id ?? '')
    await assert.rejects(tag('stranger', [district.own]), coded('not_found'))
    assert.equal((await tag('stranger', [district.foreign])).cameras.length, 1)
    assert.equal((await list('operator')).total, 2)
  })

  it('never give out a picture that was altered or has gone, and record it', async () => {
    const made = await tag('operator', [district.own])
    const exhibitId = made.exhibits[0]?.id ?? ''
    const path = join(exhibitDirectory(), `${exhibitId}.jpg`)
    writeFileSync(path, 'another picture')
    await assert.rejects(picture('operator', exhibitId), coded('internal'))
    rmSync(path)
    await assert.rejects(picture('operator', exhibitId), coded('internal'))
    assert.deepEqual(await district.actions(), ['case.create', 'exhibit.mismatch', 'exhibit.mismatch', 'tag.create'])
  })

  it('give no picture when looking at it cannot be recorded', async () => {
    const made = await tag('operator', [district.own])
    district.audit.broken = true
    await assert.rejects(picture('operator', made.exhibits[0]?.id ?? ''))
  })

  it('are told to members and to the supervisors above, and to nobody else', async () => {
    await join3()
    const told: string[][] = []
    district.room.events.on('tagged', ({ userIds }) => told.push(userIds))
    await tag('operator', [district.own])
    assert.deepEqual(told.map((ids) => ids.sort()), [['operator', 'stranger', 'chief', 'bureau'].map((who) => district.as(who).userId).sort()])
  })

  it('are found by case, unit, camera, category, time and text', async () => {
    const street = await tag('operator', [district.own], { from: at(-60_000), to: at(-50_000) })
    const yard = await tag('operator', [district.ownCommunity], { category: 'vehicle', note: "白色车 50%'" })
    const ids = async (query: object) => (await list('operator', query)).items.map((found) => found.id)
    assert.deepEqual(await ids({}), [yard.id, street.id])
    assert.deepEqual(await ids({ caseId }), [yard.id, street.id])
    assert.deepEqual(await ids({ caseId: newId(9) }), [])
    assert.deepEqual(await ids({ unitId: unitIds.first }), [yard.id, street.id])
    assert.deepEqual(await ids({ unitId: unitIds.community }), [yard.id])
    assert.deepEqual(await ids({ unitId: newId(9) }), [])
    assert.deepEqual(await ids({ cameraId: district.own.id }), [street.id])
    assert.deepEqual(await ids({ category: 'vehicle' }), [yard.id])
    assert.deepEqual(await ids({ from: at(-55_000), to: at(-20_000) }), [street.id])
    assert.deepEqual(await ids({ from: at(-5_000) }), [yard.id])
    assert.deepEqual(await ids({ to: at(-49_000) }), [street.id])
    assert.deepEqual(await ids({ q: "50%'" }), [yard.id])
    assert.deepEqual(await ids({ q: district.own.archive.name }), [street.id])
    assert.deepEqual(await ids({ q: `入室 ${caseNumber} 白色` }), [yard.id])
    assert.deepEqual((await list('operator', { pageSize: 1, page: 2 })).items.map((found) => found.id), [street.id])
    const counted = await call(district.room.routes, api.getCase, district.as('operator'), { params: { caseId } })
    assert.equal(counted.tagCount, 2)
  })

  it('of yesterday are not counted for today', async () => {
    await tag('operator', [district.own])
    district.clock.advance(24 * 3_600_000)
    assert.equal(await district.room.tagsToday(district.as('operator')), 0)
  })
})
