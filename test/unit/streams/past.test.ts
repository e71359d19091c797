// The last seconds out of a stream's memory, as a playlist: where it begins, that it goes on, how much there is.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { replaySeconds } from '#contract/live.ts'
import { defaultLimits } from '../../../streams/limits.ts'
import { setUpOrigin } from './origin-fixture.ts'

const coded = (code: string) => (error: unknown) => error instanceof AppError && error.code === code

describe('the past of a stream', () => {
  const START_MS = Date.UTC(2026, 0, 1)
  const datesOf = (list: string) => list.split('\n').filter((line) => line.startsWith('#EXT-X-PROGRAM-DATE-TIME')).map((line) => Date.parse(line.slice(25)) - START_MS)

  it('is listed from the key frame that shows the moment to the newest whole segment, without an end, and goes on', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(200)
    const list = await text(`${START_MS + 12_400}-past.m3u8`, { uriSuffix: '?k=1' })
    assert.deepEqual(datesOf(list), [12_000, 13_000, 14_000, 15_000, 16_000, 17_000, 18_000])
    assert.match(list, /7-init\.mp4\?k=1/)
    assert.doesNotMatch(list, /ENDLIST|EXT-X-PART|PRELOAD/)
    feed(10)
    assert.deepEqual(datesOf(await text(`${START_MS + 12_400}-past.m3u8`)).slice(-2), [18_000, 19_000])
  })

  it('begins with the oldest picture when more is asked for than there is, and with a segment that can be decoded', async () => {
    const { packager, track, feed, text, window } = setUpOrigin(5_000)
    packager.startTrack(track)
    feed(400, { gop: 100 })
    const dates = datesOf(await text('0-past.m3u8'))
    assert.equal(dates[0], (window.held?.fromMs ?? 0) - START_MS)
    const first = window.segments.find(({ programDateMs }) => programDateMs - START_MS === dates[0])
    assert.equal(first?.independent, true)
    assert.ok(window.segments.some(({ independent }) => !independent), 'the camera is one whose segments cannot all be begun with')
  })

  it('counts discontinuities as the live playlist does, and is refused as starting while nothing is there', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    await assert.rejects(text(`${START_MS}-past.m3u8`), coded('stream_starting'))
    packager.startTrack(track)
    feed(50)
    packager.endTrack()
    packager.startTrack(track)
    feed(50)
    const list = await text(`${START_MS}-past.m3u8`)
    assert.equal(list.split('\n').filter((line) => line === '#EXT-X-DISCONTINUITY').length, 1)
    assert.match(list, /DISCONTINUITY-SEQUENCE:0/)
  })

  it('fits 30 s and what is being made into the memory of a stream that sends as much as a camera may', () => {
    const { ringMs, ringBytes, maxBytesPerSecond, targetDurationSeconds } = defaultLimits
    const neededSeconds = 30 + targetDurationSeconds
    assert.ok(ringMs >= neededSeconds * 1000, 'in time')
    assert.ok(ringBytes >= neededSeconds * maxBytesPerSecond, 'in bytes')
    assert.ok(ringMs >= (replaySeconds.most + targetDurationSeconds) * 1000, 'what the API takes')
  })
})
