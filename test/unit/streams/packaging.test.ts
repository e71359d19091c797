// From frames to a playlist: boxes, cutting, epochs, names, the golden playlist, odd timestamps.
import assert from 'node:assert/strict'
import { BoxSplitter } from '../../../streams/cmaf/box-splitter.ts'
import { FrameReader } from '../../../streams/cmaf/frame-reader.ts'
import type { SourceFrame } from '../../../streams/cmaf/frame.ts'
import { splitFrame } from '../../../streams/cmaf/h264.ts'
import { TIMESCALE, writeInit, writeSegment } from '../../../streams/cmaf/mp4-writer.ts'
import { readSps, withoutReordering } from '../../../streams/cmaf/sps.ts'
import { Timeline } from '../../../streams/cmaf/timeline.ts'
import type { LiveWindow } from '../../../streams/hls/live-window.ts'
import { parseFileName } from '../../../streams/hls/names.ts'
import { listedCount, writePlaylist } from '../../../streams/hls/playlist.ts'
import { B_FRAME, CAMERA_SPS, nal, PPS, setUpPackager, slice, SPS } from './packager-fixture.ts'

const OTHER_SPS = Buffer.concat([SPS, Buffer.from([0x80])])
const setUp = setUpPackager
const partBytes = (segment: { parts: readonly { bytes: Buffer }[] }) => Buffer.concat(segment.parts.map((part) => part.bytes))

describe('mp4 boxes', () => {
  it('are found whole however the stream is cut, and refused when too large', () => {
    const bytes = Buffer.concat([writeInit({ codec: 'h264', parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 }), writeSegment(1, 0, [{ duration: 1, compositionOffset: 0, key: true, data: slice(true) }]).bytes])
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
    reader.push(writeInit({ codec: 'h264', parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 }))
    const samples = [true, false, false].map((key, index) => ({ duration: 3_000, compositionOffset: index === 1 ? -1_500 : 0, key, data: Buffer.concat([slice(key), Buffer.alloc(index)]) }))
    const { bytes, dataOffset } = writeSegment(9, 2 ** 40, samples)
    reader.push(bytes)
    assert.deepEqual(sizes, [[640, 360, 90_000, 1]])
    assert.deepEqual(frames.map(({ dts, compositionOffset, key }) => [dts - 2 ** 40, compositionOffset, key]), [[0, 0, true], [3_000, -1_500, false], [6_000, 0, false]])
    assert.deepEqual(bytes.subarray(dataOffset), Buffer.concat(samples.map((sample) => sample.data)))
  })

  it('are a fault of the stream when they make no sense, never a crash', () => {
    const { bytes } = writeSegment(1, 0, [{ duration: 1, compositionOffset: 0, key: true, data: slice(true) }])
    const init = writeInit({ codec: 'h264', parameterSets: { sps: [SPS], pps: [PPS] }, width: 640, height: 360 })
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
    assert.deepEqual([split.inBand.sps, split.inBand.pps, split.data, split.key], [[SPS], [PPS], slice(true), true])
  })

  it('frames with a broken length keep what comes before it', () => {
    assert.deepEqual(splitFrame(Buffer.concat([slice(false), Buffer.from([0xff, 0, 0, 0, 1])])).data, slice(false))
  })
})

describe('file names of a live window', () => {
  it('are exactly the six kinds', () => {
    assert.deepEqual(parseFileName('index.m3u8'), { kind: 'plain' })
    assert.deepEqual(parseFileName('master.m3u8'), { kind: 'master' })
    assert.deepEqual(parseFileName('12-live.m3u8'), { kind: 'live', edition: 12 })
    assert.deepEqual(parseFileName('12-3.0.m4s'), { kind: 'part', epoch: 12, msn: 3, part: 0 })
    assert.deepEqual(parseFileName('12-init.mp4'), { kind: 'init', epoch: 12 })
    assert.deepEqual(parseFileName('12-0.m4s'), { kind: 'segment', epoch: 12, msn: 0 })
    for (const name of ['', '../index.m3u8', 'index.m3u8/', 'INDEX.m3u8', '012-0.m4s', '1-1.m4s\n', '1-1.ts', '-1-1.m4s', '1e3-1.m4s', '1-1.01.m4s', '1-1..m4s', '1-1.m4s.0', '1-1.10000.m4s', '01-live.m3u8', '-live.m3u8', '1-init.mp4?x', '9999999999999999-1.m4s']) {
      assert.equal(parseFileName(name), null, name)
    }
  })
})

