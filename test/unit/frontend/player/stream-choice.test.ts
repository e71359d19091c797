// Proves that a tile's size chooses its stream, and that it does not waver.
import assert from 'node:assert/strict'
import { StreamChooser } from '../../../../frontend/src/player/stream-choice.ts'

const tile = (widthPx: number, subWidthPx = 640, tiles = 9) => ({ widthPx, subWidthPx, tiles })

describe('the choice of a stream', () => {
  it('is the main stream when the tile is a quarter wider than the sub stream for two seconds', () => {
    const chooser = new StreamChooser('sub')
    assert.deepEqual([0, 1_999, 2_000].map((ms) => chooser.choose(ms, tile(801))), ['sub', 'sub', 'main'])
  })
  it('stays the sub stream up to a quarter more', () => {
    const chooser = new StreamChooser('sub')
    assert.deepEqual([0, 5_000].map((ms) => chooser.choose(ms, tile(800))), ['sub', 'sub'])
  })
  it('goes back only when the sub stream is as wide as the tile', () => {
    const chooser = new StreamChooser('main')
    assert.deepEqual([0, 5_000].map((ms) => chooser.choose(ms, tile(700))), ['main', 'main'])
    assert.deepEqual([6_000, 8_000].map((ms) => chooser.choose(ms, tile(640))), ['main', 'sub'])
  })
  it('forgets a wish that did not last', () => {
    const chooser = new StreamChooser('sub')
    chooser.choose(0, tile(1_000))
    chooser.choose(1_500, tile(600))
    assert.equal(chooser.choose(2_500, tile(1_000)), 'sub')
    assert.equal(chooser.choose(4_500, tile(1_000)), 'main')
  })
  it('takes a person at their word', () => {
    const chooser = new StreamChooser('sub')
    chooser.settle('main')
    assert.equal(chooser.choose(0, tile(700)), 'main')
  })
  it('is the sub stream on more than nine tiles, at once and however large they are; two seconds later the main one on nine', () => {
    const chooser = new StreamChooser('main')
    assert.deepEqual([0, 60_000].map((ms) => chooser.choose(ms, tile(960, 640, 16))), ['sub', 'sub'])
    assert.deepEqual([61_000, 62_999, 63_000].map((ms) => chooser.choose(ms, tile(1_280))), ['sub', 'sub', 'main'])
    assert.equal(chooser.choose(64_000, tile(960, 640, 16)), 'sub')
  })
  it('takes the usual width until the sub stream was seen', () => {
    assert.deepEqual([0, 2_000].map(((chooser) => (ms: number) => chooser.choose(ms, tile(801, 0)))(new StreamChooser('sub'))), ['sub', 'main'])
  })
})
