// A transcode's supervisor on a clock moved by hand: its place in the queue, its process, what an encoder or a camera that
// fails costs it, and who gives way to whom.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { silentLogger } from '#base/logger.ts'
import type { Fault } from '#contract/faults.ts'
import type { StreamState } from '#contract/live.ts'
import { Awake } from '../../../streams/awake.ts'
import type { Encoder } from '../../../streams/ffmpeg/encoder.ts'
import { judgeForm } from '../../../streams/form.ts'
import { defaultLimits } from '../../../streams/limits.ts'
import type { StreamReport, StreamSource } from '../../../streams/media-plane.ts'
import { Places } from '../../../streams/places.ts'
import { faultOf } from '../../../streams/stream-fault.ts'
import { TranscodedStream, type OriginalStream } from '../../../streams/transcode/transcoded-stream.ts'
import { FakeFfmpeg } from './fake-ffmpeg.ts'
import { HandClock, setUpPackager } from './packager-fixture.ts'

const source = (cameraId: string): StreamSource => ({ cameraId, stream: 'sub', tls: false, host: '127.0.0.1', port: 554, path: '/live', credential: null, codec: 'h265' })

/** A pulled stream whose frames and state the test gives. */
function setUpOriginal(cameraId: string) {
  const made = setUpPackager()
  const listeners = new Set<() => void>()
  const original: OriginalStream & { state: StreamState; fault: Fault | null; opened: number; touched: number } = {
    key: { cameraId, stream: 'sub' },
    window: made.window,
    state: 'idle',
    fault: null,
    get frameGapMs() {
      return made.packager.frameGapMs
    },
    opened: 0,
    touched: 0,
    open: () => void original.opened++,
    touch: () => void original.touched++,
    onState: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const becomes = (state: StreamState, fault: Fault | null = null) => {
    Object.assign(original, { state, fault })
    for (const listener of listeners) listener()
  }
  const frames = (count: number) => {
    made.packager.startTrack(made.track)
    made.feed(count)
  }
  return { ...made, original, becomes, frames }
}

function setUp(options: { cameras?: number; places?: number; queue?: number; encoder?: Encoder; framesPerProcess?: number; chance?: () => number } = {}) {
  const { cameras = 1, places: size = 1, queue = 8, chance = () => 0.5 } = options
  const clock = new HandClock()
  const awake = new Awake(clock)
  const places = new Places(size, queue)
  const reports: StreamReport[] = []
  const children: { child: FakeFfmpeg; args: readonly string[]; yielded: boolean }[] = []
  const failed: Encoder[] = []
  const encoders = {
    best: options.encoder ?? ({ kind: 'software' } as Encoder),
    failed: (encoder: Encoder) => {
      failed.push(encoder)
      encoders.best = { kind: 'software' }
    },
  }
  const transcode = {
    clock,
    spawn: (_path: string, args: readonly string[]) => {
      const child = Object.assign(new FakeFfmpeg(), { pid: 1_000_000 + children.length })
      child.stdin.resume()
      children.push({ child, args, yielded: false })
      return child as unknown as ChildProcess
    },
    yieldToOthers: (pid: number) => {
      const one = children[pid - 1_000_000]
      if (one) one.yielded = true
    },
    ffmpeg: { path: 'ffmpeg', syncOption: '-vsync' as const },
    chance,
    framesPerProcess: options.framesPerProcess ?? defaultLimits.transcodeFrames,
  }
  const all = Array.from({ length: cameras }, (_, at) => {
    const made = setUpOriginal(`camera-${at + 1}`)
    const deps = { clock, awake, chance, logger: silentLogger, limits: defaultLimits, onReport: (report: StreamReport) => void reports.push(report), original: made.original, transcode, places, encoders }
    return { ...made, stream: new TranscodedStream(deps, source(`camera-${at + 1}`)), source: source(`camera-${at + 1}`), watched: true }
  })
  const [first = assert.fail()] = all
  const go = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      await clock.go(Math.min(250, left))
      for (const each of all) {
        if (each.watched) each.stream.touch()
        each.stream.tick()
      }
    }
  }
  /** Its camera runs, its process gives a picture. */
  const run = async (one: (typeof all)[number]) => {
    one.stream.open(one.source)
    one.frames(20)
    one.becomes('running')
    await go(250)
    const child = children.at(-1)?.child
    child?.begin()
    child?.frames(12)
    await go(250)
    assert.equal(one.stream.state, 'running')
    return child ?? assert.fail()
  }
  const close = async () => {
    awake.close()
    await Promise.all(all.map(({ stream }) => stream.stop()))
  }
  return { clock, places, reports, children, failed, encoders, all, first, go, run, close }
}

