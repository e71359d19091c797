// H.265 as it is cut into parts: parameter sets read and written, key frames by their NAL units, codec names. The sets are
// x265's; ffmpeg's own hvcC of them is what ours is held against.
import assert from 'node:assert/strict'
import { codecsOf } from '../../../streams/cmaf/codec.ts'
import { FrameReader, readHvcC } from '../../../streams/cmaf/frame-reader.ts'
import type { VideoTrack } from '../../../streams/cmaf/frame.ts'
import { splitH265Frame } from '../../../streams/cmaf/h265.ts'
import { h265Codecs, readH265Sps } from '../../../streams/cmaf/h265-sps.ts'
import { applyInBand } from '../../../streams/cmaf/parameter-sets.ts'
import { TIMESCALE, writeInit, writeSegment } from '../../../streams/cmaf/mp4-writer.ts'
import { writeHvcC } from '../../../streams/cmaf/sample-entry.ts'
import { StreamFault } from '../../../streams/stream-fault.ts'
import { setUpPackager } from './packager-fixture.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const FULL_HD = {
  vps: [hex('40010c01ffff016000000300900000030000030078928090')],
  sps: [hex('420101016000000300900000030000030078a003c08010e5964a924caf016808000003000800000300c840')],
  pps: [hex('4401c172b46240')],
}
const SMALL = {
  vps: [hex('40010c01ffff01600000030090000003000003003f928090')],
  sps: [hex('42010101600000030090000003000003003fa0050201696592a4932bc05a020000030002000003003210')],
  pps: [hex('4401c172b46240')],
}
/** ffmpeg's, without the SEI that it also lists, its arrays marked complete. */
const FULL_HD_HVCC_HEAD = hex('01016000000090000000000078f000fcfdf8f800000f03')

const nal = (type: number, ...bytes: number[]) => {
  const unit = Buffer.from([type << 1, 1, ...bytes])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(unit.length)
  return Buffer.concat([length, unit])
}
const withLength = (unit: Buffer) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(unit.length)
  return Buffer.concat([length, unit])
}

describe('a sequence parameter set of H.265', () => {
  it('tells size without what is cropped, profile, tier, level and depth', () => {
    const facts = readH265Sps(FULL_HD.sps[0] ?? Buffer.alloc(0))
    assert.deepEqual(
      [facts?.width, facts?.height, facts?.profile, facts?.highTier, facts?.level, facts?.chromaFormat, facts?.lumaDepth, facts?.chromaDepth, facts?.temporalLayers, facts?.reorders],
      [1920, 1080, 1, false, 120, 1, 8, 8, 1, 0],
    )
  })

  it('is not believed when it ends too early', () => {
    for (const length of [0, 2, 8, 20]) assert.equal(readH265Sps((FULL_HD.sps[0] ?? Buffer.alloc(0)).subarray(0, length)), null, `${length} bytes`)
  })

  it('is named with profile, compatibility from the back, tier with level, and constraints without their last zeros', () => {
    assert.equal(h265Codecs(FULL_HD.sps[0] ?? Buffer.alloc(0)), 'hvc1.1.6.L120.90')
    assert.equal(h265Codecs(SMALL.sps[0] ?? Buffer.alloc(0)), 'hvc1.1.6.L63.90')
    // Main 10, high tier, level 5.1, all four source flags: as the standard's example is made.
    const other = Buffer.from(FULL_HD.sps[0] ?? Buffer.alloc(0))
    other[3] = 0x22
    other[4] = 0x20
    other[9] = 0xb0
    assert.match(h265Codecs(other), /^hvc1\.2\.4\.H\d+\.B0/)
  })
})

describe('the init segment of H.265', () => {
  it('has the decoder record that ffmpeg writes, with complete arrays of VPS, SPS and PPS', () => {
    const record = writeHvcC(FULL_HD)
    assert.deepEqual(record.subarray(0, 23), FULL_HD_HVCC_HEAD)
    assert.deepEqual([record[23], record[26 + 2 + (FULL_HD.vps[0]?.length ?? 0)]], [0xa0, 0xa1])
    assert.deepEqual(readHvcC(record), FULL_HD)
  })

  it('is read back as a track of H.265, and of MJPEG as MJPEG', () => {
    const tracks: VideoTrack[] = []
    const read = (codec: 'h265' | 'mjpeg') => new FrameReader({ onTrack: (track) => tracks.push(track), onFrame: () => {} }).push(writeInit({ codec, parameterSets: codec === 'h265' ? FULL_HD : { sps: [], pps: [] }, width: 1920, height: 1080 }))
    read('h265')
    read('mjpeg')
    assert.deepEqual(tracks.map(({ codec, width, height, timescale }) => [codec, width, height, timescale]), [['h265', 1920, 1080, TIMESCALE], ['mjpeg', 1920, 1080, TIMESCALE]])
    assert.deepEqual(tracks[0]?.parameterSets, FULL_HD)
  })

  it('is refused when its mp4v is another kind of MPEG-4', () => {
    const init = writeInit({ codec: 'mjpeg', parameterSets: { sps: [], pps: [] }, width: 64, height: 64 })
    init[init.indexOf(0x6c, init.indexOf('esds'))] = 0x20
    assert.throws(() => new FrameReader({ onTrack: () => {}, onFrame: () => {} }).push(init), (error: unknown) => error instanceof StreamFault && error.fault.code === 'codec_unsupported')
  })
})

