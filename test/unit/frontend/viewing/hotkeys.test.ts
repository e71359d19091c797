// Proves the keys of the wall and the seconds that a tag means.
import assert from 'node:assert/strict'
import { actionOf, wallKeys } from '../../../../frontend/src/features/viewing/hotkeys.ts'
import { tagSpan } from '../../../../frontend/src/features/viewing/tag-span.ts'

const press = (key: string, held: { ctrlKey?: boolean; altKey?: boolean; metaKey?: boolean } = {}) => actionOf({ key, ctrlKey: false, altKey: false, metaKey: false, ...held })

describe('the keys of the wall', () => {
  it('tag with T in either case', () => assert.deepEqual([press('t'), press('T')], [{ kind: 'tag' }, { kind: 'tag' }]))
  it('choose the grid by digit', () => {
    assert.deepEqual(['1', '2', '3', '4', '5', '6', '7', '8'].map((key) => press(key)), [1, 4, 9, 16, 25, 36, 6, 8].map((size) => ({ kind: 'grid', size })))
  })
  it('leave combinations to the browser', () => {
    assert.equal(press('t', { ctrlKey: true }), undefined)
    assert.equal(press('1', { altKey: true }), undefined)
    assert.equal(press('f', { metaKey: true }), undefined)
  })
  it('have one meaning each', () => {
    const keys = wallKeys.flatMap((row) => row.keys)
    assert.equal(new Set(keys).size, keys.length)
  })
})

describe('a tag from the wall', () => {
  const now = Date.parse('2026-11-23T12:00:20.000Z')
  it('ends with the picture on screen, which is older than now by the measured delay', () => {
    assert.deepEqual(tagSpan(now, 2_500), { from: '2026-11-23T12:00:07.500Z', to: '2026-11-23T12:00:17.500Z' })
  })
  it('ends now when no delay is known', () => {
    assert.deepEqual(tagSpan(now, null), { from: '2026-11-23T12:00:10.000Z', to: '2026-11-23T12:00:20.000Z' })
  })
})
