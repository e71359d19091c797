// Pictures out of RTP packets: whatever way a camera cuts, marks, loses or times them, a picture is given out whole or not at all.
import assert from 'node:assert/strict'
import type { SourceFrame } from '../../../streams/cmaf/frame.ts'
import { H264Depacketizer, NeedsFfmpeg, type DepacketizerOptions } from '../../../streams/ingest/h264-depacketizer.ts'
import { StreamFault } from '../../../streams/stream-fault.ts'
import { HandClock, nal, PPS, randomOf, SPS } from './packager-fixture.ts'
import { packetize } from './scripted-camera.ts'

/** A slice's NAL unit; `first` = it begins at the first macroblock. */
const sliceUnit = (header: number, bytes: number, fill = 1, first = true) => Buffer.concat([Buffer.from([header, first ? 0x88 : 0x48]), Buffer.alloc(bytes, fill)])
const IDR = (bytes: number, fill = 1, first = true) => sliceUnit(0x65, bytes, fill, first)
const P = (bytes: number, fill = 1, first = true) => sliceUnit(0x41, bytes, fill, first)
const STEP = 6_000

interface PacketOptions {
  marker?: boolean
  sequence?: number
  padding?: number
  extension?: boolean
  payloadType?: number
  channel?: number
}

function setUp(options: Partial<DepacketizerOptions> = {}) {
  const frames: SourceFrame[] = []
  const depacketizer = new H264Depacketizer({ channel: 0, payloadType: 96, clockRate: 90_000, arrivalClock: null, ...options }, (frame) => void frames.push(frame))
  let sequence = 65_530
  const packet = (time: number, payload: Buffer, { marker = false, sequence: given, padding = 0, extension = false, payloadType = 96, channel = 0 }: PacketOptions = {}): Buffer => {
    const extra = extension ? Buffer.from([0xbe, 0xde, 0, 1, 9, 9, 9, 9]) : Buffer.alloc(0)
    const pad = padding > 0 ? Buffer.concat([Buffer.alloc(padding - 1), Buffer.from([padding])]) : Buffer.alloc(0)
    const head = Buffer.alloc(16)
    head[0] = 0x24
    head[1] = channel
    head.writeUInt16BE(12 + extra.length + payload.length + pad.length, 2)
    head[4] = 0x80 | (padding ? 0x20 : 0) | (extension ? 0x10 : 0)
    head[5] = payloadType | (marker ? 0x80 : 0)
    head.writeUInt16BE((given ?? sequence++) & 0xffff, 6)
    head.writeUInt32BE(time >>> 0, 8)
    return Buffer.concat([head, extra, payload, pad])
  }
  const picture = (time: number, units: readonly Buffer[]) => Buffer.concat(packetize(false, units, time, () => sequence++ & 0xffff))
  const push = (...packets: Buffer[]) => depacketizer.push(Buffer.concat(packets))
  return { frames, packet, picture, push, depacketizer, lose: () => sequence++ }
}

/** A packet of a unit that is cut into three: its first bytes, some between, its last. */
function fragment(piece: 'start' | 'middle' | 'end', unit: Buffer): Buffer {
  const header = unit[0] ?? 0
  const flags = { start: 0x80, middle: 0, end: 0x40 }[piece]
  const bytes = { start: unit.subarray(1, 100), middle: unit.subarray(100, 200), end: unit.subarray(200) }[piece]
  return Buffer.concat([Buffer.from([(header & 0xe0) | 28, flags | (header & 31)]), bytes])
}

/** Two pictures have come; the camera's markers are proven. */
function setUpBegun() {
  const begun = setUp()
  begun.push(begun.picture(0, [IDR(10)]), begun.picture(STEP, [P(10)]))
  return begun
}

const texts = (frames: readonly SourceFrame[]) => frames.map(({ dts, key, data }) => `${dts}${key ? 'K' : ''}:${data.length}`)

