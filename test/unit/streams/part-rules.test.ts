// Parts: how long they are and what they hold, over any camera that numbers can make.
import assert from 'node:assert/strict'
import { choosePartTargetMs, fillsPartTarget } from '../../../streams/cmaf/part-target.ts'
import { BoxSplitter, findBox } from '../../../streams/cmaf/box-splitter.ts'
import { TIMESCALE } from '../../../streams/cmaf/mp4-writer.ts'
import type { LiveWindow, WindowPart } from '../../../streams/hls/live-window.ts'
import { randomOf, setUpPackager } from './packager-fixture.ts'

/** Every part with what surrounds it, as the window ends up with. */
function partsOf(window: LiveWindow): { part: WindowPart; last: boolean; targetSeconds: number }[] {
  return window.segments.flatMap((segment) =>
    segment.parts.map((part, index) => ({ part, last: index === segment.parts.length - 1, targetSeconds: window.init(segment.epoch)?.edition.partTargetSeconds ?? 0 })),
  )
}

/** Seconds of media in a part's own bytes, by its trun. */
function mediaSeconds(part: WindowPart): number {
  const moof = new BoxSplitter().push(part.bytes).find((box) => box.type === 'moof')
  const trun = moof && findBox(moof.bytes, ['traf', 'trun'])
  assert.ok(trun)
  let ticks = 0
  for (let index = 0; index < trun.readUInt32BE(12); index++) ticks += trun.readUInt32BE(20 + index * 16)
  return ticks / TIMESCALE
}

function assertPartRules(window: LiveWindow, name: string): void {
  let endDts: number | null = null
  for (const { part, last, targetSeconds } of partsOf(window)) {
    const told = `${name}: part of ${part.durationSeconds} s, target ${targetSeconds}`
    assert.ok(part.durationSeconds <= targetSeconds + 1e-9, `too long, ${told}`)
    assert.ok(last || part.independent || part.durationSeconds >= 0.85 * targetSeconds - 1e-9, `too short, ${told}`)
    assert.ok(Math.abs(mediaSeconds(part) - part.durationSeconds) < 1e-4, `says another duration than it has, ${told}`)
    assert.equal(part.independent, part.frames[0]?.key)
    if (endDts !== null) assert.ok(part.startDts >= endDts - 1, `overlaps, ${told}`)
    endDts = part.startDts + Math.round(part.durationSeconds * TIMESCALE)
  }
  for (const segment of window.segments) {
    const sum = segment.parts.reduce((total, part) => total + part.durationSeconds, 0)
    assert.ok(Math.abs(sum - segment.durationSeconds) < 1e-6 && Math.round(segment.durationSeconds) <= 4, `${name}: segment of ${segment.durationSeconds} s`)
  }
}

describe('a part target', () => {
  it('is filled by whole frames at every usual frame rate', () => {
    for (const fps of [0.25, 0.5, 0.999, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 12.5, 15, 18, 20, 22, 24, 25, 29.97, 30, 50, 60]) {
      const step = TIMESCALE / fps
      const targetMs = choosePartTargetMs(step)
      assert.ok(fillsPartTarget(targetMs, step), `${fps} fps, ${targetMs} ms`)
      assert.ok(fillsPartTarget(targetMs, step * 1.02) && fillsPartTarget(targetMs, step * 0.98), `${fps} fps, a little off`)
      if (fps >= 3) assert.ok(targetMs >= 240 && targetMs <= 515, `${fps} fps, ${targetMs} ms`)
    }
    assert.deepEqual([25, 15, 12, 10, 5, 1].map((fps) => choosePartTargetMs(TIMESCALE / fps)), [330, 344, 344, 309, 412, 1030])
  })
})