describe('a transcode of a stream', () => {
  it('has the one pull started, keeps it watched, and gives way to what carries pictures as they are', async () => {
    const { first, children, go, run, close } = setUp()
    await run(first)
    assert.deepEqual([first.original.opened, children.length, children[0]?.yielded], [1, 1, true])
    const before = first.original.touched
    await go(1_000)
    assert.equal(first.original.touched, before + 4)
    await close()
  })

  it('starts no process before the camera has given a picture', async () => {
    const { first, children, go, close } = setUp()
    first.stream.open(first.source)
    first.becomes('starting')
    await go(2_000)
    assert.deepEqual([first.stream.state, children.length], ['starting', 0])
    first.frames(20)
    await go(250)
    assert.equal(children.length, 1)
    await close()
  })

  it('tells those that wait their positions as they move up, and serves them in the order in which they came', async () => {
    const { all, reports, places, run, go, close } = setUp({ cameras: 3 })
    const [one = assert.fail(), two = assert.fail(), three = assert.fail()] = all
    await run(one)
    for (const each of [two, three]) assert.equal(each.stream.open(each.source), true)
    const position = (cameraId: string) => reports.findLast((report) => report.cameraId === cameraId)?.queue?.position
    assert.deepEqual([position('camera-2'), position('camera-3'), two.original.opened], [1, 2, 0])
    one.watched = false
    await go(defaultLimits.transcodeLingerMs + 250)
    assert.deepEqual([one.stream.state, two.stream.state, three.stream.state], ['stopped', 'starting', 'queued'])
    assert.deepEqual([position('camera-3'), places.taken], [1, 1])
    two.watched = false
    await go(defaultLimits.transcodeLingerMs + 250)
    assert.equal(three.stream.state, 'starting')
    await close()
    assert.equal(places.taken, 0)
  })

  it('keeps its place for the usual minute while nobody waits', async () => {
    const { first, run, go, close } = setUp()
    const child = await run(first)
    first.watched = false
    for (let second = 0; second < 59; second++) {
      child.frames(10)
      await go(1_000)
    }
    assert.equal(first.stream.state, 'running')
    await go(2_000)
    assert.equal(first.stream.state, 'stopped')
    await close()
  })

  it('leaves the queue when nobody wants it any more', async () => {
    const { all, places, run, go, close } = setUp({ cameras: 2 })
    const [one = assert.fail(), two = assert.fail()] = all
    const child = await run(one)
    two.stream.open(two.source)
    two.watched = false
    for (let second = 0; second < 61; second++) {
      child.frames(10)
      await go(1_000)
    }
    assert.deepEqual([two.stream.state, places.waiting, one.stream.state], ['stopped', 0, 'running'])
    await close()
  })

  it('is refused when the queue is full, and not when it is there already', async () => {
    const { all, run, close } = setUp({ cameras: 3, queue: 1 })
    const [one = assert.fail(), two = assert.fail(), three = assert.fail()] = all
    await run(one)
    assert.deepEqual([two.stream.open(two.source), three.stream.open(three.source), one.stream.open(one.source), two.stream.open(two.source)], [true, false, true, true])
    assert.deepEqual([three.stream.state, three.stream.active], ['idle', false])
    await close()
  })

  it('goes on in software within half a second when the hardware fails at work', async () => {
    const { first, children, failed, run, go, close } = setUp({ encoder: { kind: 'vaapi', device: '/dev/dri/renderD128' } })
    const child = await run(first)
    assert.ok(children[0]?.args.includes('h264_vaapi'))
    child.exit(1)
    await go(500)
    assert.deepEqual([failed, children.length, children[1]?.args.includes('libx264')], [[], 2, true])
    children[1]?.child.begin()
    children[1]?.child.frames(12)
    await go(250)
    assert.deepEqual(failed, [{ kind: 'vaapi', device: '/dev/dri/renderD128' }], 'software did what it did not')
    assert.deepEqual([first.stream.state, first.stream.fault], ['running', null])
    await close()
  })

  it('does not blame the encoder for a process that somebody killed', async () => {
    const { first, children, failed, run, go, close } = setUp({ encoder: { kind: 'nvenc' } })
    const child = await run(first)
    child.exit(null)
    await go(500)
    assert.deepEqual([failed, children.length, children[1]?.args.includes('h264_nvenc')], [[], 2, true])
    await close()
  })

  it('is given up, and its encoder with it, when it takes frames and gives none, and software gives some', async () => {
    const { first, failed, children, run, go, close } = setUp({ encoder: { kind: 'nvenc' } })
    await run(first)
    await go(3_000)
    assert.deepEqual([first.stream.state, first.stream.fault?.code], ['stalled', 'stream_silent'])
    await go(8_000)
    assert.deepEqual([failed.length, children.length, children[1]?.args.includes('libx264')], [0, 2, true])
    children[1]?.child.begin()
    children[1]?.child.frames(12)
    await go(250)
    assert.equal(failed.length, 1)
    await close()
  })

  it('is not given up while the next picture of a slow camera may still come', async () => {
    const { first, children, go, close } = setUp()
    first.stream.open(first.source)
    first.packager.startTrack(first.track)
    first.becomes('running')
    for (let picture = 0; picture < 6; picture++) {
      first.feed(1, { fps: 1 / 16 })
      await go(16_000)
      if (picture === 1) children[0]?.child.begin()
      if (picture >= 1) children[0]?.child.frames(1, 1 / 16)
    }
    assert.deepEqual([children.length, first.stream.fault], [1, null])
    await close()
  })

  it('does not blame the encoder for a camera that software makes nothing of either', async () => {
    const { first, failed, children, run, go, close } = setUp({ encoder: { kind: 'nvenc' } })
    const child = await run(first)
    child.exit(1)
    await go(1_000)
    children[1]?.child.exit(1)
    await go(3_000)
    assert.deepEqual([failed, children.length], [[], 3])
    assert.deepEqual(children.map(({ args }) => args.includes('h264_nvenc')), [true, false, true])
    await close()
  })

  it('hands over to a fresh process at a key frame when the old one has done enough, without a step in what is shown', async () => {
    const { first, children, reports, run, go, close } = setUp({ framesPerProcess: 25 })
    const child = await run(first)
    const pushed: { dts: number; epoch: number }[] = []
    first.stream.window.on('frame', ({ segment, frame }) => pushed.push({ dts: frame.dts, epoch: segment.epoch }))
    first.feed(20)
    await go(250)
    const [, second] = children
    assert.deepEqual([children.length, child.stdin.writableEnded], [2, true])
    // What the fresh one gives first waits for what the old one still has.
    second?.child.begin()
    second?.child.frames(10)
    await go(250)
    const waited = pushed.length
    child.frames(18)
    child.exit(0)
    await go(250)
    assert.equal(waited, 0)
    const steps = pushed.map(({ dts }, at) => dts - (pushed[at - 1]?.dts ?? dts - 9_000))
    assert.deepEqual([pushed.length, new Set(steps), new Set(pushed.map(({ epoch }) => epoch)).size], [28, new Set([9_000]), 1])
    assert.deepEqual([first.stream.state, reports.filter(({ state }) => state === 'backing-off').length], ['running', 0])
    await close()
  })

  it('hands over at a time of its own, so that those that began together do not all start a process together', async () => {
    const chances = [0, 0.99]
    const { all, children, run, go, close } = setUp({ cameras: 2, places: 2, framesPerProcess: 25, chance: () => chances.shift() ?? 0.5 })
    for (const each of all) await run(each)
    const handedOver = async () => {
      for (const each of all) each.feed(10)
      await go(250)
      return children.slice(0, 2).map(({ child }) => child.stdin.writableEnded)
    }
    assert.deepEqual([await handedOver(), await handedOver(), await handedOver()], [[true, false], [true, false], [true, true]])
    await close()
  })

  for (const [name, fail] of [['ends', (child: FakeFfmpeg) => child.exit(1)], ['gives what cannot be read', (child: FakeFfmpeg) => void child.stdout.write(Buffer.alloc(64))]] as const) {
    it(`begins anew, and blames nobody, when the process that takes over ${name} beside one that works`, async () => {
      const { first, children, failed, run, go, close } = setUp({ framesPerProcess: 25, encoder: { kind: 'nvenc' } })
      await run(first)
      first.feed(20)
      await go(250)
      assert.equal(children.length, 2)
      fail(children[1]?.child ?? assert.fail())
      await go(250)
      assert.deepEqual([children.length, children[2]?.args.includes('h264_nvenc'), first.stream.fault], [3, true, null])
      children[2]?.child.begin()
      children[2]?.child.frames(12)
      await go(250)
      assert.deepEqual([failed, first.stream.state], [[], 'running'])
      // Alone, the same is its own doing.
      fail(children[2]?.child ?? assert.fail())
      await go(500)
      assert.equal(children[3]?.args.includes('libx264'), true)
      await close()
    })
  }

  it('does not wait for ever for what the old process still has', async () => {
    const { first, children, run, go, close } = setUp({ framesPerProcess: 25 })
    await run(first)
    first.feed(20)
    children[1]?.child.begin()
    children[1]?.child.frames(10)
    const pushed: number[] = []
    first.stream.window.on('frame', ({ frame }) => pushed.push(frame.dts))
    await go(1_500)
    assert.equal(pushed.length, 0)
    await go(1_000)
    assert.deepEqual([pushed.length, first.stream.state], [10, 'running'])
    await close()
  })

  it('keeps its place through a short absence of the camera, and gives it to others in a long one', async () => {
    const { all, places, children, run, go, close } = setUp({ cameras: 2 })
    const [one = assert.fail(), two = assert.fail()] = all
    await run(one)
    two.stream.open(two.source)
    one.becomes('backing-off', faultOf('unreachable', 'gone'))
    await go(5_000)
    assert.deepEqual([one.stream.state, one.stream.fault?.code, two.stream.state], ['backing-off', 'unreachable', 'queued'])
    one.becomes('running')
    await go(250)
    assert.deepEqual([one.stream.state, children.length], ['starting', 2])
    one.becomes('backing-off', faultOf('unreachable', 'gone'))
    await go(10_500)
    assert.deepEqual([one.stream.state, two.stream.state, places.taken], ['backing-off', 'starting', 1])
    // Back, it waits its turn again.
    one.becomes('running')
    await go(250)
    assert.deepEqual([one.stream.state, one.stream.report().queue?.position], ['queued', 1])
    await close()
  })
})

