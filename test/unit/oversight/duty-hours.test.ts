// Owns proof of the usual hours of roles.
import assert from 'node:assert/strict'
import { hoursOf, isWithin } from '../../../backend/oversight/duty-hours.ts'
import { hourMs, midnightMs } from './sample-deeds.ts'

describe('usual hours', () => {
  const at = (hour: number) => midnightMs + hour * hourMs
  for (const [hours, inside, outside] of [
    ['06:30-22:30', [6.5, 12, 22.4], [0, 6.4, 22.5, 23.9]],
    ['22:00-06:00', [22, 23.9, 0, 5.9], [6, 12, 21.9]],
    ['00:00-24:00', [0, 12, 23.99], []],
  ] as const) {
    it(`${hours} holds ${inside.join(', ')} o’clock in Beijing and not ${outside.join(', ') || 'any other'}`, () => {
      for (const hour of inside) assert.ok(isWithin([hours], at(hour)), String(hour))
      for (const hour of outside) assert.ok(!isWithin([hours], at(hour)), String(hour))
    })
  }
  it('of several roles hold together; a role that is not listed keeps watch round the clock', () => {
    const duty = { investigator: '08:00-18:00', maintainer: '18:00-20:00' }
    assert.deepEqual(hoursOf(['investigator', 'maintainer'], duty), ['08:00-18:00', '18:00-20:00'])
    assert.equal(hoursOf(['investigator', 'operator'], duty), null)
    assert.equal(hoursOf([], duty), null)
  })
})
