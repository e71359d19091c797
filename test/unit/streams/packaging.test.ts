// From frames to a playlist: boxes, cutting, epochs, names, the golden playlist, odd timestamps.
import assert from 'node:assert/strict'
import type { Clock } from '#base/clock.ts'
import { BoxSplitter } from '../../../streams/cmaf/box-splitter.ts'
import { FrameReader } from '../../../streams/cmaf/frame-reader.ts'
import type { SourceFrame } from '../../../streams/cmaf/frame.ts'
import { pictureSize, splitFrame } from '../../../streams/cmaf/h264.ts'
import { TIMESCALE, writeInit, writeSegment } from '../../../streams/cmaf/mp4-writer.ts'
import { Timeline } from '../../../streams/cmaf/timeline.ts'
import { LiveWindow } from '../../../streams/hls/live-window.ts'
import { parseFileName } from '../../../streams/hls/names.ts'
import { Packager } from '../../../streams/hls/packager.ts'

const SPS = Buffer.from('6742c01ed901405ff2e0220000030002000003006 41e2c5c9'.replace(' ', ''), 'hex')
const OTHER_SPS = Buffer.concat([SPS, Buffer.from([0x80])])
const PPS = Buffer.from('68cb83cb20', 'hex')
const nal = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes])
const slice = (key: boolean) => nal(Buffer.from([key ? 0x65 : 0x41, 1, 2, 3]))

class HandClock implements Clock {
  atMs = Date.UTC(2026, 0, 1)
  now = () => this.atMs
  monotonicMs = () => this.atMs
  after = () => ({ cancel() {} })
  every = () => ({ cancel() {} })
}

const limits = { minSegmentSeconds: 0.9, firstSegmentSeconds: 0.4, targetDurationSeconds: 4 }

function setUp(ringMs = 40_000) {
  const clock = new HandClock()
  const window = new LiveWindow({ targetDurationSeconds: 4, ringMs, maxBytes: 1e9 })
  const packager = new Packager({ clock, window, options: limits, firstEpoch: 7 })
  let dts = 0
  const track = { parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360, timescale: TIMESCALE }
  const feed = (frames: number, options: { fps?: number; gop?: number; frame?: (index: number) => Partial<SourceFrame> } = {}) => {
    const { fps = 10, gop = 10 } = options
    for (let index = 0; index < frames; index++) {
      const key = index % gop === 0
      packager.push({ dts, compositionOffset: 0, key, data: slice(key), ...options.frame?.(index) })
      dts += TIMESCALE / fps
      clock.atMs += 1000 / fps
    }
  }
  return { clock, window, packager, track, feed }
}

describe('mp4 boxes', () => {
  it('are found whole however the stream is cut, and refused when too large', () => {
    const bytes = Buffer.concat([writeInit({ parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 }), writeSegment(1, 0, [{ duration: 1, compositionOffset: 0, key: true, data: slice(true) }]).bytes])
    for (const step of [1, 7, 100, bytes.length]) {
      const splitter = new BoxSplitter()
      const types: string[] = []
      for (let at = 0; at < bytes.length; at += step) types.push(...splitter.push(bytes.subarray(at, at + step)).map((box) => box.type))
      assert.deepEqual(types, ['ftyp', 'moov', 'moof', 'mdat'])
    }
    assert.throws(() => new BoxSplitter().push(Buffer.from('7fffffff6d646174', 'hex')), RangeError)
    assert.throws(() => new BoxSplitter().push(Buffer.from('000000016d646174', 'hex')), RangeError)
  })

  it('that we write are read back as the frames that went in', () => {
    const frames: SourceFrame[] = []
    const sizes: number[][] = []
    const reader = new FrameReader({ onTrack: (track) => sizes.push([track.width, track.height, track.timescale, track.parameterSets.sps.length]), onFrame: (frame) => frames.push(frame) })
    reader.push(writeInit({ parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 }))
    const samples = [true, false, false].map((key, index) => ({ duration: 3_000, compositionOffset: index === 1 ? -1_500 : 0, key, data: Buffer.concat([slice(key), Buffer.alloc(index)]) }))
    const { bytes, dataOffset } = writeSegment(9, 2 ** 40, samples)
    reader.push(bytes)
    assert.deepEqual(sizes, [[640, 360, 90_000, 1]])
    assert.deepEqual(frames.map(({ dts, compositionOffset, key }) => [dts - 2 ** 40, compositionOffset, key]), [[0, 0, true], [3_000, -1_500, false], [6_000, 0, false]])
    assert.deepEqual(bytes.subarray(dataOffset), Buffer.concat(samples.map((sample) => sample.data)))
  })

  it('are a fault of the stream when they make no sense, never a crash', () => {
    const { bytes } = writeSegment(1, 0, [{ duration: 1, compositionOffset: 0, key: true, data: slice(true) }])
    const init = writeInit({ parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 })
    for (let at = 0; at < bytes.length; at++) {
      const broken = Buffer.concat([init, bytes])
      broken[init.length + at] = 0xff
      const reader = new FrameReader({ onTrack() {}, onFrame() {} })
      try {
        reader.push(broken)
      } catch (error) {
        assert.match(String(error), /stream_undecodable/, `byte ${at}`)
      }
    }
  })
})

