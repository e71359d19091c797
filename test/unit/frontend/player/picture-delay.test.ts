// Proves the arithmetic from a frame on screen to its delay.
import assert from 'node:assert/strict'
import { replayReach } from '../../../../frontend/src/features/viewing/replay-reach.ts'
import { delayGrade, delayOf, mediaTimeOf, pictureInstant } from '../../../../frontend/src/player/picture-delay.ts'

const fragments = [
  { start: 10, duration: 1, programDateTime: 1_000_000 },
  { start: 11, duration: 1, programDateTime: 1_001_000 },
  // A reconnect: media time goes on, the date jumps.
  { start: 12, duration: 1, programDateTime: 1_031_000 },
]

describe('the moment of a picture', () => {
  it('is the date of its fragment plus the time into it', () => {
    assert.equal(pictureInstant(fragments, 11.25), 1_001_250)
  })
  it('follows the date over a discontinuity', () => {
    assert.equal(pictureInstant(fragments, 12.5), 1_031_500)
  })
  it('reaches beyond the newest fragment that the playlist named', () => {
    assert.equal(pictureInstant(fragments, 13.5), 1_032_500)
  })
  it('is unknown without dates', () => {
    assert.equal(pictureInstant([{ start: 0, duration: 1, programDateTime: null }], 0.5), null)
    assert.equal(pictureInstant([], 0.5), null)
  })
})

describe('the delay of a picture', () => {
  it('is server time now minus the moment of the picture', () => assert.equal(delayOf(1_000, 3_600), 2_600))
  it('never claims the future', () => assert.equal(delayOf(1_000, 900), 0))
  it('is unknown for an undated picture', () => assert.equal(delayOf(null, 900), null))
  it('is graded', () => assert.deepEqual([null, 1_499, 1_500, 3_000].map(delayGrade), ['unknown', 'prompt', 'behind', 'late']))
})

describe('the place of a moment in what is played', () => {
  it('is in the fragment that shows it', () => assert.equal(mediaTimeOf(fragments, 1_001_250), 11.25))
  it('is the oldest picture for what is older, and the newest for what is not there yet', () => {
    assert.deepEqual([mediaTimeOf(fragments, 0), mediaTimeOf(fragments, 9_000_000)], [10, 13])
  })
  it('is the end of what came before, when nothing was filmed then', () => assert.equal(mediaTimeOf(fragments, 1_015_000), 12))
  it('is unknown without dates', () => assert.equal(mediaTimeOf([{ start: 0, duration: 1, programDateTime: null }], 5), null))
})

describe('how far back a key reaches', () => {
  it('is from now, or from what the replay shows, at most what memory has, and never the future', () => {
    assert.deepEqual([replayReach(10, 0, 35), replayReach(10, 10_400, 35), replayReach(30, 12_000, 35), replayReach(0, 0, 35)], [10, 20, 35, 1])
  })
})
