// Playlists one after another, as a player that follows them sees them: what may change from one to the next, over any
// camera that numbers can make. The rules are those of RFC 8216 and rfc8216bis, section 6.2.
import assert from 'node:assert/strict'
import { setUpOrigin } from './origin-fixture.ts'
import { nal, PPS, randomOf, slice, SPS } from './packager-fixture.ts'

const OTHER_SPS = Buffer.concat([SPS, Buffer.from([0x80])])

interface Seen {
  mediaSequence: number
  discontinuitySequence: number
  targetDuration: number
  /** Whole segments. */
  segments: { uri: string; seconds: number; discontinuity: boolean; map: string; dateMs: number }[]
  parts: string[]
  hint: string | null
}

function read(text: string): Seen {
  const number = (tag: string) => Number(new RegExp(`#EXT-X-${tag}:(\\d+)`).exec(text)?.[1])
  const seen: Seen = { mediaSequence: number('MEDIA-SEQUENCE'), discontinuitySequence: number('DISCONTINUITY-SEQUENCE'), targetDuration: number('TARGETDURATION'), segments: [], parts: [], hint: null }
  let [discontinuity, map, dateMs, seconds] = [false, '', NaN, NaN]
  for (const line of text.split('\n')) {
    const uri = /URI="([^"]+)"/.exec(line)?.[1] ?? ''
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true
    else if (line.startsWith('#EXT-X-MAP:')) map = uri
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) dateMs = Date.parse(line.slice(25))
    else if (line.startsWith('#EXT-X-PART:')) seen.parts.push(uri)
    else if (line.startsWith('#EXT-X-PRELOAD-HINT:')) seen.hint = uri
    else if (line.startsWith('#EXTINF:')) seconds = parseFloat(line.slice(8))
    else if (line !== '' && !line.startsWith('#')) {
      seen.segments.push({ uri: line, seconds, discontinuity, map, dateMs })
      ;[discontinuity, dateMs] = [false, NaN]
    }
  }
  return seen
}

const total = (segments: Seen['segments']) => segments.reduce((sum, { seconds }) => sum + seconds, 0)

/** What must hold from one playlist to the next one of the same name. */
function assertFollows(before: Seen, now: Seen): void {
  const gone = before.segments.filter(({ uri }) => !now.segments.some((segment) => segment.uri === uri))
  assert.deepEqual(gone, before.segments.slice(0, gone.length), 'only the oldest leave')
  assert.deepEqual(now.segments.slice(0, before.segments.length - gone.length), before.segments.slice(gone.length), 'what stays is as it was')
  assert.equal(now.mediaSequence, before.mediaSequence + gone.length, 'MEDIA-SEQUENCE counts what left')
  // The tag of a segment leaves with it.
  assert.equal(now.discontinuitySequence, before.discontinuitySequence + gone.filter(({ discontinuity }) => discontinuity).length, 'DISCONTINUITY-SEQUENCE counts the tags that left')
  assert.equal(now.targetDuration, before.targetDuration)
  // Durations are written with five digits.
  if (total(before.segments) >= 3 * before.targetDuration) assert.ok(total(now.segments) > 3 * now.targetDuration - 1e-3, `shrank to ${total(now.segments)} s`)
}

function assertSound({ segments, targetDuration }: Seen): void {
  for (const [at, { uri, seconds, discontinuity, map, dateMs }] of segments.entries()) {
    assert.ok(Math.round(seconds) <= targetDuration, `${uri} lasts ${seconds} s`)
    assert.match(map, new RegExp(`^${uri.split('-')[0]}-init\\.mp4$`), uri)
    const before = segments[at - 1]
    if (before === undefined) continue
    assert.equal(discontinuity, map !== before.map, uri)
    assert.ok(dateMs > before.dateMs, uri)
    if (discontinuity) continue
    // The media clock is followed by five milliseconds a second.
    assert.ok(Math.abs(dateMs - before.dateMs - before.seconds * 1000) <= 2 + 5 * before.seconds, `${uri} is dated ${dateMs - before.dateMs} ms after one of ${before.seconds} s`)
  }
}

