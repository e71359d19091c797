// Pushed streams: what a newcomer gets, what is answered, and who loses media when the line is too slow.
import assert from 'node:assert/strict'
import { readPushHeader, writePushHeader, type PushEndReason, type PushHeader, type PushTrack } from '#contract/media-push.ts'
import { FrameReader } from '../../../streams/cmaf/frame-reader.ts'
import type { SourceFrame } from '../../../streams/cmaf/frame.ts'
import { PushViewer, type PushSink } from '../../../streams/push/push-viewer.ts'
import type { SubscriptionWish } from '../../../streams/push/subscription.ts'
import { HandClock, nal, PPS, setUpPackager, slice, SPS } from './packager-fixture.ts'

class Line implements PushSink {
  readonly messages: (PushHeader & { payload: Uint8Array })[] = []
  readonly tracks: PushTrack[] = []
  readonly ends: [number, PushEndReason][] = []
  /** Bytes that the network has not taken; null = it takes everything at once. */
  held: number | null = null
  #sent: (() => void)[] = []

  bufferedBytes = () => this.held ?? 0
  track = (notice: PushTrack) => void this.tracks.push(notice)
  ended = (id: number, reason: PushEndReason) => void this.ends.push([id, reason])
  media = (header: Uint8Array, payload: Uint8Array, sent: () => void) => {
    const read = readPushHeader(header.buffer as ArrayBuffer)
    assert.ok(read)
    this.messages.push({ ...read, payload })
    if (this.held !== null) this.held += header.length + payload.length
    this.#sent.push(sent)
  }
  /** The network takes all that it was given. */
  drain(): void {
    if (this.held !== null) this.held = 0
    for (const sent of this.#sent.splice(0)) sent()
  }
  of(id: number) {
    return this.messages.filter((message) => message.id === id)
  }
  shape(id: number): string {
    return this.of(id).map(({ kind, key, msn, partIndex, discontinuity }) => `${discontinuity ? '!' : ''}${key ? '*' : ''}${kind === 'init' ? 'init' : kind === 'part' ? `${msn}.${partIndex}` : 'f'}`).join(' ')
  }
}

const soon = () => new Promise((resolve) => setImmediate(resolve))

function setUp() {
  const made = setUpPackager()
  const clock = new HandClock()
  const line = new Line()
  const viewer = new PushViewer({ clock, sink: line })
  let touched = 0
  const stream = { window: made.window, transcoded: false, touch: () => void touched++ }
  const subscribe = (wish: Partial<SubscriptionWish> = {}) => viewer.subscribe(stream, { id: 1, mode: 'parts', priority: 'visible', windowMs: 2_000, ...wish })
  const answerAll = () => {
    for (const { id, sequence } of line.messages) viewer.answer(id, sequence)
  }
  return { ...made, clock, line, viewer, stream, subscribe, answerAll, touched: () => touched }
}

describe('the header of a pushed message', () => {
  it('comes back as it was written, at the ends of its numbers too', () => {
    const headers: PushHeader[] = [
      { kind: 'init', key: false, discontinuity: true, segmentEnd: false, id: 1, sequence: 0, programDateMs: 1_795_000_000_123, msn: 0, partIndex: 0, durationMs: 0 },
      { kind: 'part', key: true, discontinuity: false, segmentEnd: true, id: 65_535, sequence: 2 ** 32 - 1, programDateMs: 1_795_000_000_123.5, msn: 2 ** 32 - 1, partIndex: 65_535, durationMs: 333.3 },
      { kind: 'frame', key: false, discontinuity: false, segmentEnd: false, id: 7, sequence: 9, programDateMs: 0, msn: 3, partIndex: 2, durationMs: 66.7 },
    ]
    for (const header of headers) {
      const bytes = writePushHeader(header)
      assert.equal(bytes.length, 24)
      assert.deepEqual(readPushHeader(bytes.buffer as ArrayBuffer), header)
    }
    assert.equal(readPushHeader(new ArrayBuffer(23)), null)
    assert.equal(readPushHeader(new ArrayBuffer(24)), null)
  })
})

describe('a pushed stream', () => {
  it('begins with its track, the init segment and all parts from the newest key frame on, then every part as it closes', async () => {
    const { packager, track, feed, line, subscribe, answerAll, window } = setUp()
    packager.startTrack(track)
    feed(28)
    assert.equal(subscribe(), true)
    await soon()
    assert.equal(line.shape(1), '!init !*3.0 3.1')
    answerAll()
    feed(6)
    await soon()
    assert.equal(line.shape(1), '!init !*3.0 3.1 3.2 3.3')
    assert.deepEqual(line.of(1).map(({ sequence }) => sequence), [0, 1, 2, 3, 4])
    feed(9)
    await soon()
    const ends = line.of(1).slice(1).map(({ msn, partIndex, segmentEnd }) => segmentEnd === (window.segments.find((segment) => segment.msn === msn)?.parts.length === partIndex + 1))
    assert.ok(ends.length > 4 && ends.every(Boolean) && line.of(1).some(({ segmentEnd }) => segmentEnd))
    const { edition, epoch, codecs, width, height, frameRate, partTargetSeconds, targetDurationSeconds, reorders } = line.tracks[0] ?? assert.fail()
    assert.deepEqual([edition, epoch, codecs, width, height, frameRate, partTargetSeconds, targetDurationSeconds, reorders], [7, 7, 'avc1.42c016', 640, 360, 10, 0.309, 4, 0])
    for (const { msn, partIndex, payload } of line.of(1).slice(1)) assert.equal(payload, window.bytesOf({ kind: 'part', epoch: 7, msn, part: partIndex }), 'the ring’s own memory')
  })

  it('tells the times of its parts as the playlist does', async () => {
    const { packager, track, feed, line, subscribe, window } = setUp()
    packager.startTrack(track)
    feed(28)
    subscribe()
    await soon()
    assert.equal(line.of(1)[1]?.programDateMs, window.open?.programDateMs)
    assert.equal(line.of(1)[2]?.programDateMs, (window.open?.programDateMs ?? 0) + 300)
    assert.deepEqual(line.of(1).map(({ durationMs }) => durationMs), [0, 300, 300])
  })

  it('waits for the first key frame when nothing has come yet', async () => {
    const { packager, track, feed, line, subscribe } = setUp()
    subscribe()
    await soon()
    assert.equal(line.shape(1), '')
    packager.startTrack(track)
    feed(8)
    await soon()
    assert.match(line.shape(1), /^!init !\*0\.0( 1\.0)?$/)
  })

  it('gets a new track and init segment before the media of a new epoch', async () => {
    const { packager, track, feed, line, subscribe, answerAll } = setUp()
    packager.startTrack(track)
    feed(12)
    subscribe()
    await soon()
    answerAll()
    feed(8, { frame: (index) => (index === 0 ? { key: true, data: Buffer.concat([nal(Buffer.concat([SPS, Buffer.from([0x80])])), nal(PPS), slice(true)]) } : {}) })
    await soon()
    assert.match(line.shape(1), /^!init !\*\d\.0( \*?\d\.\d)* !init !\*\d\.0/)
    assert.deepEqual(line.tracks.map(({ epoch }) => epoch), [7, 8])
  })

  it('gives every frame as it comes, one by one, to a viewer of frames', async () => {
    const { packager, track, feed, line, subscribe, answerAll } = setUp()
    packager.startTrack(track)
    feed(28)
    subscribe({ mode: 'frames' })
    await soon()
    // Parts 3.0 and 3.1 are whole, the newest frame is not in a part yet.
    assert.match(line.shape(1), /^!init !\*3\.0 3\.1 f( f)*$/)
    for (let count = 0; count < 5; count++) {
      const before = line.messages.length
      answerAll()
      feed(1, { gop: 99, frame: () => ({ key: false, data: slice(false) }) })
      await soon()
      assert.equal(line.messages.length, before + 1)
    }
    const frames: SourceFrame[] = []
    const reader = new FrameReader({ onTrack() {}, onFrame: (frame) => frames.push(frame) })
    for (const { payload } of line.of(1)) reader.push(Buffer.from(payload))
    const steps = frames.slice(1).map((frame, index) => frame.dts - (frames[index]?.dts ?? 0))
    assert.ok(frames.length >= 12 && steps.every((step) => step === 9_000), `${steps}`)
  })

  it('keeps what is watched alive, and ends for who answers nothing for a minute', async () => {
    const { packager, track, feed, line, subscribe, viewer, clock, touched } = setUp()
    packager.startTrack(track)
    feed(12)
    subscribe()
    await soon()
    viewer.tick()
    assert.equal(touched(), 1)
    clock.advance(59_000)
    viewer.tick()
    assert.deepEqual(line.ends, [])
    clock.advance(2_000)
    viewer.tick()
    assert.deepEqual([line.ends, viewer.size, touched()], [[[1, 'too-slow']], 0, 2])
  })

  it('takes an id once, and again after it was given back', async () => {
    const { packager, track, feed, line, subscribe, viewer } = setUp()
    packager.startTrack(track)
    feed(12)
    assert.deepEqual([subscribe(), subscribe()], [true, false])
    viewer.unsubscribe(1)
    assert.equal(subscribe(), true)
    await soon()
    assert.equal(line.of(1)[0]?.sequence, 0)
    for (let id = 2; id <= 72; id++) assert.equal(subscribe({ id }), true)
    assert.equal(subscribe({ id: 73 }), false)
  })

  it('says that the stream is no more, to its own subscribers only', async () => {
    const { packager, track, feed, line, subscribe, viewer, stream } = setUp()
    packager.startTrack(track)
    feed(12)
    subscribe()
    viewer.streamEnded({ ...stream }, 'stream-stopped')
    assert.deepEqual(line.ends, [])
    viewer.streamEnded(stream, 'stream-stopped')
    assert.deepEqual(line.ends, [[1, 'stream-stopped']])
  })
})

describe('a viewer that falls behind', () => {
  it('has no more than its window on the way, and goes on when it answers', async () => {
    const { packager, track, feed, line, subscribe, viewer } = setUp()
    packager.startTrack(track)
    feed(11)
    subscribe({ windowMs: 600, priority: 'selected' })
    feed(15)
    await soon()
    const onTheWay = () => line.of(1).reduce((sum, { durationMs }) => sum + durationMs, 0)
    assert.ok(onTheWay() >= 600 && onTheWay() <= 1_300, `${onTheWay()}`)
    const last = line.of(1).at(-1)?.sequence ?? 0
    feed(4)
    await soon()
    assert.equal(line.of(1).at(-1)?.sequence, last, 'sent beyond the window')
    viewer.answer(1, 999)
    await soon()
    assert.equal(line.of(1).at(-1)?.sequence, last, 'an answer to what was never sent')
    viewer.answer(1, last)
    await soon()
    assert.ok((line.of(1).at(-1)?.sequence ?? 0) > last)
  })

  it('skips to the newest key frame and says so, background first and the selected tile last', async () => {
    const { packager, track, feed, line, subscribe, answerAll } = setUp()
    packager.startTrack(track)
    feed(11)
    const ids = { selected: 1, visible: 2, background: 3 } as const
    for (const priority of ['selected', 'visible', 'background'] as const) subscribe({ id: ids[priority], priority, windowMs: 250 })
    await soon()
    answerAll()
    await soon()
    const started = line.messages.length
    line.held = 10 * 2 ** 20
    const skipped: string[] = []
    for (let step = 0; step < 60; step++) {
      feed(1, { gop: 999, frame: () => (step % 10 === 9 ? { key: true, data: slice(true) } : { key: false, data: slice(false) }) })
      await soon()
    }
    assert.equal(line.messages.length, started, 'sent into a full line')
    line.drain()
    line.held = null
    await soon()
    for (let round = 0; round < 12; round++) {
      answerAll()
      await soon()
    }
    for (const priority of ['selected', 'visible', 'background'] as const) {
      const news = line.messages.slice(started).filter(({ id }) => id === ids[priority])
      assert.ok(news[0]?.key && news[0].discontinuity, `${priority} goes on without a key frame`)
      skipped.push(`${priority} ${news.length}`)
      const times = news.map(({ programDateMs }) => programDateMs)
      assert.deepEqual(times, [...times].sort((a, b) => a - b))
    }
    const kept = Object.fromEntries(skipped.map((text) => text.split(' ')))
    assert.ok(Number(kept['selected']) >= Number(kept['visible']) && Number(kept['visible']) >= Number(kept['background']), skipped.join())
  })

  it('on a busy line leaves the lesser tiles waiting while the selected one lags', async () => {
    const { packager, track, feed, line, subscribe, answerAll } = setUp()
    packager.startTrack(track)
    feed(11)
    subscribe({ id: 1, priority: 'selected', windowMs: 250 })
    subscribe({ id: 2, priority: 'background' })
    for (let round = 0; round < 5; round++) {
      await soon()
      answerAll()
    }
    const before = line.of(2).length
    line.held = 100 * 1024
    for (let part = 0; part < 4; part++) {
      feed(3, { gop: 99, frame: () => ({ key: false, data: slice(false, 1_000) }) })
      await soon()
    }
    assert.equal(line.of(2).length, before + 2, 'two parts go out before the selected tile lags')
    line.drain()
    answerAll()
    await soon()
    assert.ok(line.of(2).length > before)
  })
})
