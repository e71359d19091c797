// Owns proof of what the device is told while a hand moves, lets go, or is gone.
import assert from 'node:assert/strict'
import type { Fault } from '#contract/faults.ts'
import { onvifFault } from '../../../backend/onvif/onvif-fault.ts'
import { PtzDrive } from '../../../backend/onvif/ptz-drive.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { FakeHead } from './fake-head.ts'

const right = { pan: 0.5, tilt: 0, zoom: 0 }
const up = { pan: 0, tilt: 1, zoom: 0 }
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const silent = () => onvifFault('onvif_silent', 'no answer')

describe('the drive of a head', () => {
  let clock: FakeClock
  let head: FakeHead
  let lost: (Fault | null)[]
  let drive: PtzDrive
  beforeEach(() => {
    clock = new FakeClock()
    head = new FakeHead()
    lost = []
    drive = new PtzDrive({ clock, head, mayMove: false, onStop: (fault) => void lost.push(fault) })
  })
  const hold = async (velocity: typeof right, forMs: number) => {
    for (let at = 0; at < forMs; at += 180) {
      drive.move(velocity)
      await settle()
      clock.advance(180)
      await settle()
    }
  }

  it('tells a lasting move once, and again before the device would stop by itself', async () => {
    await hold(right, 1_000)
    assert.deepEqual(head.told, ['move 0.5 0 0'])
    await hold(right, 1_500)
    assert.deepEqual(head.told, ['move 0.5 0 0', 'move 0.5 0 0'])
    await drive.stop()
    assert.equal(head.told.at(-1), 'stop')
  })

  it('stops by itself half a second after the last renewal', async () => {
    drive.move(right)
    await settle()
    clock.advance(499)
    await settle()
    assert.deepEqual(head.told, ['move 0.5 0 0'])
    clock.advance(1)
    await settle()
    assert.deepEqual(head.told, ['move 0.5 0 0', 'stop'])
    assert.equal(clock.pending, 0)
  })

  it('sends only the newest wish to a device that is slow, and stops it after all', async () => {
    let answer: (fault: null) => void = () => {}
    head.moveAnswers.push(new Promise((resolve) => (answer = resolve)))
    drive.move(right)
    await settle()
    for (const tilt of [0.2, 0.4, 1]) drive.move({ ...up, tilt })
    answer(null)
    await settle()
    assert.deepEqual(head.told, ['move 0.5 0 0', 'move 0 1 0'])
  })

  it('stops at once beside a slow move, and again when that move has come through', async () => {
    let answer: (fault: null) => void = () => {}
    head.moveAnswers.push(new Promise((resolve) => (answer = resolve)))
    drive.move(right)
    await settle()
    const stopped = drive.stop()
    await settle()
    assert.deepEqual(head.told, ['move 0.5 0 0', 'stop'])
    answer(null)
    await stopped
    assert.deepEqual(head.told, ['move 0.5 0 0', 'stop', 'stop'])
  })

  it('tries a stop that failed again, and says so when it cannot stop the camera', async () => {
    head.stopAnswers.push(Promise.resolve(silent()))
    drive.move(right)
    await settle()
    const stopped = drive.stop()
    await settle()
    clock.advance(150)
    assert.equal(await stopped, null)
    assert.deepEqual([head.told, lost, drive.stopsFailed], [['move 0.5 0 0', 'stop', 'stop'], [null], 0])
    head.stopAnswers.push(...[1, 2, 3].map(async () => silent()))
    drive.move(right)
    await settle()
    const lastTry = drive.stop()
    for (let nth = 0; nth < 3; nth++) {
      await settle()
      clock.advance(150)
    }
    assert.equal((await lastTry)?.code, 'onvif_silent')
    assert.deepEqual([lost.map((fault) => fault?.code), drive.stopsFailed, drive.stopFault?.code], [[undefined, 'onvif_silent'], 1, 'onvif_silent'])
    assert.equal(await drive.stop(), null, 'it is tried again, and this time it is taken')
  })

  /** All three tries of one stop fail. */
  const refuseStop = () => head.stopAnswers.push(...[1, 2, 3].map(async () => silent()))
  const tries = async () => {
    for (let nth = 0; nth < 3; nth++) {
      await settle()
      clock.advance(150)
    }
    await settle()
  }

  it('goes on telling a device that takes no stop, with a hand and after it, until it takes one', async () => {
    drive.move(right)
    await settle()
    refuseStop()
    clock.advance(500)
    await tries()
    assert.deepEqual([drive.isInsisting, lost.map((fault) => fault?.code)], [true, ['onvif_silent']])
    refuseStop()
    const closed = drive.close()
    await tries()
    assert.equal((await closed)?.code, 'onvif_silent')
    assert.deepEqual([drive.isInsisting, head.closed], [true, false])
    refuseStop()
    clock.advance(5_000)
    await tries()
    assert.deepEqual([drive.isInsisting, head.closed], [true, false])
    clock.advance(5_000)
    await settle()
    assert.deepEqual([drive.isInsisting, head.closed, lost.at(-1), clock.pending], [false, true, null, 0])
  })

  it('is left alone at last, at once when somebody else has the head, and by a hand that moves it again', async () => {
    drive.move(right)
    await settle()
    refuseStop()
    const stopped = drive.stop()
    await tries()
    await stopped
    drive.move(up)
    await settle()
    assert.deepEqual([drive.isInsisting, head.told.at(-1)], [false, 'move 0 1 0'])
    for (let nth = 0; nth < 200; nth++) refuseStop()
    const closed = drive.close()
    await tries()
    await closed
    for (let nth = 0; nth < 200 && drive.isInsisting; nth++) {
      clock.advance(5_000)
      await tries()
    }
    assert.deepEqual([drive.isInsisting, head.closed, clock.pending], [false, true, 0])
    const hours = head.told.length
    clock.advance(3_600_000)
    await settle()
    assert.equal(head.told.length, hours)

    const other = new FakeHead()
    const second = new PtzDrive({ clock, head: other, mayMove: true, onStop: () => {} })
    other.stopAnswers.push(...[1, 2, 3].map(async () => silent()))
    const told = second.close()
    await tries()
    await told
    assert.deepEqual([second.isInsisting, other.told], [true, ['stop', 'stop', 'stop']])
    second.abandon()
    assert.deepEqual([second.isInsisting, other.closed, clock.pending], [false, true, 0])
  })

  it('tells and says nothing more when it is abandoned, not even of a stop that was on its way', async () => {
    for (const answer of [silent(), null]) {
      head = new FakeHead()
      lost = []
      drive = new PtzDrive({ clock, head, mayMove: true, onStop: (fault) => void lost.push(fault) })
      let give: (fault: Fault | null) => void = () => {}
      head.stopAnswers.push(new Promise((resolve) => (give = resolve)))
      const stopped = drive.stop()
      await settle()
      drive.abandon()
      give(answer)
      await stopped
      clock.advance(60_000)
      await settle()
      assert.deepEqual([head.told, head.closed, drive.isInsisting, lost], [['stop'], true, false, []])
    }
  })

  it('has stopped when one of two stops told beside each other was taken, whatever becomes of the other', async () => {
    head.stopAnswers.push(...[silent(), null, silent(), silent()].map(async (answer) => answer))
    drive.move(right)
    await settle()
    const both = [drive.stop(), drive.close()]
    await tries()
    assert.deepEqual(await Promise.all(both), [null, null])
    assert.deepEqual([drive.isInsisting, lost.at(-1), head.closed, clock.pending], [false, null, true, 0])
  })

  it('stops a device whose move failed: it may have moved', async () => {
    head.moveAnswers.push(Promise.resolve(silent()))
    assert.equal(drive.move(right), null)
    await settle()
    assert.equal(drive.move(right), 'onvif_silent')
    await drive.stop()
    assert.ok(head.told.includes('stop'))
  })

  it('tells no stop to a head that was not moved, and one only for several', async () => {
    await drive.stop()
    assert.deepEqual(head.told, [])
    drive.move(right)
    await settle()
    await drive.stop()
    await drive.stop()
    drive.move({ pan: 0, tilt: 0, zoom: 0 })
    await settle()
    assert.deepEqual(head.told, ['move 0.5 0 0', 'stop'])
  })

  it('keeps what was done, and for how long', async () => {
    await hold(right, 360)
    drive.move(up)
    await settle()
    clock.advance(100)
    await drive.close()
    assert.deepEqual(drive.movements.map(({ velocity, forMs }) => [velocity.pan, velocity.tilt, forMs]), [[0.5, 0, 360], [0, 1, 100]])
    assert.deepEqual([drive.movementCount, drive.movedMs, head.closed], [2, 460, true])
  })
})
