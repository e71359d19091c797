// Parameter sets inside the frames: known again by their ids, changed by their bytes, bounded in number.
import assert from 'node:assert/strict'
import { BitWriter } from '../../../streams/cmaf/bits.ts'
import { codecsOf } from '../../../streams/cmaf/codec.ts'
import type { ParameterSets } from '../../../streams/cmaf/frame.ts'
import { h265SpsId } from '../../../streams/cmaf/h265-sps.ts'
import { applyInBand } from '../../../streams/cmaf/parameter-sets.ts'
import { nal, PPS, setUpPackager, slice, SPS } from './packager-fixture.ts'

/** @param more a value further back, for another set of the same id */
function pps(id: number, spsId = 0, more = 0, header = [0x68]): Buffer {
  const bits = new BitWriter()
  for (const value of [id, spsId, more]) bits.ue(value)
  return Buffer.concat([Buffer.from(header), bits.finish()])
}

const long = (set: Buffer, bytes = 4_000) => Buffer.concat([set, Buffer.alloc(bytes - set.length, 1)])

function sps(id: number, profile = 66, more = 0): Buffer {
  const bits = new BitWriter()
  for (const value of [id, more]) bits.ue(value)
  return Buffer.concat([Buffer.from([0x67, profile, 0xc0, 0x16]), bits.finish()])
}

const known: ParameterSets = { sps: [sps(0)], pps: [pps(0)] }

describe('parameter sets in the frames', () => {
  it('change nothing when they are known, in whatever part they come', () => {
    const both = { sps: [sps(0)], pps: [pps(0), pps(1)] }
    for (const inBand of [both, { sps: [], pps: [pps(1)] }, { sps: [sps(0)], pps: [] }, { sps: [], pps: [] }]) assert.equal(applyInBand(both, inBand), both)
  })

  it('are added when their id is new, and replaced when it is known', () => {
    assert.deepEqual(applyInBand(known, { sps: [], pps: [pps(1)] }), { sps: [sps(0)], pps: [pps(0), pps(1)] })
    assert.deepEqual(applyInBand({ ...known, pps: [pps(0), pps(1)] }, { sps: [], pps: [pps(0, 0, 5)] }), { sps: [sps(0)], pps: [pps(1), pps(0, 0, 5)] })
    assert.deepEqual(applyInBand({ sps: [], pps: [] }, { sps: [sps(3)], pps: [pps(200, 3)] }), { sps: [sps(3)], pps: [pps(200, 3)] })
  })

  it('of one frame with the same id count as the last of them', () => {
    assert.deepEqual(applyInBand(known, { sps: [], pps: [pps(1, 0, 1), pps(1, 0, 2)] }).pps, [pps(0), pps(1, 0, 2)])
    assert.equal(applyInBand(known, { sps: [], pps: [pps(0, 0, 9), pps(0)] }), known)
  })

  it('drop the PPS of an SPS that is another, unless none came along', () => {
    const two = { sps: [sps(0), sps(1)], pps: [pps(0, 0), pps(1, 1), pps(2, 0)] }
    assert.deepEqual(applyInBand(two, { sps: [sps(0, 100)], pps: [pps(0, 0)] }), { sps: [sps(0, 100), sps(1)], pps: [pps(1, 1), pps(0, 0)] })
    assert.deepEqual(applyInBand(two, { sps: [sps(0, 100)], pps: [] }), { sps: [sps(0, 100), sps(1)], pps: two.pps })
  })

  it('name a new SPS first: the codec and the size are its', () => {
    const after = applyInBand(known, { sps: [sps(1, 100)], pps: [pps(1, 1)] })
    assert.equal(codecsOf({ codec: 'h264', parameterSets: after }), 'avc1.64c016')
    assert.equal(after.sps.length, 2)
  })

  it('are no more than an init segment can count, whatever a camera sends', () => {
    const hostile = Array.from({ length: 2_000 }, (_, id) => id)
    const after = applyInBand(known, { sps: hostile.map((id) => sps(id)), pps: [...hostile.map((id) => pps(id)), Buffer.concat([pps(7), Buffer.alloc(70_000, 1)])] })
    assert.deepEqual([after.sps.length, after.pps.length], [31, 255])
    assert.ok(after.pps.every((set) => set.length < 100))
    assert.equal(applyInBand(known, { sps: [], pps: [Buffer.concat([pps(7), Buffer.alloc(70_000, 1)])] }), known)
    for (let length = 0; length < 6; length++) applyInBand(known, { sps: [sps(9).subarray(0, length)], pps: [pps(9).subarray(0, length)] })
  })

  it('take no more than 16 KiB together, and the newest stay', () => {
    const ids = Array.from({ length: 31 }, (_, id) => id)
    const after = applyInBand(known, { sps: ids.map((id) => long(sps(id))), pps: ids.map((id) => long(pps(id))) })
    assert.deepEqual([after.sps, after.pps], [[long(sps(0))], [long(pps(30))]])
    assert.deepEqual(applyInBand({ sps: [sps(0)], pps: [long(pps(0)), pps(1)] }, { sps: [sps(1)], pps: [long(pps(2))] }), { sps: [sps(1), sps(0)], pps: [pps(1), long(pps(2))] })
    const withLists = ids.slice(0, 8)
    const usual = { sps: withLists.map((id) => long(sps(id), 400)), pps: withLists.map((id) => long(pps(id, id), 400)) }
    assert.deepEqual(applyInBand({ sps: [], pps: [] }, usual), usual, 'as many with scaling lists as no camera has')
  })

  it('of H.265 are told apart by their ids too, an SPS behind its levels', () => {
    const set = Buffer.from('420101016000000300900000030000030078a003c08010e5964a924caf016808000003000800000300c840', 'hex')
    assert.equal(h265SpsId(set), 0)
    // After the level (0x78) the id begins: 1 = 0; 010 = 1.
    const other = Buffer.from(set)
    other[18] = 0x40 | ((other[18] ?? 0) & 0x1f)
    assert.equal(h265SpsId(other), 1)
    const header = [0x44, 1]
    const current = { vps: [Buffer.from('40010c01', 'hex')], sps: [set], pps: [pps(0, 0, 0, header)] }
    const after = applyInBand(current, { vps: [], sps: [], pps: [pps(1, 0, 0, header)] })
    assert.deepEqual(after, { ...current, pps: [pps(0, 0, 0, header), pps(1, 0, 0, header)] })
    assert.equal(applyInBand(after, { vps: [], sps: [], pps: [pps(0, 0, 0, header)] }), after)
  })
})

