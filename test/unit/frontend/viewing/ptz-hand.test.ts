// Owns proof of what a hand on keys, joystick and buttons sends, and that it sends nothing once it let go.
import assert from 'node:assert/strict'
import { renewEveryMs } from '#contract/ptz.ts'
import { PtzHand, sendEveryMs } from '../../../../frontend/src/features/viewing/ptz/ptz-hand.ts'
import { ptzKeyOf } from '../../../../frontend/src/features/viewing/ptz/ptz-keys.ts'
import { FakeClock } from '../../base/fake-clock.ts'

describe('the hand on a head', () => {
  let clock: FakeClock
  let told: string[]
  let hand: PtzHand
  beforeEach(() => {
    clock = new FakeClock()
    told = []
    hand = new PtzHand({
      send: ({ pan, tilt, zoom }) => void told.push(`${pan} ${tilt} ${zoom}`),
      stop: () => void told.push('stop'),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, run) => {
        const timer = clock.after(delayMs, run)
        return () => timer.cancel()
      },
    })
  })

  it('sends at once, renews while it is held, and stops once when it is let go', () => {
    hand.hold('key', { pan: 0.5 })
    clock.advance(2 * renewEveryMs)
    hand.release('key')
    clock.advance(10 * renewEveryMs)
    assert.deepEqual(told, ['0.5 0 0', '0.5 0 0', '0.5 0 0', 'stop'])
    assert.equal(clock.pending, 0)
  })

  it('adds up what is held, within full speed', () => {
    const steps = [() => hand.hold('right', { pan: 0.5 }), () => hand.hold('up', { tilt: 0.5 }), () => hand.hold('stick', { pan: 1, tilt: -1 }), () => hand.release('stick'), () => hand.release('right')]
    for (const step of steps) {
      step()
      clock.advance(sendEveryMs)
    }
    assert.deepEqual(told, ['0.5 0 0', '0.5 0.5 0', '1 -0.5 0', '0.5 0.5 0', '0 0.5 0'])
  })

  it('stops when two keys cancel each other, and goes on when one is let go', () => {
    hand.hold('left', { pan: -0.5 })
    hand.hold('right', { pan: 0.5 })
    hand.release('left')
    clock.advance(sendEveryMs)
    assert.deepEqual(told, ['-0.5 0 0', 'stop', '0.5 0 0'])
  })

  it('sends what a steering hand wants last, and far fewer than the server bears', () => {
    for (let nth = 1; nth <= 120; nth++) {
      hand.hold('stick', { pan: nth / 120 })
      clock.advance(1_000 / 120)
    }
    assert.ok(told.length <= 16, `${told.length} in a second`)
    clock.advance(sendEveryMs)
    assert.equal(told.at(-1), '1 0 0')
    hand.release('stick')
    assert.equal(told.at(-1), 'stop')
  })

  it('stops at once though a change waits to be sent, which then is never sent', () => {
    hand.hold('stick', { pan: 0.5 })
    hand.hold('stick', { pan: 0.9 })
    hand.release('stick')
    assert.deepEqual(told, ['0.5 0 0', 'stop'])
    clock.advance(10 * renewEveryMs)
    assert.deepEqual(told, ['0.5 0 0', 'stop'])
  })

  it('is no flood either when the hand trembles about the middle of the joystick', () => {
    for (let nth = 1; nth <= 120; nth++) {
      if (nth % 2 === 1) hand.hold('stick', { pan: 0.2 })
      else hand.release('stick')
      clock.advance(1_000 / 120)
    }
    assert.ok(told.length <= 32, `${told.length} in a second`)
    assert.equal(told.at(-1), 'stop')
  })

  it('lets go of everything at once, and a key that comes up later means nothing', () => {
    hand.hold('right', { pan: 0.5 })
    hand.releaseAll()
    hand.release('right')
    hand.releaseAll()
    assert.deepEqual([told, hand.isMoving], [['0.5 0 0', 'stop'], false])
  })

  it('knows its keys and leaves the browser its own', () => {
    const key = (name: string, more = {}) => ptzKeyOf({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...more })
    assert.deepEqual(key('ArrowLeft'), { kind: 'hold', velocity: { pan: -0.5 } })
    assert.deepEqual(key('9'), { kind: 'preset', position: 8 })
    assert.deepEqual([key('Escape')?.kind, key('H')?.kind], ['leave', 'home'])
    assert.deepEqual([key('t'), key('0'), key('ArrowLeft', { ctrlKey: true })], [undefined, undefined, undefined])
  })
})
