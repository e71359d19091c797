// The sequence parameter set: read and rewritten, with sets of x264 and of cameras in the field.
import assert from 'node:assert/strict'
import { BitReader, BitWriter, withEmulation, withoutEmulation } from '../../../streams/cmaf/bits.ts'
import { splitFrame } from '../../../streams/cmaf/h264.ts'
import { pictureSize, readSps, withoutReordering } from '../../../streams/cmaf/sps.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const base64 = (text: string) => Buffer.from(text, 'base64')

/** From encoders and from published session descriptions of cameras. */
const sets: Record<string, { sps: Buffer; size: [number, number]; refs: number; reorders: number | null; cannotReorder: boolean }> = {
  'x264 baseline': { sps: hex('6742c028da01e0089f97011000000300100000030320f1832a'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: true },
  'x264 main with B-frames': { sps: hex('674d4028eca03c0113f2e022000003000200000300641e30632c'), size: [1920, 1080], refs: 4, reorders: 2, cannotReorder: false },
  'x264 high without B-frames': { sps: hex('67640028acb403c0113f2e0220000003002000000641e30654'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: true },
  'x264 high with NAL HRD': { sps: hex('67640028acb403c0113f2e022000000300200000065c08001e848003d09c98400f1832a0'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: true },
  'x264 interlaced': { sps: hex('67640028ace8078044fde022000003000200000300643e2c5d40'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: false },
  'x264 4:4:4 with scaling matrices': { sps: hex('67f40028919680780227e27011000003000100000300320f1832a0'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: true },
  'a Hikvision without VUI': { sps: base64('Z00AHpWoLASZ'), size: [704, 576], refs: 1, reorders: null, cannotReorder: true },
  'a Hikvision with VUI and no restriction': { sps: base64('Z00AH5pmAoAt/zUBAQFAAAD6AAAdTAE='), size: [1280, 720], refs: 2, reorders: null, cannotReorder: false },
  'a Dahua': { sps: base64('Z00AMpY1QFAB403AQEBQAABwgAAV+QBA'), size: [2560, 1920], refs: 1, reorders: null, cannotReorder: false },
  'an Axis with a restriction': { sps: base64('Z2QAKaw0yAeAIn5cBbgICAoAAAfQAAGGodDAABfWoAAAX1ppd5caGAAC+tQAAAvrTS7y4b6g'), size: [1920, 1080], refs: 1, reorders: 0, cannotReorder: false },
}

describe('the sequence parameter set', () => {
  for (const [name, { sps, size, refs, reorders, cannotReorder }] of Object.entries(sets)) {
    it(`of ${name} is read`, () => {
      const facts = readSps(sps)
      assert.ok(facts)
      assert.deepEqual([facts.width, facts.height, facts.maxRefFrames, facts.reorders, facts.cannotReorder], [...size, refs, reorders, cannotReorder])
    })

    it(`of ${name} says after the rewrite that no frame is reordered, and all else as before`, () => {
      const told = withoutReordering(sps)
      const [before, after] = [readSps(sps), readSps(told)]
      assert.ok(before && after)
      assert.equal(after.reorders, 0)
      assert.deepEqual({ ...after, reorders: null, keepBits: 0, hasVui: true, restriction: null }, { ...before, reorders: null, keepBits: 0, hasVui: true, restriction: null })
      assert.equal(withoutReordering(told), told, 'a second rewrite changes it')
      assert.doesNotMatch(told.toString('latin1'), /\0\0[\0-\x02]|\0\0\x03[^\0-\x03]|\0$/, 'emulation prevention')
    })
  }

  it('is handed back as it is when it already says what the rewrite would', () => {
    const { sps } = sets['x264 baseline'] ?? assert.fail()
    assert.equal(withoutReordering(withoutReordering(sps)), withoutReordering(sps))
  })

  it('is not touched when it is cut short, has more behind it or makes no sense', () => {
    const { sps } = sets['an Axis with a restriction'] ?? assert.fail()
    for (let length = 0; length < sps.length - 1; length++) {
      const cut = sps.subarray(0, length)
      const told = withoutReordering(cut)
      if (told !== cut) assert.equal(readSps(told)?.reorders, 0, `cut to ${length}`)
    }
    const more = Buffer.concat([sps, Buffer.from([0x80])])
    assert.equal(withoutReordering(more), more)
    assert.equal(pictureSize(Buffer.alloc(3)), null)
  })

  it('survives random bytes: never a throw, and what is rewritten can be read', () => {
    let seed = 7
    const random = () => (seed = (seed * 48_271) % 2_147_483_647)
    for (let run = 0; run < 5_000; run++) {
      const bytes = Buffer.from([0x67, ...Array.from({ length: 4 + (random() % 40) }, () => (random() % 3 === 0 ? 0 : random() & 255))])
      const told = withoutReordering(bytes)
      if (told !== bytes) assert.equal(readSps(told)?.reorders, 0)
    }
  })
})

describe('bits', () => {
  it('come back as they were written, whatever the numbers', () => {
    const numbers = [0, 1, 2, 3, 7, 8, 255, 256, 65_535, 1_000_000, 2 ** 31 - 2]
    const writer = new BitWriter()
    for (const value of numbers) writer.ue(value)
    const reader = new BitReader(writer.finish())
    assert.deepEqual(numbers.map(() => reader.ue()), numbers)
  })

  it('carry emulation prevention exactly where the standard asks for it', () => {
    const bytes = hex('67000000000000010000020000030000044200')
    assert.deepEqual(withEmulation(bytes), hex('67000003000003000003010000030200000303000004' + '4200'))
    assert.deepEqual(withoutEmulation(withEmulation(bytes)), bytes)
  })
})

describe('slices', () => {
  const frame = (...nal: number[]) => Buffer.from([0, 0, 0, nal.length, ...nal])

  it('tell B-frames from the others', () => {
    // first_mb 0, slice_type 5 (P), 7 (I), 6 and 1 (B), and one of macroblock 3 on.
    assert.equal(splitFrame(frame(0x41, 0b10011000)).bidirectional, false)
    assert.equal(splitFrame(frame(0x41, 0b10001000)).bidirectional, false)
    assert.equal(splitFrame(frame(0x41, 0b10011100)).bidirectional, true)
    assert.equal(splitFrame(frame(0x01, 0b10100000)).bidirectional, true)
    assert.equal(splitFrame(frame(0x01, 0b00100010, 0)).bidirectional, true)
  })
})