describe('a frame of H.265', () => {
  it('can be begun with when it is an IDR, CRA or BLA picture, and with no other', () => {
    for (const type of [16, 17, 18, 19, 20, 21]) assert.equal(splitH265Frame(nal(type, 1)).key, true, `type ${type}`)
    for (const type of [0, 1, 8, 9, 15, 22, 39]) assert.equal(splitH265Frame(nal(type, 1)).key, false, `type ${type}`)
  })

  it('gives its parameter sets up and keeps everything else but delimiters', () => {
    const [vps, sps, pps] = [FULL_HD.vps, FULL_HD.sps, FULL_HD.pps].map(([set]) => withLength(set ?? Buffer.alloc(0)))
    const [sei, idr] = [nal(39, 7), nal(19, 1, 2, 3)]
    const split = splitH265Frame(Buffer.concat([nal(35, 0x50), vps ?? idr, sps ?? idr, pps ?? idr, sei, idr]))
    assert.deepEqual([split.inBand, split.data], [FULL_HD, Buffer.concat([sei, idr])])
  })

  it('keeps what is before a broken length', () => {
    assert.deepEqual(splitH265Frame(Buffer.concat([nal(1, 5), Buffer.from([0xff, 0, 0, 0, 1])])).data, nal(1, 5))
  })
})

describe('parameter sets in the frames of H.265', () => {
  it('change nothing when they are those that are known, and another VPS alone is a change', () => {
    assert.equal(applyInBand(FULL_HD, FULL_HD), FULL_HD)
    const changed = applyInBand(FULL_HD, { vps: SMALL.vps, sps: FULL_HD.sps, pps: FULL_HD.pps })
    assert.deepEqual(changed, { ...FULL_HD, vps: SMALL.vps })
  })

  it('begin a new epoch of the new size', () => {
    const { packager, window, feed } = setUpPackager()
    packager.startTrack({ codec: 'h265', parameterSets: FULL_HD, width: 1920, height: 1080, timescale: TIMESCALE })
    const picture = (index: number) => nal(index % 10 === 0 ? 19 : 1, index & 255, 1, 2)
    feed(30, { frame: (index) => ({ data: picture(index) }) })
    const smaller = Buffer.concat([...[SMALL.vps, SMALL.sps, SMALL.pps].map(([set]) => withLength(set ?? Buffer.alloc(0))), nal(19, 1)])
    feed(30, { frame: (index) => ({ data: index === 0 ? smaller : picture(index) }) })
    const sizes = [...new Set(window.segments.map(({ epoch }) => epoch))].map((epoch) => window.init(epoch)?.description)
    assert.deepEqual(sizes.map((size) => [size?.width, size?.height]), [[1920, 1080], [640, 360]])
    assert.deepEqual(sizes.map((size) => size && codecsOf(size)), ['hvc1.1.6.L120.90', 'hvc1.1.6.L63.90'])
  })
})

describe('a camera that changes its codec', () => {
  it('ends the playlist of the old one: a player that knows only that is not sent the other', () => {
    const { packager, window, feed, track } = setUpPackager()
    packager.startTrack(track)
    feed(30)
    const before = packager.edition
    packager.endTrack()
    packager.startTrack({ codec: 'h265', parameterSets: FULL_HD, width: 1920, height: 1080, timescale: TIMESCALE })
    feed(30, { frame: (index) => ({ data: nal(index % 10 === 0 ? 19 : 1, index & 255, 1) }) })
    assert.notEqual(packager.edition, before)
    assert.equal(window.init(window.newestEpoch)?.edition.codec, 'h265')
  })
})

it('an H.265 sample is carried byte for byte', () => {
  const frames: Buffer[] = []
  const reader = new FrameReader({ onTrack: () => {}, onFrame: (frame) => frames.push(Buffer.from(frame.data)) })
  reader.push(Buffer.concat([writeInit({ codec: 'h265', parameterSets: FULL_HD, width: 1920, height: 1080 }), writeSegment(1, 0, [{ duration: 3600, compositionOffset: 0, key: true, data: nal(19, 9, 9) }]).bytes]))
  assert.deepEqual(frames, [nal(19, 9, 9)])
})