describe('the form in which a viewer gets a stream', () => {
  const any = { h264: 2 ** 28, h265: 0 }
  const hevc = { h264: 2 ** 28, h265: 1920 * 1080 }
  it('is that of the camera for H.264, and for H.265 where it plays', () => {
    assert.equal(judgeForm({ codec: 'h264', pixels: 3840 * 2160 }, any), 'original')
    assert.equal(judgeForm({ codec: 'h265', pixels: 1920 * 1080 }, hevc), 'original')
    assert.equal(judgeForm({ codec: 'h265', pixels: null }, hevc), 'original')
  })
  it('is H.264 for what the viewer does not play: H.265, H.265 that is too large, MJPEG', () => {
    for (const [codec, pixels, decodes] of [['h265', null, any], ['h265', 640 * 360, any], ['h265', 3840 * 2160, hevc], ['mjpeg', 640 * 360, hevc]] as const) assert.equal(judgeForm({ codec, pixels }, decodes), 'h264')
  })
  it('is rather H.264 made smaller where H.264 is larger than the viewer says that it can show', () => {
    const small = { h264: 1920 * 1088, h265: 0 }
    assert.equal(judgeForm({ codec: 'h264', pixels: 2560 * 1440 }, small), 'rather-h264')
    assert.equal(judgeForm({ codec: 'h264', pixels: 1920 * 1080 }, small), 'original')
  })
  it('is that of the camera as long as nothing is known of it', () => assert.equal(judgeForm({ codec: null, pixels: null }, any), 'original'))
})