describe('parts', () => {
  it('close before the frame that would cross the target', () => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack(track)
    feed(76, { fps: 25, gop: 25 })
    assert.deepEqual(window.segments[1]?.parts.map((part) => part.frames.length), [8, 8, 1])
    assert.deepEqual(window.segments[2]?.parts.map((part) => part.frames.length), [8, 8, 8, 1])
    assert.deepEqual(window.segments[2]?.parts.map((part) => part.independent), [true, false, false, false])
  })

  it('obey 85 % and 100 % of the target, and hold what they say, at any frame rate, jitter and group of pictures', () => {
    const random = randomOf(11)
    for (let run = 0; run < 100; run++) {
      const rates = [0.25, 0.5, 0.999, 1, 2, 4, 5, 6, 8, 10, 12, 12.5, 15, 20, 25, 30, 50, 60]
      const fps = rates[Math.floor(random() * rates.length)] ?? 25
      const gop = 1 + Math.floor(random() * 150)
      const share = [0, 0.05, 0.3, 0.9][run % 4] ?? 0
      const step = TIMESCALE / fps
      const { packager, track, feed, window } = setUpPackager()
      packager.startTrack(track)
      feed(Math.round(fps * Math.max(14, 10 / fps)), { fps, gop, jitter: () => (random() - 0.5) * share * step })
      assertPartRules(window, `${fps} fps, GOP ${gop}, jitter ${share}`)
      assert.ok(window.segments.length > 2, `${fps} fps, GOP ${gop}`)
    }
  })

  it('come within their target and a frame of one another, and segments within one and a half target durations, however long the group of pictures', () => {
    const random = randomOf(23)
    for (let run = 0; run < 100; run++) {
      const rates = [0.5, 0.999, 1, 2, 4, 5, 6, 8, 10, 12, 12.5, 15, 20, 25, 30, 50, 60]
      const fps = rates[run % rates.length] ?? 25
      const gop = 1 + Math.floor(random() * 20 * fps)
      const share = [0, 0.05, 0.3, 0.9][run % 4] ?? 0
      const step = TIMESCALE / fps
      const { packager, track, feed, window, clock } = setUpPackager()
      // Noted, and judged afterwards: what a listener throws goes nowhere.
      const parts: { atMs: number; targetMs: number }[] = []
      const segmentsMs: number[] = []
      window.on('part', ({ segment }) => parts.push({ atMs: clock.now(), targetMs: 1000 * (window.init(segment.epoch)?.edition.partTargetSeconds ?? NaN) }))
      window.on('segment', () => segmentsMs.push(clock.now()))
      packager.startTrack(track)
      feed(Math.round(fps * Math.max(24, 10 / fps)), { fps, gop, jitter: () => (random() - 0.5) * share * step })
      const told = `${fps} fps, GOP ${gop}, jitter ${share}`
      for (const [at, { atMs, targetMs }] of parts.entries()) {
        const waitedMs = atMs - (parts[at - 1]?.atMs ?? atMs)
        // Frames come at their time; how far they are dated off it, the camera's own fault, comes on top.
        assert.ok(waitedMs <= targetMs + (1 + share) * (1000 / fps) + 1, `${told}: a part ${waitedMs} ms after the one before, target ${targetMs} ms`)
      }
      for (const [at, atMs] of segmentsMs.entries()) {
        const waitedMs = atMs - (segmentsMs[at - 1] ?? atMs)
        assert.ok(waitedMs <= 1_500 * window.targetDurationSeconds, `${told}: a segment ${waitedMs} ms after the one before`)
      }
      assert.ok(parts.length > 5 && segmentsMs.length > 2, told)
    }
  })

  it('obey them when frames are lost, come in gaps of up to a second, or bear odd times', () => {
    const random = randomOf(5)
    for (let run = 0; run < 40; run++) {
      const fps = [5, 12, 15, 25][run % 4] ?? 25
      const { packager, track, feed, window } = setUpPackager()
      packager.startTrack(track)
      let shift = 0
      const oddTime = () => {
        const chance = random()
        if (chance < 0.01) shift += random() * TIMESCALE
        if (chance > 0.995) shift += (random() - 0.5) * 1e9
        return chance > 0.5 && chance < 0.51 ? -1e6 : shift
      }
      feed(Math.round(fps * 30), { fps, gop: fps, jitter: oddTime })
      assertPartRules(window, `${fps} fps, run ${run}`)
    }
  })

  it('make the timeline catch up with the camera after a gap', () => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack(track)
    feed(30, { fps: 15, gop: 15 })
    feed(61, { fps: 15, gop: 15, jitter: () => 0.7 * TIMESCALE })
    assertPartRules(window, 'a gap')
    const { startDts = 0 } = window.newest ?? {}
    assert.equal(window.newestEpoch, 7)
    assert.equal(startDts % (TIMESCALE / 15), Math.round(0.7 * TIMESCALE) % (TIMESCALE / 15))
  })

  it('are the segment, byte for byte', () => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack(track)
    feed(60)
    for (const { epoch, msn, parts } of window.segments) {
      const bytes = parts.map((_, part) => window.bytesOf({ kind: 'part', epoch, msn, part }) ?? Buffer.alloc(0))
      assert.deepEqual(window.bytesOf({ kind: 'segment', epoch, msn }), Buffer.concat(bytes))
    }
  })
})