describe('playlists one after another', () => {
  for (const [name, file] of Object.entries({ 'with parts': '7-live.m3u8', 'of whole segments': 'index.m3u8' })) {
    it(`${name} lose their oldest and gain at their end, counted right, through reconnects and changed parameters`, async () => {
      for (const seed of [2, 13, 29]) {
        const { packager, track, feed, text, setState, clock } = setUpOrigin()
        // Not running: the list is answered as it is, without a wait for the next segment.
        setState('starting', null)
        const random = randomOf(seed)
        let before: Seen | null = null
        let [discontinuities, longest] = [0, 0]
        packager.startTrack(track)
        feed(8, { fps: 12, gop: 12 })
        for (let round = 0; round < 150; round++) {
          if (random() < 0.1) {
            packager.endTrack()
            await clock.go(random() * 3_000)
            packager.startTrack(track)
          }
          const sps = random() < 0.15 ? OTHER_SPS : SPS
          feed(1 + Math.floor(random() * 30), { fps: 12, gop: 12, frame: (index) => (index === 0 ? { data: Buffer.concat([nal(sps), nal(PPS), slice(true)]) } : {}) })
          const now = read(await text(file))
          assertSound(now)
          if (before) assertFollows(before, now)
          discontinuities = now.discontinuitySequence
          longest = Math.max(longest, total(now.segments))
          before = now
        }
        assert.ok(discontinuities > 5 && longest >= 12 && longest < 24, `${discontinuities} discontinuities left, ${longest} s listed`)
      }
    })
  }

  it('name only what can be had, and what left can be had for as long as the list was and the segment is, however short the ring', async () => {
    const { packager, track, feed, text, get, setState, clock } = setUpOrigin(10_000)
    setState('starting', null)
    packager.startTrack(track)
    const random = randomOf(7)
    /** Until when it must be there, ms: counted from the last list that had it. */
    const owed = new Map<string, number>()
    let [before, beforeMs] = [null as Seen | null, 0]
    for (let round = 0; round < 80; round++) {
      feed(12 + Math.floor(random() * 24), { fps: 12, gop: 12 + Math.floor(random() * 24) })
      const now = read(await text('7-live.m3u8'))
      const atMs = clock.now()
      for (const { uri, map } of now.segments) assert.ok((await get(uri)).length > 0 && (await get(map)).length > 0)
      for (const uri of now.parts) assert.ok((await get(uri)).length > 0)
      for (const gone of before?.segments.filter(({ uri }) => !now.segments.some((segment) => segment.uri === uri)) ?? []) {
        owed.set(gone.uri, beforeMs + 1_000 * (gone.seconds + total(before?.segments ?? [])))
      }
      for (const uri of before?.parts.filter((part) => !now.parts.includes(part)) ?? []) owed.set(uri, beforeMs + 3_000 * now.targetDuration)
      for (const [uri, untilMs] of owed) {
        if (atMs <= untilMs) assert.ok((await get(uri)).length > 0, uri)
        else owed.delete(uri)
      }
      ;[before, beforeMs] = [now, atMs]
    }
    assert.ok(owed.size > 10)
  })

  it('hint at the very part that comes next', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(24, { fps: 12, gop: 12 })
    const random = randomOf(17)
    let [hinted, came, overtaken] = [null as string | null, 0, 0]
    for (let round = 0; round < 200; round++) {
      feed(1 + Math.floor(random() * 4), { fps: 12, gop: 1 + Math.floor(random() * 40) })
      const { parts, hint } = read(await text('7-live.m3u8'))
      if (hinted !== null && hint !== hinted) {
        if (parts.includes(hinted)) came++
        else overtaken++
      }
      hinted = hint
    }
    assert.ok(came > 30, `${came} came`)
    // Only a segment that ends earlier than was expected may take a hinted part's place.
    assert.ok(overtaken <= came / 4, `${overtaken} of ${came} never came`)
  })
})
