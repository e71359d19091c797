// Playlists one after another, as a player that follows them sees them: what may change from one to the next, over any
// camera that numbers can make.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { assertFollows, assertParts, assertSound, readPlaylist, total, type SeenPlaylist } from '../../support/playlist-rules.ts'
import { setUpOrigin } from './origin-fixture.ts'
import { nal, PPS, randomOf, slice, SPS } from './packager-fixture.ts'

const OTHER_SPS = Buffer.concat([SPS, Buffer.from([0x80])])

/** Holds each name to the bytes that it had when it was first listed: what is listed is whole, and never changes. */
function immutables(get: (name: string) => Promise<Buffer>) {
  const digests = new Map<string, string>()
  const assertSame = async (uri: string) => {
    const bytes = await get(uri)
    const digest = createHash('sha256').update(bytes).digest('hex')
    assert.ok(bytes.length > 0 && digest === (digests.get(uri) ?? digest), `${uri} has other bytes than it was listed with`)
    digests.set(uri, digest)
  }
  const assertListed = async ({ segments, parts }: SeenPlaylist) => {
    for (const uri of new Set([...segments.flatMap((segment) => [segment.map, segment.uri]), ...parts])) await assertSame(uri)
  }
  return { digests, assertSame, assertListed }
}

describe('playlists one after another', () => {
  for (const [name, file] of Object.entries({ 'with parts': '7-live.m3u8', 'of whole segments': 'index.m3u8' })) {
    it(`${name} lose their oldest and gain at their end, counted right, through reconnects and changed parameters, and no name ever has other bytes`, async () => {
      for (const seed of [2, 13, 29]) {
        const { packager, track, feed, text, get, setState, clock } = setUpOrigin()
        const names = immutables(get)
        // Not running: the list is answered as it is, without a wait for the next segment.
        setState('starting', null)
        const random = randomOf(seed)
        let before: SeenPlaylist | null = null
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
          const list = await text(file)
          const now = readPlaylist(list)
          assertSound(now)
          if (now.hint !== null) assertParts(list)
          if (before) assertFollows(before, now)
          await names.assertListed(now)
          discontinuities = now.discontinuitySequence
          longest = Math.max(longest, total(now.segments))
          before = now
        }
        assert.ok(names.digests.size > 150, `${names.digests.size} names`)
        assert.ok(discontinuities > 5 && longest >= 12 && longest < 24, `${discontinuities} discontinuities left, ${longest} s listed`)
      }
    })
  }

  it('name only what can be had, and what left can be had for as long as the list was and the segment is, however short the ring', async () => {
    const { packager, track, feed, text, get, setState, clock } = setUpOrigin(10_000)
    const names = immutables(get)
    setState('starting', null)
    packager.startTrack(track)
    const random = randomOf(7)
    /** Until when it must be there, ms: counted from the last list that had it. */
    const owed = new Map<string, number>()
    let [before, beforeMs] = [null as SeenPlaylist | null, 0]
    for (let round = 0; round < 80; round++) {
      feed(12 + Math.floor(random() * 24), { fps: 12, gop: 12 + Math.floor(random() * 24) })
      const now = readPlaylist(await text('7-live.m3u8'))
      const atMs = clock.now()
      await names.assertListed(now)
      for (const gone of before?.segments.filter(({ uri }) => !now.segments.some((segment) => segment.uri === uri)) ?? []) {
        owed.set(gone.uri, beforeMs + 1_000 * (gone.seconds + total(before?.segments ?? [])))
      }
      for (const uri of before?.parts.filter((part) => !now.parts.includes(part)) ?? []) owed.set(uri, beforeMs + 3_000 * now.targetDuration)
      for (const [uri, untilMs] of owed) {
        if (atMs <= untilMs) await names.assertSame(uri)
        else owed.delete(uri)
      }
      ;[before, beforeMs] = [now, atMs]
    }
    assert.ok(owed.size > 10)
  })

  it('gain nothing while the camera is away, and afterwards tell of the gap by a discontinuity and its date alone', async () => {
    const { packager, track, feed, text, setState, clock } = setUpOrigin()
    const files = ['7-live.m3u8', 'index.m3u8']
    const texts = () => Promise.all(files.map((file) => text(file)))
    packager.startTrack(track)
    feed(12 * 20 + 5, { fps: 12, gop: 12 })
    packager.endTrack()
    setState('backing-off', { code: 'unreachable', retry: 'soon', detail: '' })
    const last = await texts()
    const goneMs = clock.now()
    // Media that is missing could be told as EXT-X-GAP; nobody would play the better for it, and VLC plays worse.
    for (let away = 0; away < 30; away++) {
      await clock.go(1_000)
      assert.deepEqual(await texts(), last)
    }
    setState('starting', null)
    packager.startTrack(track)
    feed(12 * 3 + 1, { fps: 12, gop: 12 })
    for (const [at, list] of (await texts()).entries()) {
      const [before, now] = [readPlaylist(last[at] ?? ''), readPlaylist(list)]
      assertSound(now)
      assertFollows(before, now)
      assert.doesNotMatch(list, /GAP/)
      const newest = before.segments.at(-1)
      const [first, ...more] = now.segments.slice(now.segments.findIndex(({ uri }) => uri === newest?.uri) + 1)
      assert.ok(newest && first && more.length > 1)
      assert.equal(first.uri, `8-${Number(/-(\d+)/.exec(newest.uri)?.[1]) + 1}.m4s`, 'numbers go on without a gap')
      assert.deepEqual([first.discontinuity, ...more.map(({ discontinuity }) => discontinuity)], [true, ...more.map(() => false)])
      assert.ok(first.dateMs >= goneMs + 30_000 && first.dateMs < goneMs + 31_000, `dated ${first.dateMs - goneMs} ms after the end`)
    }
  })

  it('follow the server’s clock when it is corrected, by five milliseconds a second and not at once', async () => {
    for (const byMs of [300, -300]) {
      const { packager, track, feed, text, setState, clock } = setUpOrigin()
      setState('starting', null)
      packager.startTrack(track)
      feed(12 * 10, { fps: 12, gop: 12 })
      clock.step(byMs)
      let before = readPlaylist(await text('index.m3u8'))
      const aheadMs = () => (before.segments.at(-1)?.dateMs ?? NaN) + 1_000 * (before.segments.at(-1)?.seconds ?? NaN) - clock.now()
      const wasMs = aheadMs()
      for (let second = 0; second < 40; second++) {
        feed(12, { fps: 12, gop: 12 })
        const now = readPlaylist(await text('index.m3u8'))
        assertSound(now)
        assertFollows(before, now)
        before = now
      }
      assert.ok(Math.abs(Math.abs(aheadMs() - wasMs) - 200) < 20, `${byMs} ms: from ${wasMs} to ${aheadMs()} ms ahead in forty seconds`)
    }
  })

  it('hint at the very part that comes next', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(24, { fps: 12, gop: 12 })
    const random = randomOf(17)
    let [hinted, came, overtaken] = [null as string | null, 0, 0]
    for (let round = 0; round < 200; round++) {
      feed(1 + Math.floor(random() * 4), { fps: 12, gop: 1 + Math.floor(random() * 40) })
      const { parts, hint } = readPlaylist(await text('7-live.m3u8'))
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