describe('H.264', () => {
  it('frames lose their parameter sets and delimiters and keep the rest', () => {
    const split = splitFrame(Buffer.concat([nal(Buffer.from([0x09, 0xf0])), nal(SPS), nal(PPS), slice(true)]))
    assert.deepEqual([split.inBand.sps, split.inBand.pps, split.data, split.hasIdr], [[SPS], [PPS], slice(true), true])
  })

  it('frames with a broken length keep what comes before it', () => {
    assert.deepEqual(splitFrame(Buffer.concat([slice(false), Buffer.from([0xff, 0, 0, 0, 1])])).data, slice(false))
  })

  it('sizes are read from the SPS with cropping', () => {
    // 1920x1080 high profile: 68 macroblock rows, 8 lines cropped.
    assert.deepEqual(pictureSize(Buffer.from('67640028acd940780227e5c044000003000400000300c83c60c658', 'hex')), { width: 1920, height: 1080 })
    assert.equal(pictureSize(Buffer.alloc(3)), null)
  })
})

describe('file names of a live window', () => {
  it('are exactly the three kinds', () => {
    assert.deepEqual(parseFileName('index.m3u8'), { kind: 'playlist' })
    assert.deepEqual(parseFileName('12-init.mp4'), { kind: 'init', epoch: 12 })
    assert.deepEqual(parseFileName('12-0.m4s'), { kind: 'segment', epoch: 12, msn: 0 })
    for (const name of ['', '../index.m3u8', 'index.m3u8/', 'INDEX.m3u8', '012-0.m4s', '1-1.m4s\n', '1-1.ts', '-1-1.m4s', '1e3-1.m4s', '1-init.mp4?x', '9999999999999999-1.m4s']) {
      assert.equal(parseFileName(name), null, name)
    }
  })
})

