// Playlists with parts, and waiting for them: the rules of rfc8216bis for a server.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { judgeReload } from '../../../streams/hls/reload.ts'
import { setUpOrigin } from './origin-fixture.ts'
import { nal, PPS, randomOf, slice, SPS, type FeedOptions } from './packager-fixture.ts'

const OTHER_SPS = Buffer.concat([SPS, Buffer.from([0x80])])

describe('a blocking reload', () => {
  const edge = { lastMsn: 10, lastParts: 3, openParts: 2, partTargetSeconds: 0.344 }
  const verdict = (msn: number | null, part: number | null, at = edge) => judgeReload(at, { msn, part })

  it('without directives is answered', () => assert.equal(verdict(null, null), 'answer'))
  it('for a part without a segment is refused', () => assert.equal(verdict(null, 0), 'refuse'))
  it('for a segment waits until it is whole', () => assert.deepEqual([verdict(10, null), verdict(11, null), verdict(12, null)], ['answer', 'wait', 'wait']))
  it('for a part waits until it is there', () => assert.deepEqual([verdict(11, 1), verdict(11, 2), verdict(11, 3)], ['answer', 'wait', 'wait']))
  it('for a segment long gone is answered at once', () => assert.deepEqual([verdict(0, null), verdict(3, 99), verdict(9, 7)], ['answer', 'answer', 'answer']))
  it('for a part past the last one of a whole segment means the first of the next', () => {
    assert.deepEqual([verdict(10, 2), verdict(10, 3), verdict(10, 3, { ...edge, openParts: 0 })], ['answer', 'answer', 'wait'])
  })
  it('more than two segments ahead is refused', () => assert.deepEqual([verdict(12, 0), verdict(13, null), verdict(13, 0)], ['wait', 'refuse', 'refuse']))
  it('too many parts ahead is refused', () => {
    // 3 / 0.344 = 8.7 parts past the last one.
    assert.deepEqual([verdict(11, 9), verdict(11, 10), verdict(12, 7), verdict(12, 8)], ['wait', 'refuse', 'wait', 'refuse'])
    const slow = { ...edge, partTargetSeconds: 1.03 }
    assert.deepEqual([verdict(11, 4, slow), verdict(11, 5, slow)], ['wait', 'refuse'])
  })
})

const coded = (code: string, kind?: string) => (error: unknown) => error instanceof AppError && error.code === code && (kind === undefined || error.kind === kind)

/** What became of a promise by now. */
function watch<Value>(promise: Promise<Value>): { done: boolean; value: Value | null; error: unknown } {
  const seen = { done: false, value: null as Value | null, error: null as unknown }
  promise.then(
    (value) => Object.assign(seen, { done: true, value }),
    (error: unknown) => Object.assign(seen, { done: true, error }),
  )
  return seen
}