describe('the packager', () => {
  const plain = (window: LiveWindow, uriSuffix = '') => {
    const { targetDurationSeconds, segments } = window
    const count = listedCount(segments.map((segment) => segment.durationSeconds), targetDurationSeconds)
    return writePlaylist({ segments: segments.slice(-count), targetDurationSeconds, uriSuffix })
  }

  it('writes this playlist for three seconds of a camera that then comes back', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(31)
    packager.endTrack()
    packager.startTrack(track)
    feed(6)
    assert.equal(
      plain(window, '?k=1'),
      `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="7-init.mp4?k=1"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:0.30000,
7-0.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.300Z
#EXTINF:0.70000,
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
#EXTINF:0.30000,
8-5.m4s?k=1
`,
    )
  })

  it('never lets media sequence or discontinuity sequence go down and counts every removed discontinuity', () => {
    const { packager, track, feed, window } = setUp(10_000)
    const read = (name: string) => Number(new RegExp(`#EXT-X-${name}:(\\d+)`).exec(plain(window))?.[1])
    let [lastMsn, lastDiscontinuity] = [0, 0]
    for (let pull = 0; pull < 12; pull++) {
      packager.startTrack(track)
      for (let step = 0; step < 8; step++) {
        feed(10)
        if (!window.newest) continue
        assert.ok(read('MEDIA-SEQUENCE') >= lastMsn && read('DISCONTINUITY-SEQUENCE') >= lastDiscontinuity)
        ;[lastMsn, lastDiscontinuity] = [read('MEDIA-SEQUENCE'), read('DISCONTINUITY-SEQUENCE')]
        const listed = (plain(window).match(/#EXT-X-DISCONTINUITY\n/g) ?? []).length
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
    const durations = [...plain(window).matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]))
    assert.ok(durations.length >= 6 && durations.reduce((sum, each) => sum + each, 0) >= 12)
    assert.ok(durations.length < 16)
  })

  it('cuts a ten-second group of pictures by force at the target duration and at its next key frame', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(201, { gop: 100 })
    const shapes = window.segments.map(({ durationSeconds, independent }) => [Math.round(durationSeconds * 10) / 10, independent])
    assert.deepEqual(shapes, [[0.3, true], [4, false], [4, false], [1.7, false], [4, true], [4, false], [2, false]])
  })

  it('drops frames until the first key frame', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(18, { frame: (index) => ({ key: index === 9, data: slice(index === 9) }) })
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
    assert.ok(!window.segments.some((segment) => partBytes(segment).includes(SPS)))
  })

  it('does not stretch a frame over what was dropped while other parameter sets waited for their key frame', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(20)
    feed(35, { frame: (index) => ({ key: index === 15, data: index === 0 ? Buffer.concat([nal(OTHER_SPS), slice(false)]) : slice(index === 15) }) })
    for (const { durationSeconds } of window.segments) assert.ok(durationSeconds <= 1.0001, `${durationSeconds}`)
    assert.equal(window.newestEpoch, 8)
  })

  it('gives program dates that only rise while the server’s clock steps back and frames come in bursts', () => {
    const { packager, track, feed, window, clock } = setUp()
    packager.startTrack(track)
    for (let round = 0; round < 20; round++) {
      feed(10)
      clock.step(round % 3 === 0 ? -900 : 700)
    }
    const dates = window.segments.map((segment) => segment.programDateMs)
    assert.deepEqual(dates, [...dates].sort((a, b) => a - b))
    assert.equal(new Set(dates).size, dates.length)
  })

  it('forgets what is older than its ring and its files with it', () => {
    const { packager, track, feed, window } = setUp(30_000)
    packager.startTrack(track)
    feed(600)
    const first = window.segments[0]
    assert.ok(first && window.segments.length <= 33)
    const held = [...window.segments.map(partBytes), ...(window.open?.parts ?? []).map(({ bytes }) => bytes), window.init(7)?.bytes ?? assert.fail()]
    assert.equal(window.bytes, held.reduce((sum, { length }) => sum + length, 0))
    assert.equal(window.bytesOf({ kind: 'segment', epoch: 7, msn: first.msn - 1 }), null)
    assert.equal(window.bytesOf({ kind: 'segment', epoch: 8, msn: first.msn }), null)
    assert.deepEqual(window.bytesOf({ kind: 'segment', epoch: 7, msn: first.msn }), partBytes(first))
    assert.equal(window.bytesOf({ kind: 'part', epoch: 7, msn: first.msn, part: 1 }), first.parts[1]?.bytes)
    assert.equal(window.bytesOf({ kind: 'part', epoch: 7, msn: first.msn, part: 9 }), null)
  })

  it('counts init segments among its bytes, and gives them up with the segments that need them', () => {
    const { packager, track, window, feed } = setUp(40_000, 20_000)
    for (let pull = 0; pull < 60; pull++) {
      packager.startTrack({ ...track, parameterSets: { sps: [SPS], pps: [Buffer.concat([PPS, Buffer.alloc(3_000, 1)])] } })
      feed(30)
      packager.endTrack()
    }
    const epochs = Array.from({ length: 60 }, (_, index) => 7 + index).filter((epoch) => window.init(epoch))
    const listed = new Set(window.segments.map(({ epoch }) => epoch))
    assert.deepEqual(epochs, [...listed])
    assert.ok(epochs.length < 8, `${epochs.length} init segments of 3,000 bytes`)
    const held = [...window.segments.map(partBytes), ...epochs.map((epoch) => window.init(epoch)?.bytes ?? assert.fail())]
    assert.equal(window.bytes, held.reduce((sum, { length }) => sum + length, 0))
  })

  it('holds no more segments than four hundred, however little time a camera says that they take', () => {
    const { packager, track, window, clock } = setUp()
    for (let pull = 0; pull < 1_000; pull++) {
      packager.startTrack(track)
      for (let dts = 0; dts < 4; dts++) packager.push({ dts, compositionOffset: 0, key: true, data: slice(true) })
      packager.endTrack()
      clock.advance(10)
    }
    assert.equal(window.segments.length, 400)
    assert.deepEqual([window.init(7), window.init(window.segments[0]?.epoch ?? 0) !== null, window.newest?.msn], [null, true, 999])
  })

  it('goes on counting after all pictures were forgotten', () => {
    const { packager, track, feed, window } = setUp()
    packager.startTrack(track)
    feed(50)
    packager.endTrack()
    const { msn = 0, epoch = 0 } = window.newest ?? {}
    window.clear()
    assert.equal(window.bytes, 0)
    packager.startTrack(track)
    feed(20)
    const [first] = window.segments
    assert.deepEqual([first?.msn, first?.epoch, first?.discontinuity, packager.edition], [msn + 1, epoch + 1, true, 7])
  })
})

