// A camera's time over minutes and hours: slow cameras, clocks that stumble, bursts, and dates that stay with the server's clock.
import assert from 'node:assert/strict'
import { TIMESCALE } from '../../../streams/cmaf/mp4-writer.ts'
import type { LiveWindow } from '../../../streams/hls/live-window.ts'
import { randomOf, setUpPackager, slice } from './packager-fixture.ts'

const HOUR_SECONDS = 3_600

function setUp() {
  const made = setUpPackager(1_000_000)
  const { packager, window, clock, track } = made
  packager.startTrack(track)
  let worstMs = 0
  const epochs = new Set<number>()
  window.on('segment', (segment) => {
    epochs.add(segment.epoch)
    const newestMs = segment.programDateMs + segment.durationSeconds * 1000
    if (Math.abs(newestMs - clock.now()) > Math.abs(worstMs)) worstMs = newestMs - clock.now()
  })
  const push = (dts: number, key: boolean) => packager.push({ dts: Math.round(dts), compositionOffset: 0, key, data: slice(key) })
  return {
    ...made,
    push,
    epochs,
    /** The furthest that the end of a segment was from the server's clock as it was told. */
    get worstMs() {
      return worstMs
    },
  }
}

const mediaSeconds = (window: LiveWindow) => window.segments.reduce((sum, segment) => sum + segment.durationSeconds, window.open?.durationSeconds ?? 0)
const partsOf = (window: LiveWindow) => window.segments.flatMap((segment) => segment.parts)
const targetOf = (window: LiveWindow) => window.init(window.newestEpoch)?.edition.partTargetSeconds ?? 0

function assertRises(window: LiveWindow, name = ''): void {
  const times = partsOf(window).flatMap((part) => part.frames.map((frame) => frame.dts))
  assert.ok(times.every((dts, index) => index === 0 || dts > (times[index - 1] ?? 0)), `${name}: frames go back`)
}

describe('a slow camera', () => {
  for (const fps of [0.999, 0.7, 0.5, 0.33, 0.25]) {
    for (const gop of [1, 4, 100]) {
      it(`of ${fps} frames a second and a key frame in ${gop} goes on in one epoch and loses no time`, () => {
        const made = setUp()
        made.feed(40, { fps, gop })
        const { window, epochs } = made
        assert.deepEqual([epochs.size, window.newestEpoch, made.packager.edition, made.packager.recentRepairs], [1, 7, 7, 0])
        assert.ok(Math.abs(mediaSeconds(window) - 40 / fps) <= 6 / fps, `${mediaSeconds(window)} s of media`)
        assert.ok(Math.abs(made.worstMs) <= 1_000 / fps + 500, `${made.worstMs} ms off`)
        for (const { durationSeconds } of window.segments) assert.ok(Math.round(durationSeconds) <= 4)
      })
    }
  }

  it('has its first part two frames after its first key frame', () => {
    const made = setUp()
    made.feed(3, { fps: 0.5, gop: 50 })
    assert.equal(made.window.segments[0]?.independent, true)
  })

  it('is believed, too, when its frames come in a burst after it was probed', () => {
    const { push, clock, window, feed, epochs, packager } = setUp()
    for (let index = 0; index < 6; index++) push((index - 6) * 2 * TIMESCALE, index === 0)
    feed(40, { fps: 0.5, gop: 4 })
    clock.advance(0)
    assert.ok(epochs.size <= 2 && packager.edition === 7, `${epochs.size} epochs`)
    assert.ok(mediaSeconds(window) >= 80, `${mediaSeconds(window)} s`)
    assert.ok(Math.abs(targetOf(window) - 2.06) < 0.001)
  })

  it('of a frame in sixteen seconds is told a frame as one segment of the target duration, its date true', () => {
    const made = setUp()
    made.feed(20, { fps: 1 / 16, gop: 1 })
    const { window } = made
    assert.equal(made.packager.edition, 7)
    assert.ok(window.segments.length >= 17, `${window.segments.length} segments`)
    for (const { durationSeconds } of window.segments) assert.ok(Math.round(durationSeconds) <= 4 && durationSeconds >= 3)
    const apart = window.segments.slice(3).map(({ programDateMs }, index) => programDateMs - (window.segments[index + 2]?.programDateMs ?? 0))
    for (const ms of apart) assert.ok(Math.abs(ms - 16_000) < 500, `${ms} ms apart`)
  })
})

describe('the distance of frames', () => {
  it('that became shorter for good gives shorter parts, where the others make who watches late', () => {
    for (const [slow, edition, target] of [[0.5, 8, 0.33], [1, 8, 0.33], [4, 7, 0.258]] as const) {
      const { feed, packager, window } = setUp()
      feed(20, { fps: slow, gop: 4 })
      feed(250, { fps: 25, gop: 25 })
      assert.deepEqual([packager.edition, targetOf(window)], [edition, target], `from ${slow} to 25 a second`)
    }
  })

  it('is not that of a pause before the first frames', () => {
    const { feed, push, clock, window } = setUp()
    push(-1.5 * TIMESCALE, true)
    clock.advance(1_500)
    feed(200, { fps: 25, gop: 25 })
    assert.equal(targetOf(window), 0.33)
    assertRises(window)
    assert.ok(partsOf(window).every((part) => part.durationSeconds > 0 && part.durationSeconds <= 0.33))
  })

  it('is not that of a camera whose clock jumps without time going by', () => {
    const { feed, epochs, packager, window } = setUp()
    feed(50)
    feed(50, { jitter: () => 5 * TIMESCALE })
    assert.deepEqual([epochs.size, packager.recentRepairs], [2, 1])
    assert.ok(Math.abs(mediaSeconds(window) - 10) < 1)
  })

  it('takes what was lost in an outage for time, and not for an odd timestamp', () => {
    const made = setUp()
    made.feed(50)
    made.clock.advance(3_000)
    made.feed(100, { jitter: () => 3 * TIMESCALE })
    assert.deepEqual([made.packager.recentRepairs, made.epochs.size], [0, 2])
    const newest = made.window.newest
    assert.ok(newest && Math.abs(newest.programDateMs + newest.durationSeconds * 1000 - made.clock.now()) < 1_200)
  })
})

