// Proves that the watermark names its viewer, whatever the name holds, at every strength.
import assert from 'node:assert/strict'
import { watermarkStrengths, watermarkSvg } from '../../../../frontend/src/features/viewing/watermark.ts'

describe('the watermark', () => {
  for (const strength of watermarkStrengths) {
    it(`names the viewer at strength ${strength} and is never invisible`, () => {
      const svg = watermarkSvg(['王建国 149001', '2026-11-24 08:00:00'], strength)
      assert.match(svg, />王建国 149001</)
      assert.match(svg, />2026-11-24 08:00:00</)
      assert.ok(Number(/opacity="([\d.]+)"/.exec(svg)?.[1]) >= 0.1)
    })
  }
  it('takes a name as text, never as markup', () => {
    assert.doesNotMatch(watermarkSvg(['<script>&"', ''], 'normal'), /<script|&"/)
  })
})
