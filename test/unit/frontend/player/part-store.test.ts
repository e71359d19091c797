// Proves the live playlist that is written from pushed parts, and what a blocking reload gets of it.
import assert from 'node:assert/strict'
import type { PushHeader, PushTrack } from '#contract/media-push.ts'
import { PartStore } from '../../../../frontend/src/player/push/part-store.ts'

const track = (epoch: number, edition = 1): PushTrack => ({ type: 'track', id: 1, edition, epoch, codecs: 'avc1.4d401f', width: 640, height: 360, frameRate: 15, partTargetSeconds: 0.34, targetDurationSeconds: 2, reorders: 0, transcoded: false })
const header = (fields: Partial<PushHeader>): PushHeader => ({ kind: 'part', key: false, discontinuity: false, segmentEnd: false, id: 1, sequence: 1, programDateMs: Date.parse('2026-11-23T12:00:00.000Z'), msn: 7, partIndex: 0, durationMs: 333, ...fields })
const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer
const text = (buffer: ArrayBuffer | null) => buffer && new TextDecoder().decode(buffer)

/** A store after messages of the form `k` (key frame), `.`, `e` (last of its segment), `d` (after a gap, with a key frame). */
function storeAfter(messages: string): PartStore {
  const store = new PartStore()
  store.track(track(5))
  store.init(5, bytes('init'))
  for (const [at, sign] of [...messages].entries()) store.media(header({ key: sign === 'k' || sign === 'd', segmentEnd: sign === 'e', discontinuity: sign === 'd', sequence: at }), bytes(`${at}`))
  return store
}
const linesOf = (store: PartStore) => (store.playlist(null) ?? '').trim().split('\n')

describe('the playlist of pushed parts', () => {
  it('is not there before a picture can begin', () => {
    assert.equal(storeAfter('').playlist(null), null)
    assert.equal(storeAfter('..').playlist(null), null)
  })
  it('lists the first part as a whole segment at once, since hls.js begins with nothing less', () => {
    assert.deepEqual(linesOf(storeAfter('k')), [
      '#EXTM3U', '#EXT-X-VERSION:9', '#EXT-X-TARGETDURATION:2', '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.020', '#EXT-X-PART-INF:PART-TARGET=0.340',
      '#EXT-X-MEDIA-SEQUENCE:0', '#EXT-X-DISCONTINUITY-SEQUENCE:0', '#EXT-X-MAP:URI="init-5.mp4"', '#EXT-X-PROGRAM-DATE-TIME:2026-11-23T12:00:00.000Z',
      '#EXT-X-PART:DURATION=0.3330,URI="0.0.m4s",INDEPENDENT=YES', '#EXTINF:0.3330,', '0.m4s', '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1.0.m4s"',
    ])
  })
  it('goes on with parts of an open segment and closes it where the server did', () => {
    const parts = (store: PartStore) => linesOf(store).filter((line) => /^\d|EXT-X-P(ART:|RELOAD)/.test(line)).map((line) => /[\d.]+m4s/.exec(line)?.[0])
    assert.deepEqual(parts(storeAfter('k..')), ['0.0.m4s', '0.m4s', '1.0.m4s', '1.1.m4s', '1.2.m4s'])
    assert.deepEqual(parts(storeAfter('k..e')), ['0.0.m4s', '0.m4s', '1.0.m4s', '1.1.m4s', '1.2.m4s', '1.m4s', '2.0.m4s'])
  })
  it('never lists a segment longer than the target duration', () => {
    for (const line of linesOf(storeAfter(`k${'.'.repeat(20)}`))) assert.ok(!line.startsWith('#EXTINF:') || Number(/[\d.]+/.exec(line)?.[0]) <= 2)
  })
  it('marks where media was left out, and counts the marks that have gone', () => {
    assert.equal(linesOf(storeAfter('k..d.')).filter((line) => line === '#EXT-X-DISCONTINUITY').length, 1)
    const later = linesOf(storeAfter(`k..d${'..e'.repeat(12)}`))
    assert.ok(later.includes('#EXT-X-DISCONTINUITY-SEQUENCE:1'))
    assert.ok(!later.includes('#EXT-X-DISCONTINUITY'))
  })
  it('begins a discontinuity with a new init for a new epoch, and refuses another edition', () => {
    const store = storeAfter('k.')
    assert.equal(store.track(track(6)), true)
    store.init(6, bytes('init six'))
    store.media(header({ key: true }), bytes('six'))
    const lines = linesOf(store)
    assert.equal(lines.indexOf('#EXT-X-MAP:URI="init-6.mp4"'), lines.indexOf('#EXT-X-DISCONTINUITY') + 1)
    assert.equal(text(store.file('init-6.mp4')), 'init six')
    assert.equal(store.track(track(7, 2)), false)
  })
  it('keeps three target durations and forgets what is older', () => {
    const store = storeAfter(`k${'..e'.repeat(20)}`)
    const listed = linesOf(store).filter((line) => line.startsWith('#EXTINF:')).reduce((sum, line) => sum + Number(/[\d.]+/.exec(line)?.[0]), 0)
    assert.ok(listed >= 6 && listed < 8, `${listed} s`)
    assert.equal(store.file('0.m4s'), null)
  })
})

describe('a blocking reload', () => {
  it('waits for the part that it names', () => {
    assert.equal(storeAfter('k.').playlist({ msn: 1, part: 1 }), null)
    assert.notEqual(storeAfter('k..').playlist({ msn: 1, part: 1 }), null)
  })
  it('waits for the whole segment when it names no part', () => {
    assert.equal(storeAfter('k..').playlist({ msn: 1, part: null }), null)
    assert.notEqual(storeAfter('k.e').playlist({ msn: 1, part: null }), null)
  })
  it('takes a part past the end of a segment for the first of the next', () => {
    assert.equal(storeAfter('k.e').playlist({ msn: 1, part: 2 }), null)
    assert.notEqual(storeAfter('k.e.').playlist({ msn: 1, part: 2 }), null)
  })
  it('is answered at once for what is long past', () => assert.notEqual(storeAfter('k.e.').playlist({ msn: 0, part: 9 }), null))
})

describe('files of pushed media', () => {
  it('are parts by index and segments as their parts one after another', () => {
    const store = storeAfter('k.e')
    assert.equal(text(store.file('1.1.m4s')), '2')
    assert.equal(text(store.file('1.m4s')), '12')
    assert.equal(text(store.file('init-5.mp4')), 'init')
    assert.deepEqual(['1.2.m4s', '9.m4s', 'index.m3u8', 'init-9.mp4'].map((name) => store.file(name)), [null, null, null, null])
  })
})