describe('dates over an hour', () => {
  const odd: Record<string, { jitter: (index: number) => number; most: number; epochs: number }> = {
    'one frame in 150 is stamped 0.9 s late': { jitter: (index) => (index % 150 === 149 ? 81_000 : 0), most: 2_000, epochs: 1 },
    'one frame in 150 is stamped 0.9 s early': { jitter: (index) => (index % 150 === 149 ? -81_000 : 0), most: 2_000, epochs: 1 },
    'every 15 s three frames are stamped late': { jitter: (index) => (index % 150 > 146 ? 40_000 : 0), most: 2_000, epochs: 1 },
    'the camera’s clock is put back half a second every minute': { jitter: (index) => -45_000 * Math.floor(index / 600), most: 2_000, epochs: 1 },
    'the camera’s clock goes 1 % fast and is put right every minute': { jitter: (index) => 90 * (index % 600), most: 2_000, epochs: 1 },
    'the camera’s time goes 4 % fast': { jitter: (index) => 360 * index, most: 3_500, epochs: 200 },
    'the camera’s time goes 4 % slow': { jitter: (index) => -360 * index, most: 8_000, epochs: 80 },
  }
  for (const [name, { jitter, most, epochs }] of Object.entries(odd)) {
    it(`stay with the server’s clock when ${name}`, () => {
      const made = setUp()
      made.feed(10 * HOUR_SECONDS, { jitter })
      assert.ok(Math.abs(made.worstMs) < most, `${made.worstMs} ms off`)
      assert.ok(made.epochs.size <= epochs, `${made.epochs.size} epochs`)
    })
  }

  it('stay with it when frames bear their arrival and come in bursts', () => {
    for (const burst of [2, 3, 5, 12]) {
      const made = setUp()
      for (let index = 0; index < 25 * 600; index++) {
        made.push((made.clock.monotonicMs() * TIMESCALE) / 1000, index % 25 === 0)
        if (index % burst === burst - 1) made.clock.advance(40 * burst)
      }
      assert.ok(Math.abs(made.worstMs) < 2_000 && made.epochs.size === 1, `bursts of ${burst}: ${made.worstMs} ms off, ${made.epochs.size} epochs`)
    }
  })

  it('are found again after a camera has sent ten seconds of its past at once', () => {
    const { push, feed, clock, window } = setUp()
    for (let index = 0; index < 100; index++) push((index - 100) * 9_000, index % 10 === 0)
    feed(100)
    const { newest } = window
    assert.ok(newest && Math.abs(newest.programDateMs + newest.durationSeconds * 1000 - clock.now()) < 1_200)
  })

  it('hold through delayed delivery without a new epoch: nothing is wrong with the camera', () => {
    const made = setUp()
    const random = randomOf(3)
    for (let index = 0; index < 10 * 600; ) {
      // Held up for as much as 4 s, then all at once.
      const together = random() < 0.01 ? Math.ceil(random() * 40) : 1
      made.clock.advance(100 * together)
      for (let frame = 0; frame < together; frame++, index++) made.push(index * 9_000, index % 10 === 0)
    }
    assert.equal(made.epochs.size, 1)
    assert.equal(made.packager.recentRepairs, 0)
  })

  it('stay within seconds, with parts as they must be, whatever a clock does that puts frames out by less than a second', () => {
    for (let run = 1; run <= 60; run++) {
      const random = randomOf(run * 7_919)
      const fps = [0.25, 0.5, 1, 2, 5, 10, 25][run % 7] ?? 25
      const step = TIMESCALE / fps
      const share = () => (random() < 0.4 ? 0.01 : 0)
      const [outliers, putBack, putOn, lost, twice] = [share(), share() / 3, share() / 3, share(), share()]
      const made = setUp()
      let shift = 0
      for (let index = 0; index < 400; index++) {
        if (random() < putBack) shift -= random() * 80_000
        if (random() < putOn) shift += random() * 80_000
        const out = random() < outliers ? (random() - 0.3) * TIMESCALE : random() < twice ? -step : 0
        const dts = index * step + shift + out
        if (random() >= lost) made.push(dts, index % 20 === 0)
        made.clock.advance(1_000 / fps)
      }
      const name = `run ${run}, ${fps} fps`
      assert.ok(Math.abs(made.worstMs) < 2_500 + 1_500 / fps, `${name}: ${made.worstMs} ms off`)
      assertRises(made.window, name)
      for (const { epoch, parts } of made.window.segments) {
        const target = made.window.init(epoch)?.edition.partTargetSeconds ?? 0
        for (const [index, { durationSeconds, independent }] of parts.entries()) {
          assert.ok(durationSeconds > 0 && durationSeconds <= target + 1e-9, `${name}: a part of ${durationSeconds} s, target ${target}`)
          assert.ok(independent || index === parts.length - 1 || durationSeconds >= 0.85 * target - 1e-9, `${name}: a part of ${durationSeconds} s`)
        }
      }
    }
  })
})