describe('the playlist with parts', () => {
  it('is this for a second and a half of a camera with ten frames a second', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(17)
    assert.equal(
      await text('7-live.m3u8', { uriSuffix: '?k=1' }),
      `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.927,HOLD-BACK=12.000
#EXT-X-PART-INF:PART-TARGET=0.309
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="7-init.mp4?k=1"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-PART:DURATION=0.30000,URI="7-0.0.m4s?k=1",INDEPENDENT=YES
#EXTINF:0.30000,
7-0.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.300Z
#EXT-X-PART:DURATION=0.30000,URI="7-1.0.m4s?k=1"
#EXT-X-PART:DURATION=0.30000,URI="7-1.1.m4s?k=1"
#EXT-X-PART:DURATION=0.10000,URI="7-1.2.m4s?k=1"
#EXTINF:0.70000,
7-1.m4s?k=1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.000Z
#EXT-X-PART:DURATION=0.30000,URI="7-2.0.m4s?k=1",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.30000,URI="7-2.1.m4s?k=1"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7-2.2.m4s?k=1"
`,
    )
  })

  it('keeps its targets, control and sequence rules through reconnects, changed parameters and gaps, and only ever grows at its end', async () => {
    const { packager, track, feed, text, clock } = setUpOrigin(30_000)
    const random = randomOf(3)
    const control = new Set<string>()
    let [lastMsn, lastDiscontinuity, lastLines] = [0, 0, [] as string[]]
    for (let round = 0; round < 60; round++) {
      if (round % 7 === 0) {
        packager.endTrack()
        await clock.go(random() * 3_000)
        packager.startTrack(track)
      }
      const sps = round % 11 > 5 ? OTHER_SPS : SPS
      feed(1 + Math.floor(random() * 40), { fps: 12, gop: 12, frame: (index) => (index === 0 ? { data: Buffer.concat([nal(sps), nal(PPS), slice(true)]) } : {}) })
      const list = await text('7-live.m3u8')
      const tag = (name: string) => Number(new RegExp(`#EXT-X-${name}:(\\d+)`).exec(list)?.[1])
      for (const line of list.match(/#EXT-X-(SERVER-CONTROL|PART-INF|TARGETDURATION|VERSION).*/g) ?? []) control.add(line)
      assert.ok(tag('MEDIA-SEQUENCE') >= lastMsn && tag('DISCONTINUITY-SEQUENCE') >= lastDiscontinuity)
      ;[lastMsn, lastDiscontinuity] = [tag('MEDIA-SEQUENCE'), tag('DISCONTINUITY-SEQUENCE')]
      assert.equal((list.match(/PRELOAD-HINT/g) ?? []).length, 1)
      assert.ok(list.trimEnd().split('\n').at(-1)?.startsWith('#EXT-X-PRELOAD-HINT'))
      // Rule 9 and 10: a discontinuity is followed by its map and its date.
      assert.equal((list.match(/#EXT-X-DISCONTINUITY\n/g) ?? []).length, (list.match(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP:.*\n#EXT-X-PROGRAM-DATE-TIME/g) ?? []).length)
      const named = list.split('\n').filter((line) => !line.startsWith('#EXT-X-PRELOAD') && /m4s/.test(line))
      const kept = lastLines.filter((line) => named.includes(line))
      assert.deepEqual(named.slice(0, named.indexOf(kept.at(-1) ?? '') + 1).filter((line) => lastLines.includes(line)), kept, 'order changed')
      lastLines = named
    }
    assert.equal(control.size, 4)
    assert.ok(lastDiscontinuity > 2 && lastMsn > 20)
  })

  it('lists parts for the newest three target durations only, and those that left can still be had for as long', async () => {
    const { packager, track, feed, text, get } = setUpOrigin()
    packager.startTrack(track)
    feed(200)
    const before = [...(await text('7-live.m3u8')).matchAll(/URI="(\d+-\d+\.\d+\.m4s)"/g)].map((match) => match[1] ?? '').slice(0, -1)
    feed(115)
    const list = await text('7-live.m3u8')
    const durations = [...list.matchAll(/#EXT-X-PART:DURATION=([\d.]+)/g)].reduce((sum, match) => sum + Number(match[1]), 0)
    assert.ok(durations > 10 && durations < 14, `${durations}`)
    assert.ok(!list.includes(before[0] ?? ''))
    for (const name of before) assert.ok((await get(name)).length > 0)
  })

  it('ends when the camera’s frames no longer fill its parts, and goes on under another name with other targets', async () => {
    const { packager, track, feed, text, clock } = setUpOrigin()
    packager.startTrack(track)
    feed(60, { fps: 15, gop: 15 })
    packager.endTrack()
    packager.startTrack(track)
    feed(24, { fps: 4, gop: 4 })
    assert.equal(packager.edition, 8)
    const [old, next] = [await text('7-live.m3u8'), await text('8-live.m3u8')]
    assert.match(old, /PART-TARGET=0\.344/)
    assert.match(old, /#EXT-X-ENDLIST\n$/)
    assert.doesNotMatch(old, /PRELOAD-HINT|8-live/)
    assert.match(next, /PART-TARGET=0\.258/)
    assert.doesNotMatch(next, /ENDLIST/)
    // Directives mean nothing any more once the list has ended.
    assert.equal(await text('7-live.m3u8', { msn: 999, part: 3 }), old)
    const plain = watch(text('index.m3u8'))
    await clock.go(700)
    assert.ok(!/PART|ENDLIST|SERVER-CONTROL/.test(plain.value ?? 'ENDLIST') && /^7-/m.test(plain.value ?? '') && /^8-/m.test(plain.value ?? ''))
  })

  it('changes to another edition within a pull only when the frame rate has changed for good', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(60, { fps: 25, gop: 25 })
    feed(12, { fps: 15, gop: 15 })
    feed(40, { fps: 25, gop: 25 })
    assert.equal(packager.edition, 7)
    feed(150, { fps: 15, gop: 15 })
    assert.equal(packager.edition, 8)
    assert.match(await text('8-live.m3u8'), /PART-TARGET=0\.344/)
  })

  it('is not there under a number that no edition has', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(30)
    for (const name of ['6-live.m3u8', '8-live.m3u8', '0-live.m3u8']) await assert.rejects(text(name), coded('not_found'))
  })

  it('waits for the first segment, and is refused at once when the camera is known to give nothing', async () => {
    const { packager, track, feed, text, setState, clock, listeners } = setUpOrigin()
    setState('starting', null)
    const first = watch(text('7-live.m3u8'))
    await clock.go(1_000)
    assert.equal(first.done, false)
    packager.startTrack(track)
    feed(6)
    await clock.go(0)
    assert.match(String(first.value), /#EXTINF/)
    const cold = setUpOrigin()
    cold.setState('starting', null)
    const late = watch(cold.text('7-live.m3u8'))
    await cold.clock.go(8_100)
    assert.ok(coded('stream_starting', 'unavailable')(late.error))
    cold.setState('backing-off', { code: 'unreachable', retry: 'soon', detail: '' })
    await assert.rejects(cold.text('7-live.m3u8'), coded('camera_offline'))
    assert.equal(listeners.size + cold.listeners.size, 0)
  })
})

describe('waiting at the live edge', () => {
  const running = () => {
    const made = setUpOrigin()
    made.packager.startTrack(made.track)
    made.feed(27)
    return made
  }

  it('answers a blocked reload with the part it waited for, and one for a whole segment with the segment', async () => {
    const { feed, text, clock } = running()
    const part = watch(text('7-live.m3u8', { msn: 3, part: 2 }))
    const segment = watch(text('7-live.m3u8', { msn: 3 }))
    await clock.go(200)
    assert.deepEqual([part.done, segment.done], [false, false])
    feed(3)
    await clock.go(0)
    assert.match(String(part.value), /URI="7-3\.2\.m4s"\n/)
    assert.equal(segment.done, false)
    feed(3)
    await clock.go(0)
    assert.match(String(segment.value), /^7-3\.m4s$/m)
  })

  it('refuses what is too far ahead, and a part without its segment, at once with 400', async () => {
    const { text } = running()
    for (const wish of [{ part: 0 }, { msn: 5 }, { msn: 3, part: 40 }]) await assert.rejects(text('7-live.m3u8', wish), coded('invalid_request', 'invalid'), JSON.stringify(wish))
  })

  it('answers a segment that is listed, one that left the list, and one that left memory with the whole playlist at once', async () => {
    const { feed, get, text, window, clock } = running()
    feed(2_000)
    const list = await text('7-live.m3u8')
    const oldestListed = Number(/MEDIA-SEQUENCE:(\d+)/.exec(list)?.[1])
    const oldestKept = window.segments[0]?.msn ?? 0
    assert.ok(oldestKept > 100 && oldestListed > oldestKept + 10, `kept from ${oldestKept}, listed from ${oldestListed}`)
    await assert.rejects(get('7-0.m4s'), coded('not_found'))
    for (const msn of [0, oldestKept - 1, oldestKept, oldestListed - 1, oldestListed]) {
      for (const wish of [{ msn }, { msn, part: 0 }, { msn, part: 7 }, { msn, part: 9_000 }]) {
        const asked = watch(text('7-live.m3u8', wish))
        await clock.go(0)
        assert.equal(asked.value, list, JSON.stringify(wish))
      }
    }
  })

  it('gives up after eight seconds with 503, leaves no listener and stops when the asker has gone', async () => {
    const { text, clock, listeners } = running()
    const blocked = watch(text('7-live.m3u8', { msn: 3, part: 2 }))
    await clock.go(7_900)
    assert.equal(blocked.done, false)
    await clock.go(200)
    assert.ok(coded('stream_starting', 'unavailable')(blocked.error))
    const gone = new AbortController()
    const left = watch(text('7-live.m3u8', { msn: 3, part: 2, signal: gone.signal }))
    gone.abort()
    await clock.go(0)
    assert.equal(left.done, true)
    assert.deepEqual([listeners.size, clock.pending], [0, 0])
  })

  it('gives a hinted part when it is whole, not a byte before, and any other unknown name 404 at once', async () => {
    const { feed, get, text, clock, window } = running()
    const hinted = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(await text('7-live.m3u8'))?.[1] ?? ''
    assert.equal(hinted, '7-3.2.m4s')
    const asked = watch(get(hinted))
    await clock.go(100)
    assert.equal(asked.done, false)
    for (const name of ['7-3.3.m4s', '7-4.0.m4s', '8-3.2.m4s', '7-3.m4s', '9-init.mp4']) await assert.rejects(get(name), coded('not_found'), name)
    feed(3)
    await clock.go(0)
    assert.deepEqual(asked.value, window.bytesOf({ kind: 'part', epoch: 7, msn: 3, part: 2 }))
  })

  it('answers 404 for a hinted part that will never be, when the pull ends in its place', async () => {
    const { packager, track, feed, get, text, clock } = running()
    const asked = watch(get('7-3.3.m4s'))
    await clock.go(0)
    assert.ok(coded('not_found')(asked.error))
    const hinted = watch(get('7-3.2.m4s'))
    packager.endTrack()
    await clock.go(0)
    // What was left became that part.
    assert.ok(hinted.value)
    assert.match(await text('7-live.m3u8'), /PRELOAD-HINT:TYPE=PART,URI="8-4\.0\.m4s"\n$/)
    const afterwards = watch(get('8-4.0.m4s'))
    packager.startTrack(track)
    feed(8)
    await clock.go(0)
    assert.ok(afterwards.value)
  })
})

describe('the multivariant playlist', () => {
  it('names the codec, size, frame rate and bit rates that the stream has', async () => {
    const { packager, track, feed, text, window } = setUpOrigin()
    packager.startTrack(track)
    feed(125, { fps: 25, gop: 25, frame: (index) => ({ data: slice(index % 25 === 0, index === 60 ? 100_000 : 500) }) } satisfies FeedOptions)
    const list = await text('master.m3u8', { uriSuffix: '?k=1' })
    const [, bandwidth, average] = /BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/.exec(list) ?? []
    const peak = Math.max(...window.segments.map((segment) => (8 * segment.parts.reduce((sum, part) => sum + part.bytes.length, 0)) / segment.durationSeconds))
    assert.equal(Number(bandwidth), Math.ceil(peak))
    assert.ok(Number(average) < Number(bandwidth))
    assert.match(list, /CODECS="avc1\.42c016",RESOLUTION=640x360,FRAME-RATE=25\.000\n7-live\.m3u8\?k=1\n$/)
  })

  it('names every codec of what is listed, as long as it is listed', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    const codecs = async () => /CODECS="([^"]*)"/.exec(await text('master.m3u8'))?.[1]
    packager.startTrack(track)
    feed(50)
    assert.equal(await codecs(), 'avc1.42c016')
    const high = Buffer.from(SPS)
    high[1] = 0x64
    const key = { data: Buffer.concat([nal(high), nal(PPS), slice(true)]) }
    feed(4, { frame: (index) => (index === 0 ? key : {}) })
    // What is being made is listed by its parts before its segment is whole.
    assert.equal(await codecs(), 'avc1.64c016,avc1.42c016')
    feed(50)
    assert.equal(await codecs(), 'avc1.64c016,avc1.42c016')
    assert.match(await text('7-live.m3u8'), /7-init\.mp4[^]*8-init\.mp4/)
    feed(150)
    assert.doesNotMatch(await text('7-live.m3u8'), /7-init\.mp4/)
    assert.equal(await codecs(), 'avc1.64c016')
  })

  it('names nothing of a playlist that has ended', async () => {
    const { packager, track, feed, text } = setUpOrigin()
    packager.startTrack(track)
    feed(50)
    packager.endTrack()
    packager.startTrack({ ...track, codec: 'mjpeg' })
    feed(50)
    const list = await text('master.m3u8')
    assert.match(list, /CODECS="mp4v\.6c"[^]*8-live\.m3u8/)
  })
})

