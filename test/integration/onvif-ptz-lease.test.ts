// Owns proof of the lease over a head on each database: priority, its ends, its record, and what is refused beside it.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { silentLogger } from '#base/logger.ts'
import type { SessionId, UserId } from '#contract/ids.ts'
import { newId } from '#base/ids.ts'
import type { PtzLease } from '#contract/ptz.ts'
import { PtzService } from '../../backend/onvif/index.ts'
import { onvifFault } from '../../backend/onvif/onvif-fault.ts'
import type { PtzOpening } from '../../backend/onvif/ptz.ts'
import type { SocketCaller } from '../../backend/http/index.ts'
import type { Camera } from '../../backend/registry/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { FakeClock } from '../unit/base/fake-clock.ts'
import { FakeHead } from '../unit/onvif/fake-head.ts'
import { sampleCamera, samplePrincipal } from '../unit/registry/sample-camera.ts'
import { openRegistryRoom, unitIds, type RegistryRoom } from './registry-room.ts'

eachDatabase('the lease over a head', (make) => {
  let database: TestDatabase
  let room: RegistryRoom
  let clock: FakeClock
  let service: PtzService
  let heads: FakeHead[]
  let leases: PtzLease[]
  let opening: (() => PtzOpening) | null
  let cuts: Map<string, (reason: string) => void>
  let hold: (allowed: (now: SocketCaller['principal']) => boolean) => void
  let turnable: Camera
  let fixed: Camera
  let foreign: Camera

  const caller = (name: string, units: (typeof unitIds)[keyof typeof unitIds][], socketId = name): SocketCaller => ({
    socketId,
    ip: '10.9.9.9',
    principal: { ...samplePrincipal(units, 'operator'), userId: newId<UserId>(name.length), sessionId: newId<SessionId>(name.length), displayName: name, unitName: name },
  })
  const chief = caller('bureau', [unitIds.bureau, unitIds.first, unitIds.community, unitIds.second])
  const station = caller('station', [unitIds.first, unitIds.community])
  const officer = caller('officer', [unitIds.community])
  const other = caller('other', [unitIds.second])
  const take = (who: SocketCaller, camera = turnable) => service.take(who, { cameraId: camera.id, purpose: '巡查', caseNumber: 'J1' })
  const move = (who: SocketCaller) => service.move(who, { cameraId: turnable.id, pan: 1, tilt: 0, zoom: 0 })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const actions = async (action: string) => (await room.audit.list({ action, page: 1, pageSize: 50 })).items
  const recorded = async (count: number) => {
    for (let turn = 0; turn < 400 && (await actions('ptz.release')).length < count; turn++) await settle()
    return actions('ptz.release')
  }
  const silent = async () => onvifFault('onvif_silent', 'no answer')
  /** A stop is tried three times, with a pause between. */
  const told = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    for (let nth = 0; nth < 3; nth++) {
      await settle()
      clock.advance(150)
    }
    return answer
  }
  const isMissing = (error: unknown) => error instanceof AppError && error.kind === 'missing'

  before(() => (database = make()))
  after(() => database.drop())
  beforeEach(async function () {
    this.timeout(60_000)
    room = await openRegistryRoom(database)
    clock = new FakeClock()
    heads = []
    leases = []
    opening = null
    cuts = new Map()
    hold = () => {}
    turnable = sampleCamera(unitIds.community, 1, { hasPtz: true })
    fixed = sampleCamera(unitIds.community, 2, { mac: '' })
    foreign = sampleCamera(unitIds.second, 3, { hasPtz: true, mac: '' })
    await room.put(turnable, fixed, foreign)
    service = new PtzService({
      storage: room.storage, clock, logger: silentLogger, trail: room.trail, cameraService: room.cameraService, units: room.units,
      openHead: async () => {
        if (opening !== null) return opening()
        const head = new FakeHead()
        heads.push(head)
        return { kind: 'open', head }
      },
      hold: ({ principal, allowed, cut }) => {
        hold(allowed)
        cuts.set(principal.displayName, cut)
        return () => void cuts.delete(principal.displayName)
      },
      onListenerError: (error) => {
        throw error
      },
    })
    service.events.on('lease', (lease) => void leases.push(lease))
  })
  afterEach(() => service.close())

  it('is on record with its purpose before anything moves, and with what was done when it ends', async () => {
    assert.deepEqual(await take(station), { outcome: 'done' })
    const [taken] = await actions('ptz.take')
    assert.deepEqual([taken?.purpose, taken?.caseNumber, taken?.cameraId, taken?.actorName], ['巡查', 'J1', turnable.id, 'station'])
    assert.deepEqual(await move(station), { outcome: 'done' })
    await settle()
    clock.advance(300)
    await service.stop(station, { cameraId: turnable.id })
    await service.preset(station, { cameraId: turnable.id, act: { kind: 'home' } })
    assert.deepEqual(await service.release(station, { cameraId: turnable.id }), { outcome: 'done' })
    assert.deepEqual(heads[0]?.told, ['move 1 0 0', 'stop', 'home'])
    const [released] = await actions('ptz.release')
    assert.deepEqual([released?.detail['reason'], released?.detail['moves'], released?.detail['movedMs'], released?.detail['presetsUsed']], ['released', 1, 300, 1])
    assert.deepEqual(leases.map(({ holder }) => holder?.displayName ?? null), ['station', null])
  })

  it('stays with an equal, and goes to a higher unit after the camera was stopped', async () => {
    await take(officer)
    await move(officer)
    await settle()
    assert.deepEqual(await take(station), { outcome: 'done' })
    assert.deepEqual(heads[0]?.told, ['move 1 0 0', 'stop'])
    assert.deepEqual([heads[0]?.closed, (await actions('ptz.release'))[0]?.detail['reason']], [true, 'taken-over'])
    const refused = await move(officer)
    assert.equal(refused.outcome === 'held-by-other' && refused.holder.displayName, 'station')
    const again = await take(officer)
    assert.equal(again.outcome === 'held-by-other' && again.holder.tier, 'station')
    assert.equal((await take(caller('colleague', [unitIds.first, unitIds.community]))).outcome, 'held-by-other')
    assert.equal((await take(chief)).outcome, 'done')
    assert.deepEqual(leases.map(({ holder }) => holder?.displayName), ['officer', 'station', 'bureau'])
  })

  it('is one only, when two equals ask at the same time', async () => {
    const colleague = caller('colleague', [unitIds.first, unitIds.community])
    const outcomes = await Promise.all([take(station), take(colleague)])
    assert.deepEqual(outcomes.map(({ outcome }) => outcome).toSorted(), ['done', 'held-by-other'])
  })

  it('ends and stops the camera when the socket is gone, the right is gone, or nothing is asked for half a minute', async () => {
    await take(station)
    await move(station)
    service.socketGone('somebody else')
    service.socketGone('station')
    assert.equal((await recorded(1))[0]?.detail['reason'], 'socket-gone')
    await take(station)
    await move(station)
    cuts.get('station')?.('right-ended')
    assert.equal((await recorded(2))[0]?.detail['reason'], 'right-ended')
    await take(station)
    clock.advance(29_999)
    assert.equal((await move(station)).outcome, 'done')
    await settle()
    clock.advance(500)
    await settle()
    clock.advance(29_500)
    assert.equal((await recorded(3))[0]?.detail['reason'], 'idle')
    assert.equal((await move(station)).outcome, 'not-held')
    assert.deepEqual(heads.map(({ told }) => told.at(-1)), ['stop', 'stop', 'stop'])
    assert.equal(cuts.size, 0)
  })

  it('is refused for what is out of scope as for what is not there, and for a camera that cannot turn', async () => {
    await assert.rejects(take(station, foreign), isMissing)
    await assert.rejects(take(other), isMissing)
    await assert.rejects(service.state(station.principal, foreign.id), isMissing)
    assert.equal((await service.state(station.principal, fixed.id)).canTurn, false)
    assert.equal((await take(station, fixed)).outcome, 'no-ptz')
    await take(station)
    await assert.rejects(move(other), isMissing)
    assert.equal((await service.move(station, { cameraId: foreign.id, pan: 1, tilt: 0, zoom: 0 })).outcome, 'not-held')
    assert.deepEqual(heads.map(({ told }) => told), [[]])
    assert.equal((await actions('ptz.take')).length, 1)
  })

  it('is not given when the device cannot be reached, and says why', async () => {
    opening = () => ({ kind: 'fault', fault: onvifFault('unreachable', 'no connection') })
    assert.deepEqual(await take(station), { outcome: 'failed', fault: 'unreachable' })
    assert.deepEqual(leases.map(({ holder }) => holder?.displayName ?? null), ['station', null])
    opening = null
    assert.equal((await take(officer)).outcome, 'done')
  })

  it('is not given when it cannot be put on record', async () => {
    const broken = new PtzService({
      storage: room.storage, clock, logger: silentLogger, cameraService: room.cameraService, units: room.units,
      trail: Object.assign(Object.create(room.trail) as typeof room.trail, { record: () => Promise.reject(new Error('full')) }),
      openHead: () => assert.fail('the device was asked'),
      hold: () => () => {},
      onListenerError: () => {},
    })
    const told: PtzLease[] = []
    broken.events.on('lease', (lease) => void told.push(lease))
    await assert.rejects(broken.take(station, { cameraId: turnable.id, purpose: '巡查', caseNumber: '' }), /full/)
    assert.deepEqual(told.map(({ holder }) => holder), [null], 'it may have been taken from somebody')
    assert.equal((await broken.move(station, { cameraId: turnable.id, pan: 1, tilt: 0, zoom: 0 })).outcome, 'not-held')
    await broken.close()
  })

  it('ends when the camera gets another device', async () => {
    await take(station)
    await room.cameraService.replaceDevice(chief.principal, turnable.id, { version: 1, device: { ...turnable, serial: 'new' }, credentialSetId: null }, { ip: '' })
    assert.equal((await recorded(1))[0]?.detail['reason'], 'camera-changed')
  })

  it('says who holds which head to those who may turn it, and to nobody else', async () => {
    const seen = (who: SocketCaller) => service.leases(who.principal).map(({ cameraId, unitId, holder }) => [cameraId, unitId, holder?.displayName])
    assert.deepEqual(seen(chief), [])
    await take(station)
    await service.take(other, { cameraId: foreign.id, purpose: '巡查', caseNumber: '' })
    const [ours, theirs] = [[turnable.id, unitIds.community, 'station'], [foreign.id, unitIds.second, 'other']]
    assert.deepEqual([seen(chief), seen(officer), seen(other)], [[ours, theirs], [ours], [theirs]])
    const watcher = caller('watcher', [unitIds.community])
    assert.deepEqual(seen({ ...watcher, principal: { ...watcher.principal, permissions: new Set() } }), [])
    await service.release(station, { cameraId: turnable.id })
    assert.deepEqual(seen(officer), [])
  })

  it('says that a head may still turn when it takes no stop, and puts that on record', async () => {
    await take(station)
    await move(station)
    await settle()
    heads[0]?.stopAnswers.push(silent(), silent(), silent())
    assert.deepEqual(await told(service.stop(station, { cameraId: turnable.id })), { outcome: 'not-stopped', fault: 'onvif_silent' })
    heads[0]?.stopAnswers.push(silent(), silent(), silent())
    const kept = service.preset(station, { cameraId: turnable.id, act: { kind: 'set', token: null, name: '大门' } })
    assert.deepEqual(await told(kept), { outcome: 'not-stopped', fault: 'onvif_silent' })
    assert.equal(heads[0]?.told.includes('set null 大门'), false, 'where it comes by is no preset')
    heads[0]?.stopAnswers.push(silent(), silent(), silent())
    assert.deepEqual(await told(service.release(station, { cameraId: turnable.id })), { outcome: 'not-stopped', fault: 'onvif_silent' })
    const [released] = await actions('ptz.release')
    assert.deepEqual([released?.detail['reason'], released?.detail['stopsFailed'], released?.detail['fault']], ['released', 3, 'onvif_silent'])
  })

  it('tells all who may turn it that a head takes no stop, with a hand or without, until it has stopped', async () => {
    await take(station)
    await move(station)
    await settle()
    const refuseStop = () => heads[0]?.stopAnswers.push(silent(), silent(), silent())
    refuseStop()
    clock.advance(500)
    await told(settle())
    const said = () => leases.map(({ cameraId, holder, unstopped }) => [cameraId === turnable.id, holder?.displayName ?? null, unstopped?.fault ?? null])
    assert.deepEqual(said(), [[true, 'station', null], [true, 'station', 'onvif_silent']])
    refuseStop()
    service.socketGone('station')
    await told(settle())
    assert.equal((await recorded(1))[0]?.detail['reason'], 'socket-gone')
    assert.deepEqual(said().at(-1), [true, null, 'onvif_silent'])
    const seen = (who: SocketCaller) => service.leases(who.principal).map(({ holder, unstopped }) => [holder, unstopped?.fault])
    assert.deepEqual([seen(chief), seen(officer), seen(other)], [[[null, 'onvif_silent']], [[null, 'onvif_silent']], []])
    clock.advance(5_000)
    await settle()
    assert.deepEqual([heads[0]?.told.at(-1), heads[0]?.closed, said().at(-1), seen(chief)], ['stop', true, [true, null, null], []])
    await service.close()
    const [late] = await actions('ptz.stop-late')
    assert.deepEqual([late?.actorName, late?.cameraId, late?.detail['isStopped'], late?.detail['fault']], ['station', turnable.id, true, 'onvif_silent'])
  })

  it('has a head that took no stop stopped first by whoever takes it, and is told no more by who had it', async () => {
    await take(officer)
    await move(officer)
    await settle()
    heads[0]?.stopAnswers.push(...Array.from({ length: 60 }, silent))
    await told(service.release(officer, { cameraId: turnable.id }))
    const before = heads[0]?.told.length
    assert.equal((await take(station)).outcome, 'done')
    await settle()
    assert.deepEqual([heads[0]?.closed, heads[1]?.told, leases.at(-1)?.unstopped, leases.at(-1)?.holder?.displayName], [true, ['stop'], null, 'station'])
    clock.advance(20_000)
    await settle()
    assert.equal(heads[0]?.told.length, before)
  })

  it('waits for the stop of who gave it back a moment ago, so that it does not come into the next one’s movements', async () => {
    let give: (fault: null) => void = () => {}
    await take(officer)
    await move(officer)
    await settle()
    heads[0]?.stopAnswers.push(new Promise((resolve) => (give = resolve)))
    const released = service.release(officer, { cameraId: turnable.id })
    let isTaken = false
    const taken = take(station).then((answer) => ((isTaken = true), answer))
    for (let turn = 0; turn < 200; turn++) await settle()
    assert.deepEqual([isTaken, heads.length], [false, 1])
    give(null)
    assert.deepEqual([await released, await taken], [{ outcome: 'done' }, { outcome: 'done' }])
    assert.equal(heads.length, 2)
  })

  it('goes with the camera to another unit: the old one’s people may not turn it any more, the new one’s are told', async () => {
    let judge: (now: SocketCaller['principal']) => boolean = () => true
    hold = (allowed) => (judge = allowed)
    await take(officer)
    assert.equal(judge(officer.principal), true)
    const camera = await room.cameraService.find(turnable.id)
    assert.ok(camera)
    await room.cameraService.update(chief.principal, turnable.id, { version: camera.version, unitId: unitIds.second }, { ip: '' })
    while (leases.length < 3) await settle()
    assert.deepEqual(leases.map(({ unitId, holder }) => [unitId, holder?.displayName]), [[unitIds.community, 'officer'], [unitIds.community, undefined], [unitIds.second, 'officer']])
    assert.deepEqual([judge(officer.principal), judge(other.principal)], [false, true])
    await assert.rejects(move(officer), isMissing)
    assert.deepEqual([service.leases(officer.principal), service.leases(other.principal).length], [[], 1])
  })

  it('is told no more when the camera has another device', async () => {
    await take(station)
    await move(station)
    await settle()
    heads[0]?.stopAnswers.push(...Array.from({ length: 60 }, silent))
    await told(service.release(station, { cameraId: turnable.id }))
    await room.cameraService.replaceDevice(chief.principal, turnable.id, { version: 1, device: { ...turnable, serial: 'new' }, credentialSetId: null }, { ip: '' })
    assert.deepEqual([heads[0]?.closed, leases.at(-1)?.unstopped, service.leases(chief.principal)], [true, null, []])
  })

  it('puts changes of presets on record one by one', async () => {
    await take(station)
    await service.preset(station, { cameraId: turnable.id, act: { kind: 'set', token: null, name: '大门' } })
    await service.preset(station, { cameraId: turnable.id, act: { kind: 'remove', token: '1' } })
    assert.deepEqual(heads[0]?.told, ['set null 大门', 'remove 1'])
    assert.deepEqual([(await actions('ptz.set-preset')).length, (await actions('ptz.remove-preset')).length], [1, 1])
    assert.deepEqual((await service.state(station.principal, turnable.id)).presets, [{ token: '1', name: '大门' }])
  })
})