describe('pictures out of H.264 packets', () => {
  it('are the camera’s units with lengths, whatever their size and however the bytes arrive', () => {
    const random = randomOf(7)
    const units = Array.from({ length: 60 }, (_, at) => (at % 12 === 0 ? [SPS, PPS, IDR(1 + Math.floor(random() * 200_000), at)] : [P(1 + Math.floor(random() * 4_000), at)]))
    const { picture } = setUp()
    const stream = Buffer.concat(units.map((unit, at) => picture(at * STEP, unit)))
    for (const most of [1, 7, 1_000, 70_000, stream.length]) {
      const { frames, push } = setUp()
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + 1 + Math.floor(random() * most))
        push(Buffer.from(stream.subarray(at, end)))
        at = end
      }
      assert.equal(frames.length, units.length, `in pieces of up to ${most} bytes`)
      frames.forEach((frame, at) => {
        const lengths = (units[at] ?? []).map((unit) => {
          const head = Buffer.alloc(4)
          head.writeUInt32BE(unit.length)
          return Buffer.concat([head, unit])
        })
        assert.ok(frame.data.equals(Buffer.concat(lengths)), `picture ${at}`)
        assert.deepEqual([frame.dts, frame.compositionOffset, frame.key], [at * STEP, 0, at % 12 === 0])
      })
    }
  })

  it('keep their bytes when the memory that they were read from is used again', () => {
    const { frames, picture, depacketizer } = setUp()
    const reading = picture(0, [IDR(500, 7)])
    depacketizer.push(reading)
    const next = picture(STEP, [P(100, 8)])
    depacketizer.push(next)
    reading.fill(0)
    assert.ok(frames[0]?.data.subarray(6).every((byte) => byte === 7))
  })

  it('come with their last packet once the camera’s markers are proven, the first one with the next', () => {
    const { frames, picture, push } = setUp()
    push(picture(0, [SPS, PPS, IDR(10)]))
    assert.equal(frames.length, 0)
    push(picture(STEP, [P(10)]))
    assert.equal(frames.length, 2)
    push(picture(2 * STEP, [P(10)]))
    assert.equal(frames.length, 3)
  })

  it('are not cut by a camera that marks every slice', () => {
    const { frames, packet, push } = setUp()
    for (let at = 0; at < 4; at++) push(packet(at * STEP, IDR(20), { marker: true }), packet(at * STEP, IDR(30, 1, false), { marker: true }))
    assert.deepEqual(texts(frames), [0, 1, 2].map((at) => `${at * STEP}K:${4 + 22 + 4 + 32}`))
  })

  it('are given out without what comes behind a marker that was believed, and from then on whole', () => {
    const { frames, packet, push } = setUp()
    push(packet(0, IDR(10), { marker: true }), packet(STEP, P(10), { marker: true }))
    for (let at = 2; at < 5; at++) push(packet(at * STEP, P(20), { marker: true }), packet(at * STEP, P(30, 1, false), { marker: true }))
    assert.deepEqual(texts(frames), ['0K:16', `${STEP}:16`, `${2 * STEP}:26`, `${3 * STEP}:${4 + 22 + 4 + 32}`])
  })

  it('keep parameter sets that have a marker of their own', () => {
    const { frames, packet, push } = setUp()
    for (let at = 0; at < 3; at++) push(packet(at * STEP, SPS, { marker: true }), packet(at * STEP, PPS, { marker: true }), packet(at * STEP, IDR(10), { marker: true }))
    const whole = nal(SPS).length + nal(PPS).length + 16
    assert.deepEqual(texts(frames), [0, 1, 2].map((at) => `${at * STEP}K:${whole}`))
  })

  it('are told apart by their slices when the camera’s clock stands still', () => {
    const { frames, packet, push } = setUp()
    for (let at = 0; at < 5; at++) push(packet(77, P(10, at)), packet(77, P(20, at, false)))
    assert.deepEqual(texts(frames), Array.from({ length: 4 }, () => `0:${4 + 12 + 4 + 22}`))
  })

  it('are read out of aggregates, with padding and header extensions left out', () => {
    const { frames, packet, push } = setUp()
    const part = (unit: Buffer) => Buffer.concat([Buffer.from([unit.length >> 8, unit.length & 255]), unit])
    const aggregate = Buffer.concat([Buffer.from([24]), part(SPS), part(PPS), part(IDR(9))])
    push(packet(0, aggregate, { marker: true, padding: 8, extension: true }), packet(STEP, P(3), { marker: true, padding: 4 }))
    assert.ok(frames[0]?.data.equals(Buffer.concat([nal(SPS), nal(PPS), nal(IDR(9))])))
    assert.ok(frames[1]?.data.equals(nal(P(3))))
  })

  it('are left out when a packet of theirs is missing, and those around them are not', () => {
    const { frames, packet, picture, push, lose } = setUp()
    push(picture(0, [IDR(10)]), picture(STEP, [P(10)]))
    const big = P(4_000)
    push(packet(2 * STEP, Buffer.concat([Buffer.from([0x5c, 0x81]), big.subarray(1, 1_000)])))
    lose()
    push(packet(2 * STEP, Buffer.concat([Buffer.from([0x5c, 0x41]), big.subarray(2_000)]), { marker: true }))
    push(picture(3 * STEP, [P(11)]))
    lose()
    push(packet(4 * STEP, P(12, 1, false), { marker: true }), picture(5 * STEP, [P(13)]))
    assert.deepEqual(texts(frames), ['0K:16', `${STEP}:16`, `${3 * STEP}:17`, `${5 * STEP}:19`])
  })

  it('are not left out because the one before has lost its beginning', () => {
    for (const key of [false, true]) {
      const { frames, packet, picture, push, lose } = setUp()
      push(picture(0, [IDR(10)]), picture(STEP, [P(10)]))
      lose()
      push(packet(2 * STEP, fragment('end', IDR(500)), { marker: true }))
      push(picture(3 * STEP, key ? [SPS, PPS, IDR(11)] : [P(11)]), picture(4 * STEP, [P(12)]))
      const third = key ? `K:${nal(SPS).length + nal(PPS).length + 17}` : ':17'
      assert.deepEqual(texts(frames), ['0K:16', `${STEP}:16`, `${3 * STEP}${third}`, `${4 * STEP}:18`])
    }
  })

  it('begin with the first whole one when the camera is joined inside of a picture', () => {
    for (const marker of [true, false]) {
      const { frames, packet, picture, push } = setUp()
      push(packet(0, fragment('middle', IDR(500))), packet(0, fragment('end', IDR(500)), { marker }))
      push(picture(STEP, [SPS, PPS, IDR(10)]), picture(2 * STEP, [P(10)]), picture(3 * STEP, [P(11)]))
      assert.deepEqual(texts(frames), [`${STEP}K:${nal(SPS).length + nal(PPS).length + 16}`, `${2 * STEP}:16`, `${3 * STEP}:17`])
    }
  })

  it('are left out whole when the first slice of theirs has lost its beginning and another has not', () => {
    const { frames, packet, picture, push, lose } = setUp()
    push(picture(0, [IDR(10)]), picture(STEP, [P(10)]))
    lose()
    push(packet(2 * STEP, fragment('end', P(500))), packet(2 * STEP, P(20, 1, false), { marker: true }), picture(3 * STEP, [P(11)]))
    assert.deepEqual(texts(frames), ['0K:16', `${STEP}:16`, `${3 * STEP}:17`])
  })

  it('are left out when a unit of theirs does not end, and none of its bytes get into another', () => {
    const unfinished: [string, (setUp: ReturnType<typeof setUpBegun>) => Buffer[]][] = [
      ['another unit follows', ({ packet }) => [packet(2 * STEP, fragment('start', P(500))), packet(2 * STEP, P(20, 1, false), { marker: true })]],
      ['another fragmented unit follows', ({ packet }) => [packet(2 * STEP, fragment('start', P(500))), packet(2 * STEP, fragment('start', P(500, 1, false))), packet(2 * STEP, fragment('end', P(500)), { marker: true })]],
      ['an aggregate follows', ({ packet }) => [packet(2 * STEP, fragment('start', P(500))), packet(2 * STEP, Buffer.concat([Buffer.from([24, 0, 4]), P(2, 1, false)]), { marker: true })]],
      ['a message came before and nothing follows', ({ packet }) => [packet(2 * STEP, Buffer.from([6, 1, 1, 1])), packet(2 * STEP, fragment('start', P(500)), { marker: true })]],
    ]
    for (const [condition, packets] of unfinished) {
      const begun = setUpBegun()
      begun.push(...packets(begun), begun.picture(3 * STEP, [P(11)]))
      assert.deepEqual(texts(begun.frames), ['0K:16', `${STEP}:16`, `${3 * STEP}:17`], condition)
      assert.ok(begun.frames[2]?.data.equals(nal(P(11))), condition)
    }
  })

  it('go on over the wrap of the camera’s 32-bit clock and of its packet numbers', () => {
    const { frames, picture, push } = setUp()
    for (let at = 0; at < 12; at++) push(picture(2 ** 32 - 3 * STEP + at * STEP, [P(5)]))
    assert.deepEqual(frames.map(({ dts }) => dts), Array.from({ length: 12 }, (_, at) => at * STEP))
  })

  it('follow the camera’s clock when it is set back by an hour', () => {
    const { frames, picture, push } = setUp()
    push(picture(90_000 * 3_600, [P(5)]), picture(90_000 * 3_600 + STEP, [P(5)]), picture(0, [P(5)]), picture(STEP, [P(5)]))
    assert.deepEqual(frames.map(({ dts }) => dts), [0, STEP, -90_000 * 3_600, STEP - 90_000 * 3_600])
  })

  it('carry arrival times where the camera’s cannot be used', () => {
    const clock = new HandClock()
    const { frames, picture, push } = setUp({ arrivalClock: clock })
    push(picture(5, [IDR(5)]), picture(5, [P(5)]))
    clock.advance(500)
    push(picture(5, [P(5)]))
    clock.advance(500)
    push(picture(5, [P(5)]))
    assert.deepEqual(frames.map(({ dts }) => dts), [0, 0, 45_000, 90_000].slice(0, frames.length))
    assert.ok(frames.length >= 3)
  })

  it('are nothing but the video: other channels, other payload types, reports and rubbish are passed over', () => {
    const { frames, packet, picture, push } = setUp()
    push(picture(0, [IDR(5)]), packet(9, P(5), { channel: 1 }), packet(9, P(5), { payloadType: 8, sequence: 3 }), Buffer.from([0x24, 0, 0, 3, 1, 2, 3]), packet(9, Buffer.alloc(0)), picture(STEP, [P(5)]))
    assert.deepEqual(texts(frames), ['0K:11', `${STEP}:11`])
  })

  it('are left to ffmpeg when they are shown in another order than they come', () => {
    const { frames, picture, push } = setUp()
    assert.throws(() => {
      for (const at of [0, 3, 1, 2, 6, 4, 5]) push(picture(at * STEP, [P(5)]))
    }, NeedsFfmpeg)
    assert.ok(frames.length > 0)
  })

  it('are left to ffmpeg when packets are interleaved (RFC 6184 mode 2)', () => {
    const { packet, push } = setUp()
    for (const type of [25, 26, 27, 29]) assert.throws(() => push(packet(0, Buffer.from([0x60 | type, 1, 2, 3, 4]))), NeedsFfmpeg)
  })

  it('end the pull when one is larger than any camera sends', () => {
    const { packet, push } = setUp()
    push(packet(0, Buffer.concat([Buffer.from([0x7c, 0x85]), Buffer.alloc(1_000)])))
    const more = Buffer.concat(Array.from({ length: 100 }, () => packet(0, Buffer.concat([Buffer.from([0x7c, 0x05]), Buffer.alloc(60_000)]))))
    assert.throws(() => {
      for (let at = 0; at < 2; at++) push(more)
    }, (error: unknown) => error instanceof StreamFault && error.fault.code === 'stream_undecodable')
  })

  it('are given out, all that have come whole and nothing else, whichever packets are missing', () => {
    const random = randomOf(3)
    for (let round = 0; round < 150; round++) {
      const pictures = Array.from({ length: 40 }, (_, at) => Array.from({ length: 1 + Math.floor(random() * 3) }, (_none, slice) => sliceUnit(at % 8 === 0 ? 0x65 : 0x41, 1 + Math.floor(random() * 6_000), at, slice === 0)))
      const { frames, push } = setUp()
      let sequence = 65_530
      const whole = pictures.map((units, at) => {
        const packets = packetize(false, units, at * STEP, () => sequence++ & 0xffff)
        // Heads and payloads in turn. The first two pictures prove the markers.
        const kept = packets.map((_packet, index) => at < 2 || index % 2 === 1 || random() < 0.9)
        push(...packets.filter((_packet, index) => kept[index - (index % 2)]))
        return kept.every((isKept) => isKept)
      })
      const expected = pictures.flatMap((units, at) => (whole[at] ? [{ dts: at * STEP, data: Buffer.concat(units.map(nal)) }] : []))
      assert.deepEqual(frames.map(({ dts }) => dts), expected.map(({ dts }) => dts), `round ${round}`)
      frames.forEach(({ data }, at) => assert.ok(data.equals(expected[at]?.data ?? Buffer.alloc(0)), `round ${round}`))
    }
  })

  it('never bring the reader down, whatever bytes come', () => {
    const random = randomOf(11)
    for (let round = 0; round < 400; round++) {
      const { frames, packet, push } = setUp()
      try {
        for (let at = 0; at < 12; at++) push(packet(Math.floor(random() * 4) * STEP, Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256))), { marker: random() < 0.5, padding: random() < 0.2 ? 1 + Math.floor(random() * 200) : 0 }))
      } catch (error) {
        assert.ok(error instanceof StreamFault, String(error))
      }
      for (const { data } of frames) assert.ok(wholeUnits(data))
    }
  })
})

function wholeUnits(data: Buffer): boolean {
  let at = 0
  while (at + 4 <= data.length) at += 4 + data.readUInt32BE(at)
  return at === data.length
}
