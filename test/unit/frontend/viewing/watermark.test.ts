// Proves that the watermark names its viewer, whatever the name holds, at every strength.
import assert from 'node:assert/strict'
import { watermarkPercent } from '#contract/watermark.ts'
import { watermarkSvg } from '../../../../frontend/src/features/viewing/watermark.ts'

describe('the watermark', () => {
  for (const [strength, drawn] of [[watermarkPercent.least, 0.15], [watermarkPercent.most, 0.5], [0, 0.15]] as const) {
    it(`names the viewer at ${strength} per cent, and is never weaker than the least`, () => {
      const svg = watermarkSvg(['王建国 149001', '2026-11-24 08:00:00'], strength)
      assert.match(svg, />王建国 149001</)
      assert.match(svg, />2026-11-24 08:00:00</)
      assert.equal(Number(/opacity="([\d.]+)"/.exec(svg)?.[1]), drawn)
    })
  }
  it('takes a name as text, never as markup', () => {
    assert.doesNotMatch(watermarkSvg(['<script>&"', ''], 20), /<script|&"/)
  })
})
