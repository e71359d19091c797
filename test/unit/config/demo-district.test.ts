// Owns proof that the demo district is whole, fits the contract, and holds no real person, phone or place.
import assert from 'node:assert/strict'
import { demoAccounts, demoCameras, demoCamerasFor, demoCases, demoFaults, demoFaultsFor, demoUnits, demoWeaknessesFor, withDevice } from '#config/demo/district.ts'
import { loadConfig } from '#config/load.ts'
import { archiveSchema } from '#contract/archive.ts'
import { createCase, createTag } from '#contract/cases.ts'
import { createUser } from '#contract/session.ts'
import { createUnit } from '#contract/units.ts'
import { newId } from '#base/ids.ts'
import type { UnitId } from '#contract/ids.ts'
import { missingArchiveKeys } from '../../../backend/registry/index.ts'
import { checkedFault } from '../../fleet/fault.ts'

describe('the demo district', () => {
  const device = { manufacturer: 'Hikvision', model: 'DS-1', address: '127.0.0.1', mac: '02:aa:bb:cc:dd:ee', mainCodec: 'h264' } as const
  const unitCodes = new Set(demoUnits.map(({ code }) => code))
  const below = (code: string): string[] => [code, ...demoUnits.filter(({ parentCode }) => parentCode === code).flatMap((unit) => below(unit.code))]
  const camerasBelow = (code: string) => demoCameras.filter(({ unitCode }) => below(code).includes(unitCode))
  const named = (name: string) => demoUnits.find((unit) => unit.name === name) ?? assert.fail(`there is no ${name}`)

  it('is one bureau, six stations, forty communities, parents first', () => {
    const tiers = demoUnits.map(({ tier }) => tier)
    assert.deepEqual(['bureau', 'station', 'community'].map((tier) => tiers.filter((other) => other === tier).length), [1, 6, 40])
    const seen = new Set<string>()
    for (const unit of demoUnits) {
      assert.ok(unit.parentCode === null ? unit.tier === 'bureau' : seen.has(unit.parentCode), unit.name)
      assert.ok(createUnit.body.shape.code.safeParse(unit.code).success, unit.code)
      seen.add(unit.code)
    }
    assert.equal(seen.size, demoUnits.length)
    for (const name of ['平潭街派出所', '中沙坪警务室', '刘家垴警务室', '枣岭山警务室']) named(name)
  })

  it('has 185 cameras: 31 under 平潭街派出所, at least three in every community, some of the stations and the bureau', () => {
    assert.equal(demoCameras.length, 185)
    assert.equal(camerasBelow(named('平潭街派出所').code).length, 31)
    for (const { code, tier, name } of demoUnits) assert.ok(demoCameras.filter(({ unitCode }) => unitCode === code).length >= 3, `${name} (${tier})`)
  })

  it('gives every camera an archive that the contract accepts, a code of its own and a name of its own, at any fleet size', () => {
    for (const count of [1, 8, 185, 400]) {
      const cameras = demoCamerasFor(count)
      assert.equal(cameras.length, count)
      for (const { archive, unitCode } of cameras) {
        const parsed = archiveSchema.safeParse(withDevice(archive, device))
        assert.ok(parsed.success, `${archive.name}: ${parsed.error?.message}`)
        assert.ok(unitCodes.has(unitCode))
        assert.match(archive.gbCode, /^149903\d{2}0[012]132\d{7}$/)
      }
      for (const key of ['gbCode', 'name'] as const) assert.equal(new Set(cameras.map(({ archive }) => archive[key])).size, count, key)
      assert.deepEqual(cameras.map(({ fleetIndex }) => fleetIndex), cameras.map((_, at) => at + 1))
    }
  })

  it('numbers a camera the same whatever the size of the fleet', () => {
    assert.deepEqual(demoCamerasFor(30), demoCameras.slice(0, 30))
    assert.deepEqual(demoCamerasFor(300).slice(0, 185), demoCameras)
  })

  it('shows every station in its first eight cameras', () => {
    assert.equal(new Set(demoCamerasFor(8).map(({ archive }) => archive.policeCode)).size, 7)
  })

  it('leaves a handful of archives incomplete and the others 合格', () => {
    const incomplete = demoCameras.filter(({ archive }) => missingArchiveKeys(withDevice(archive, device)).length > 0)
    assert.ok(incomplete.length >= 4 && incomplete.length <= 8, String(incomplete.length))
  })

  it('breaks about nine cameras with faults that the fleet knows, and none of a small fleet', () => {
    assert.equal(demoFaults.length, 9)
    for (const { fleetIndex, name, value } of demoFaults) {
      checkedFault(name, value ?? undefined)
      assert.ok(fleetIndex >= 1 && fleetIndex <= 185)
    }
    assert.equal(new Set(demoFaults.map(({ fleetIndex }) => fleetIndex)).size, 9)
    assert.deepEqual(demoFaultsFor(185), demoFaults)
    assert.deepEqual(demoFaultsFor(19), [])
    for (const { fleetIndex } of demoFaultsFor(60)) assert.ok(fleetIndex <= 60)
  })

  it('has two devices that answer strangers, also in a small fleet, and their pictures are as they should be', () => {
    const weak = demoWeaknessesFor(20)
    assert.deepEqual(demoWeaknessesFor(185), weak)
    assert.deepEqual(weak.map(({ name }) => name), ['rtsp-open', 'onvif-open'])
    for (const { name, fleetIndex } of weak) {
      checkedFault(name)
      assert.ok(!demoFaults.some((fault) => fault.fleetIndex === fleetIndex))
    }
    assert.deepEqual(demoWeaknessesFor(8), [])
  })

  it('has the eight accounts of the acceptance surface and one of every other role, each acceptable to the API and at home in a unit', () => {
    assert.deepEqual(demoAccounts.map(({ username }) => username).sort(), ['auditor', 'chief', 'inspector', 'investigator', 'maintainer', 'officer', 'operator', 'operator2', 'secadmin', 'supervisor', 'sysadmin'])
    for (const { unitCode, roles, ...account } of demoAccounts) {
      assert.ok(unitCodes.has(unitCode))
      assert.ok(roles.length > 0)
      const parsed = createUser.body.safeParse({ ...account, unitId: newId<UnitId>(1) })
      assert.ok(parsed.success, parsed.error?.message)
    }
    const unitOf = (username: string) => demoUnits.find(({ code }) => code === demoAccounts.find((account) => account.username === username)?.unitCode)?.name
    assert.deepEqual(['operator', 'officer', 'supervisor'].map(unitOf), ['平潭街派出所', '中沙坪警务室', 'XX市公安局矿区分局'])
    assert.notEqual(unitOf('operator2'), unitOf('operator'))
  })

  it('has three cases that the API and the configured number patterns accept, dated before the seed', () => {
    const nowMs = Date.UTC(2026, 0, 1, 0, 30)
    const { caseNumberPatterns, incidentNumberPatterns } = loadConfig({}).cases
    const usernames = demoAccounts.map(({ username }) => username)
    const cases = demoCases(nowMs)
    assert.equal(cases.length, 3)
    for (const { unitCode, occurredFromMs, occurredToMs, createdBy, members, tags, ...fields } of cases) {
      const parsed = createCase.body.safeParse({ ...fields, occurredFrom: new Date(occurredFromMs).toISOString(), occurredTo: new Date(occurredToMs).toISOString() })
      assert.ok(parsed.success, parsed.error?.message)
      assert.ok(unitCodes.has(unitCode))
      assert.ok(occurredFromMs < occurredToMs && occurredToMs < nowMs)
      assert.ok(members.some(({ username, duty }) => username === createdBy && duty === 'lead'))
      for (const { username } of members) assert.ok(usernames.includes(username))
      if (fields.caseNumber !== null) assert.ok(caseNumberPatterns.some((pattern) => new RegExp(pattern).test(fields.caseNumber ?? '')), fields.caseNumber)
      assert.ok(incidentNumberPatterns.some((pattern) => new RegExp(pattern).test(fields.incidentNumber ?? '')))
      const ofCase = [createdBy, ...members.map(({ username }) => username)]
      for (const { createdBy: by, unitCode: place, cameras, ...tag } of tags) {
        assert.ok(ofCase.includes(by), `${by} is no member of the case`)
        assert.ok(camerasBelow(place).length >= cameras, `${place} has too few cameras`)
        assert.ok(below(demoAccounts.find(({ username }) => username === by)?.unitCode ?? '').some((code) => below(place).includes(code)), `${by} does not see ${place}`)
        assert.ok(createTag.body.pick({ category: true, note: true }).safeParse(tag).success, tag.note)
      }
    }
    assert.ok(cases.every(({ tags }) => tags.length > 0))
  })

  it('holds nothing that looks like a phone number', () => {
    for (const { archive } of demoCameras) for (const text of [archive.name, archive.address, archive.managementContact, archive.managementUnit]) assert.doesNotMatch(text, /\d{5}/)
  })
})