describe('the packager', () => {
  it('writes this playlist for three seconds of a camera that then comes back', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(31)
    packager.endTrack()
    packager.startTrack(track)
    feed(6)
    assert.equal(
      window.playlist('?k=1'),
      `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="7-init.mp4?k=1"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:0.40000,
7-0.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.400Z
#EXTINF:0.60000,
7-1.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.000Z
#EXTINF:1.00000,
7-2.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:1.00000,
7-3.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:03.000Z
#EXTINF:0.10000,
7-4.m4s?k=1
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="8-init.mp4?k=1"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:03.100Z
#EXTINF:0.40000,
8-5.m4s?k=1
`,
    )
  })

  it('never lets media sequence or discontinuity sequence go down and counts every removed discontinuity', () => {
    const { packager, track, feed, window } = setUp(10_000)
    const read = (name: string) => Number(new RegExp(`#EXT-X-${name}:(\\d+)`).exec(window.playlist('') ?? '')?.[1])
    let [lastMsn, lastDiscontinuity] = [0, 0]
    for (let pull = 0; pull < 12; pull++) {
      packager.startTrack(track)
      for (let step = 0; step < 8; step++) {
        feed(10)
        if (!window.newest) continue
        assert.ok(read('MEDIA-SEQUENCE') >= lastMsn && read('DISCONTINUITY-SEQUENCE') >= lastDiscontinuity)
        ;[lastMsn, lastDiscontinuity] = [read('MEDIA-SEQUENCE'), read('DISCONTINUITY-SEQUENCE')]
        const listed = (window.playlist('')?.match(/#EXT-X-DISCONTINUITY\n/g) ?? []).length
        assert.equal(lastDiscontinuity + listed, pull)
      }
      packager.endTrack()
    }
    assert.ok(lastMsn > 0 && lastDiscontinuity > 0)
  })

  it('lists at least three target durations and six segments once there are so many', () => {
    const { packager, track, feed, window } = setUp(1_000)
    packager.startTrack(track)
    feed(300)
    const durations = [...(window.playlist('') ?? '').matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]))
    assert.ok(durations.length >= 6 && durations.reduce((sum, each) => sum + each, 0) >= 12)
    assert.ok(durations.length < 16)
  })

  it('cuts a ten-second group of pictures by force at the target duration and at its next key frame', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(201, { gop: 100 })
    const shapes = window.segments.map(({ durationSeconds, independent }) => [durationSeconds, independent])
    assert.deepEqual(shapes, [[0.4, true], [4, false], [4, false], [1.6, false], [4, true], [4, false], [2, false]])
    assert.doesNotMatch(window.playlist('') ?? '', /INDEPENDENT/)
  })

  it('drops frames until the first key frame', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(15, { frame: (index) => ({ key: index === 9, data: slice(index === 9) }) })
    assert.equal(window.segments[0]?.independent, true)
  })

  it('begins an epoch with a new init segment when a key frame carries other parameter sets, and not when it repeats them', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(20, { frame: (index) => (index % 10 === 0 ? { data: Buffer.concat([nal(SPS), nal(PPS), slice(true)]) } : {}) })
    assert.equal(new Set(window.segments.map((segment) => segment.epoch)).size, 1)
    feed(20, { frame: (index) => (index % 10 === 0 ? { data: Buffer.concat([nal(OTHER_SPS), nal(PPS), slice(true)]) } : {}) })
    assert.deepEqual([...new Set(window.segments.map((segment) => segment.epoch))], [7, 8])
    assert.ok(window.bytesOf({ kind: 'init', epoch: 8 })?.includes(OTHER_SPS))
    assert.ok(!window.segments.some((segment) => segment.bytes.includes(SPS)))
  })

  it('gives program dates that only rise while the server’s clock steps back and frames come in bursts', () => {
    const { packager, track, feed, window, clock } = setUp()
    packager.startTrack(track)
    for (let round = 0; round < 20; round++) {
      feed(10)
      clock.atMs += round % 3 === 0 ? -900 : 700
    }
    const dates = window.segments.map((segment) => segment.programDateMs)
    assert.deepEqual(dates, [...dates].sort((a, b) => a - b))
    assert.equal(new Set(dates).size, dates.length)
  })

  it('forgets what is older than its ring and its files with it', () => {
    const { packager, track, feed, window } = setUp(20_000)
    packager.startTrack(track)
    feed(600)
    const first = window.segments[0]
    assert.ok(first && window.segments.length <= 23)
    assert.equal(window.bytesOf({ kind: 'segment', epoch: 7, msn: first.msn - 1 }), null)
    assert.equal(window.bytesOf({ kind: 'segment', epoch: 8, msn: first.msn }), null)
    assert.equal(window.bytesOf({ kind: 'segment', epoch: 7, msn: first.msn }), first.bytes)
  })
})

describe('the timeline', () => {
  it('rises strictly and never by more than a second at once, whatever a camera’s clock does', () => {
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const odd = [() => 0, () => -random() * 1e6, () => random() * 1e12, () => -1, () => NaN, () => Infinity, () => 2 ** 60, () => 90_000 * 3_600]
    for (let run = 0; run < 200; run++) {
      const timeline = new Timeline()
      timeline.restart([90_000, 1_000, 12_800, 0][run % 4] ?? 0)
      let source = random() * 1e9
      let last = -Infinity
      for (let frame = 0; frame < 200; frame++) {
        source = random() < 0.1 ? source + (odd[Math.floor(random() * odd.length)]?.() ?? 0) : source + 3_600 * (0.5 + random())
        if (!Number.isFinite(source) && random() < 0.5) source = 0
        const place = timeline.place(source, random() < 0.1 ? source : 0)
        assert.ok(Number.isSafeInteger(place.dts) && place.dts > last, `run ${run} frame ${frame}`)
        if (last !== -Infinity && run % 4 === 0) assert.ok(place.dts - last <= 10 * TIMESCALE)
        assert.ok(Math.abs(place.compositionOffset) <= 10 * TIMESCALE)
        last = place.dts
      }
    }
  })

  it('follows an even camera exactly, and a jump of an hour as one usual step', () => {
    const timeline = new Timeline()
    const steps = [0, 3_600, 7_200, 10_800, 10_800 + 324_000_000, 14_400 + 324_000_000].map((dts) => timeline.place(dts, 0))
    assert.deepEqual(steps.map(({ dts, jumped }) => [dts, jumped]), [[0, false], [3_600, false], [7_200, false], [10_800, false], [14_400, true], [18_000, false]])
  })
})
