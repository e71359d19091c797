// Owns the proof that packets put together again are the access unit that went in.
import assert from 'node:assert/strict'
import { h264Payloads, h265Payloads, jpegPayloads, LARGEST_PAYLOAD } from '../../fleet/rtp/packetise.ts'
import { interleave, stampFrame } from '../../fleet/rtp/prebuilt.ts'
import { parseH264, parseH265, parseJpegs, splitAnnexB } from '../../fleet/loops/annexb.ts'

const body = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + 3) & 255))

describe('H.264 packets', () => {
  it('carry a small unit as it is', () => {
    const unit = Buffer.concat([Buffer.from([0x65]), body(200)])
    assert.deepEqual(h264Payloads(unit), [unit])
  })

  it('carry a large unit as FU-A that gives the unit back', () => {
    const unit = Buffer.concat([Buffer.from([0x65]), body(5000)])
    const payloads = h264Payloads(unit)
    assert.ok(payloads.every((payload) => payload.length <= LARGEST_PAYLOAD && (payload[0] ?? 0) === (0x60 | 28)))
    assert.deepEqual(payloads.map((payload) => (payload[1] ?? 0) & 0xc0), [0x80, ...payloads.slice(2).map(() => 0), 0x40])
    assert.deepEqual(Buffer.concat([Buffer.from([(payloads[0]?.[0] ?? 0) & 0xe0 | (payloads[0]?.[1] ?? 0) & 31]), ...payloads.map((payload) => payload.subarray(2))]), unit)
  })
})

describe('H.265 packets', () => {
  it('carry a large unit as fragmentation units that give the unit back', () => {
    const unit = Buffer.concat([Buffer.from([19 << 1, 1]), body(4000)])
    const payloads = h265Payloads(unit)
    assert.ok(payloads.every((payload) => payload.length <= LARGEST_PAYLOAD && (payload[0] ?? 0) >> 1 === 49))
    assert.equal((payloads[0]?.[2] ?? 0) & 63, 19)
    assert.deepEqual(Buffer.concat([Buffer.from([19 << 1, 1]), ...payloads.map((payload) => payload.subarray(3))]), unit)
  })
})

describe('JPEG packets', () => {
  const table = Buffer.concat([Buffer.from([0xff, 0xdb, 0, 67, 0]), Buffer.alloc(64, 9)])
  const scanHeader = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0])
  const picture = Buffer.concat([Buffer.from([0xff, 0xd8]), table, scanHeader, body(3000), Buffer.from([0xff, 0xd9])])

  it('carry tables in the first packet only and offsets that add up', () => {
    const payloads = jpegPayloads(picture, 640, 360)
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = payloads
    assert.deepEqual([...first.subarray(0, 12)], [0, 0, 0, 0, 1, 255, 80, 45, 0, 0, 0, 128])
    assert.equal(second.readUIntBE(1, 3), first.length - 12 - 128)
    assert.deepEqual(Buffer.concat([first.subarray(140), ...payloads.slice(1).map((payload) => payload.subarray(8))]), body(3000))
  })
})

describe('interleaved frame', () => {
  const frame = interleave([body(10), body(20)], 96)

  it('marks only the last packet', () => {
    assert.deepEqual(frame.packetOffsets.map((at) => frame.bytes[at + 5]), [96, 0x80 | 96])
  })

  it('is stamped on a copy, sequence numbers wrapping', () => {
    const before = Buffer.from(frame.bytes)
    const stamped = stampFrame(frame, { channel: 2, sequence: 65_535, timestamp: 2 ** 32 + 5, ssrc: 0xdeadbeef })
    const [first = 0, second = 0] = frame.packetOffsets
    assert.deepEqual([stamped.readUInt16BE(first + 6), stamped.readUInt16BE(second + 6)], [65_535, 0])
    assert.deepEqual([stamped[second + 1], stamped.readUInt32BE(second + 8), stamped.readUInt32BE(second + 12)], [2, 5, 0xdeadbeef])
    assert.deepEqual(frame.bytes, before)
  })
})

describe('elementary streams', () => {
  const start = Buffer.from([0, 0, 0, 1])

  it('are split at both kinds of start code', () => {
    assert.deepEqual(splitAnnexB(Buffer.from([0, 0, 0, 1, 9, 8, 0, 0, 1, 7, 6])).map((unit) => [...unit]), [[9, 8], [7, 6]])
  })

  it('of H.264 give parameter sets once and a new access unit at each first slice', () => {
    const sps = Buffer.from([0x67, 1, 2])
    const pps = Buffer.from([0x68, 3])
    const key = Buffer.from([0x65, 0x88, 1])
    const second = Buffer.from([0x65, 0x48, 1])
    const next = Buffer.from([0x41, 0x9a, 2])
    const stream = parseH264(Buffer.concat([sps, pps, key, second, next, sps, pps, key].flatMap((unit) => [start, unit])))
    assert.deepEqual(stream.parameterSets, [sps, pps])
    assert.deepEqual(stream.accessUnits, [{ key: true, units: [key, second] }, { key: false, units: [next] }, { key: true, units: [key] }])
  })

  it('of H.265 tell key frames by their type', () => {
    const units = [Buffer.from([32 << 1, 1, 5]), Buffer.from([33 << 1, 1, 6]), Buffer.from([34 << 1, 1, 7]), Buffer.from([19 << 1, 1, 0x80]), Buffer.from([1 << 1, 1, 0x80])]
    const stream = parseH265(Buffer.concat(units.flatMap((unit) => [start, unit])))
    assert.equal(stream.parameterSets.length, 3)
    assert.deepEqual(stream.accessUnits.map(({ key }) => key), [true, false])
  })

  it('of JPEG are pictures', () => {
    const one = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 0xff, 0xd9])
    assert.deepEqual(parseJpegs(Buffer.concat([one, one])).accessUnits.map(({ units }) => units[0]), [one, one])
  })
})