describe('reordering', () => {
  const camera = { codec: 'h264' as const, parameterSets: { sps: [CAMERA_SPS], pps: [PPS] }, width: 1280, height: 720, timescale: TIMESCALE }
  const told = (window: LiveWindow, epoch: number) => readSps(window.init(epoch)?.description.parameterSets.sps[0] ?? Buffer.alloc(0))?.reorders

  it('is ruled out in the init segment of a camera that shows its frames as they come', () => {
    const { packager, feed, window } = setUp()
    packager.startTrack(camera)
    feed(50)
    assert.deepEqual([told(window, 7), window.init(7)?.reorders, window.newestEpoch], [0, false, 7])
    assert.ok(window.bytesOf({ kind: 'init', epoch: 7 })?.includes(withoutReordering(CAMERA_SPS)))
  })

  it('is left as the camera says it when the first frames have B-frames or are shown at other times', () => {
    for (const odd of [{ data: B_FRAME }, { compositionOffset: 9_000 }]) {
      const { packager, feed, window } = setUp()
      packager.startTrack(camera)
      feed(50, { frame: (index) => (index === 2 ? odd : {}) })
      assert.deepEqual([told(window, 7), window.init(7)?.reorders, window.newestEpoch], [null, true, 7])
    }
  })

  it('brings the camera’s own parameter sets back with a new epoch when a B-frame comes later, and for good', () => {
    const { packager, feed, window } = setUp()
    packager.startTrack(camera)
    feed(50, { frame: (index) => (index === 24 ? { data: B_FRAME } : {}) })
    assert.deepEqual([told(window, 7), told(window, 8), window.newestEpoch], [0, null, 8])
    const first = window.segments.find((segment) => segment.epoch === 8)
    assert.ok(first?.independent && first.discontinuity)
    packager.endTrack()
    packager.startTrack(camera)
    feed(50)
    assert.deepEqual([told(window, 9), window.newestEpoch], [null, 9])
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
        const place = timeline.place(source, random() < 0.1 ? source : 0, frame * 40)
        assert.ok(Number.isSafeInteger(place.dts) && place.dts > last, `run ${run} frame ${frame}`)
        if (last !== -Infinity && run % 4 === 0) assert.ok(place.dts - last <= 10 * TIMESCALE)
        assert.ok(Math.abs(place.compositionOffset) <= 10 * TIMESCALE)
        last = place.dts
      }
    }
  })

  it('follows an even camera exactly, and a jump of an hour as one usual step', () => {
    const timeline = new Timeline()
    const steps = [0, 3_600, 7_200, 10_800, 10_800 + 324_000_000, 14_400 + 324_000_000].map((dts, index) => timeline.place(dts, 0, index * 40))
    assert.deepEqual(steps.map(({ dts, jumped }) => [dts, jumped]), [[0, false], [3_600, false], [7_200, false], [10_800, false], [14_400, true], [18_000, false]])
  })
})