describe('a camera that goes from one SPS to another and back', () => {
  it('is told by the one that its key frame carries, at each change', () => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack({ ...track, parameterSets: { sps: [sps(0)], pps: [pps(0)] } })
    const key = (id: number) => Buffer.concat([nal(sps(id, id === 0 ? 66 : 100)), nal(pps(id, id)), slice(true)])
    for (const id of [0, 0, 1, 1, 0, 0]) feed(10, { frame: (index) => (index === 0 ? { data: key(id) } : {}) })
    const codecs = [...new Set(window.segments.map(({ epoch }) => epoch))].map((epoch) => codecsOf(window.init(epoch)?.description ?? assert.fail()))
    assert.deepEqual(codecs, ['avc1.42c016', 'avc1.64c016', 'avc1.42c016'])
  })

  it('stays as it is when other pictures than key frames carry the other', () => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack({ ...track, parameterSets: { sps: [sps(0), sps(1)], pps: [pps(0), pps(1, 1)] } })
    const sent = (index: number) => (index % 10 === 0 ? [nal(sps(0)), slice(true)] : index % 10 === 3 ? [nal(sps(1)), slice(false)] : [slice(false)])
    feed(50, { frame: (index) => ({ data: Buffer.concat(sent(index)) }) })
    assert.equal(window.newestEpoch, 7)
  })
})

describe('a camera whose pictures refer to different PPS', () => {
  const run = (sdp: Buffer[]) => {
    const { packager, track, feed, window } = setUpPackager()
    packager.startTrack({ ...track, parameterSets: { sps: [SPS], pps: sdp } })
    const sent = (index: number) => (index % 10 === 0 ? [nal(SPS), nal(PPS), slice(true)] : index % 10 === 3 ? [nal(pps(1)), slice(false)] : [slice(false)])
    feed(50, { frame: (index) => ({ data: Buffer.concat(sent(index)) }) })
    return window
  }

  it('is shown, with all of them in one init segment, though each key frame carries only its own', () => {
    const window = run([PPS])
    assert.ok(window.segments.length > 2 && new Set(window.segments.map(({ epoch }) => epoch)).size <= 2)
    assert.deepEqual(window.init(window.newestEpoch)?.description.parameterSets.pps, [PPS, pps(1)])
  })

  it('is shown at once when its description names them all', () => {
    const window = run([PPS, pps(1)])
    assert.deepEqual([window.newestEpoch, window.segments[0]?.durationSeconds.toFixed(1)], [7, '0.3'])
  })
})
