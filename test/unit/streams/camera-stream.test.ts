// One camera stream's supervisor on a clock moved by hand: stalls, tries again, idles; and what it does not believe when
// the machine itself is late.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import type { FaultCode } from '#contract/faults.ts'
import { Awake } from '../../../streams/awake.ts'
import { CameraStream } from '../../../streams/camera-stream.ts'
import { BitWriter } from '../../../streams/cmaf/bits.ts'
import { TIMESCALE, writeSegment } from '../../../streams/cmaf/mp4-writer.ts'
import type { SpawnProcess } from '../../../streams/ffmpeg/child.ts'
import type { RelayEvents } from '../../../streams/ingest/rtsp-relay.ts'
import { defaultLimits } from '../../../streams/limits.ts'
import type { StreamReport, StreamSource } from '../../../streams/media-plane.ts'
import { Places } from '../../../streams/places.ts'
import { faultOf } from '../../../streams/stream-fault.ts'
import { FakeFfmpeg } from './fake-ffmpeg.ts'
import { HandClock, nal, PPS, slice } from './packager-fixture.ts'

const source: StreamSource = { cameraId: 'camera-1', stream: 'sub', tls: false, host: '127.0.0.1', port: 554, path: '/live', credential: { username: 'a', password: new Secret('b') }, codec: 'h264' }

function setUp(count = 1) {
  const clock = new HandClock()
  const awake = new Awake(clock)
  const children: FakeFfmpeg[] = []
  const relays: RelayEvents[] = []
  const reports: StreamReport[] = []
  const spawn: SpawnProcess = () => {
    const child = new FakeFfmpeg()
    children.push(child)
    return child as unknown as ChildProcess
  }
  const admit = async (_source: StreamSource, events: RelayEvents) => {
    relays.push(events)
    return { url: `rtsp://127.0.0.1:1/${'t'.repeat(24)}`, release: () => {} }
  }
  const starts = new Places(defaultLimits.maxStarts)
  const streams = Array.from({ length: count }, (_, index) => {
    const deps = { clock, spawn, relay: { admit }, ffmpeg: { path: 'ffmpeg', syncOption: '-vsync' as const } }
    return new CameraStream(
      { clock, awake, chance: () => 0.5, logger: silentLogger, limits: defaultLimits, ffmpegPull: deps, directPull: null, starts, onReport: (report) => void reports.push(report) },
      { ...source, cameraId: `camera-${index + 1}` },
    )
  })
  const [stream = assert.fail()] = streams
  /** Time goes by in the plane's own steps. */
  const go = async (ms: number, watched = true) => {
    for (let left = ms; left > 0; left -= 250) {
      await clock.go(Math.min(250, left))
      for (const each of streams) {
        if (watched) each.touch()
        each.tick()
      }
    }
  }
  const running = async () => {
    stream.open(source)
    await go(250)
    children[0]?.begin()
    children[0]?.frames(12)
    await go(250)
    assert.equal(stream.state, 'running')
  }
  const close = async () => {
    awake.close()
    await Promise.all(streams.map((each) => each.stop()))
  }
  return { clock, awake, children, relays, reports, starts, streams, stream, go, running, close }
}

describe('the supervisor of a camera stream', () => {
  it('tells a stall after two and a half seconds without a frame and takes it back with the next part', async () => {
    const { children, stream, go, running, close } = setUp()
    await running()
    await go(2_000)
    assert.equal(stream.state, 'running')
    await go(750)
    assert.deepEqual([stream.state, stream.fault?.code], ['stalled', 'stream_silent'])
    children[0]?.frames(10)
    await go(250)
    assert.deepEqual([stream.state, stream.fault], ['running', null])
    await close()
  })

  it('does not call a camera of one frame a second stalled', async () => {
    const { children, stream, go, close } = setUp()
    stream.open(source)
    await go(250)
    children[0]?.begin()
    for (let second = 0; second < 12; second++) {
      children[0]?.frames(1, 1)
      await go(1_000)
    }
    assert.equal(stream.state, 'running')
    await go(1_500)
    assert.equal(stream.state, 'running')
    await go(1_000)
    assert.equal(stream.state, 'stalled')
    await close()
  })

  it('does not call a camera of one picture in sixteen seconds stalled between two, nor silent', async () => {
    const { children, relays, reports, stream, go, close } = setUp()
    stream.open(source)
    await go(250)
    children[0]?.begin()
    const gaps: (number | undefined)[] = [relays[0]?.frameGapMs()]
    for (let picture = 0; picture < 8; picture++) {
      children[0]?.frames(1, 1 / 16)
      await go(16_000)
      gaps.push(relays[0]?.frameGapMs())
    }
    assert.deepEqual(reports.map(({ state }) => state), ['starting', 'running'])
    assert.deepEqual([gaps[0], gaps[1], new Set(gaps.slice(2))], [0, 20_000, new Set([48_000])])
    await close()
  })

  it('waits for the picture of a fast camera no longer than ever', async () => {
    const { relays, running, close } = setUp()
    await running()
    assert.equal(relays[0]?.frameGapMs(), 300)
    await close()
  })

  it('tries again after pauses that grow to their cap, and starts from the first one after a picture', async () => {
    const { clock, children, stream, go, running, close } = setUp()
    await running()
    const pauses: number[] = []
    const fail = async () => {
      const count = children.length
      children.at(-1)?.exit()
      await clock.go(0)
      assert.equal(stream.state, 'backing-off')
      const fromMs = clock.monotonicMs()
      while (children.length === count) await clock.go(25)
      pauses.push(clock.monotonicMs() - fromMs)
    }
    for (let failure = 0; failure < 5; failure++) await fail()
    // 0.75 of the full pause with chance at one half.
    assert.deepEqual(pauses, [375, 750, 1_500, 1_500, 1_500])
    children.at(-1)?.begin()
    children.at(-1)?.frames(12)
    await go(250)
    assert.equal(stream.state, 'running')
    await fail()
    assert.equal(pauses.at(-1), 375)
    await close()
  })

  it('is stopped, with its process, a minute after nobody asked any more, and starts anew under the same list', async () => {
    const { children, stream, go, running, close } = setUp()
    await running()
    const { edition } = stream
    for (let second = 0; second < 59; second++) {
      children[0]?.frames(10)
      await go(1_000, false)
    }
    assert.equal(stream.state, 'running')
    await go(2_000, false)
    assert.deepEqual([stream.state, stream.window.newest, stream.window.bytes], ['stopped', null, 0])
    const gone = new Promise((resolve) => children[0]?.once('close', resolve))
    await Promise.race([gone, stream.stop()])
    stream.open(source)
    await go(250)
    children[1]?.begin()
    children[1]?.frames(12)
    await go(250)
    assert.deepEqual([stream.state, stream.edition], ['running', edition])
    await close()
  })

  it('takes no frame of a pull that has ended for a picture of the one that is starting', async () => {
    const { children, relays, stream, go, running, close } = setUp()
    await running()
    const before = stream.window.newest?.msn
    relays[0]?.onEnd(faultOf('stream_silent', 'no media'))
    // ffmpeg had these in its buffers.
    children[0]?.frames(30)
    await go(250)
    assert.equal(stream.state, 'backing-off')
    children[0]?.frames(30)
    await go(500)
    assert.equal(stream.state, 'starting')
    children[0]?.frames(30)
    await go(250)
    assert.deepEqual([stream.state, stream.report().newestFrameMs], ['starting', null])
    assert.ok((stream.window.newest?.msn ?? 0) <= (before ?? 0) + 1, 'more than what was left of the last part came of it')
    await close()
  })

  const barren: [string, number, FaultCode][] = [
    ['media and no picture', 20_000, 'stream_undecodable'],
    ['reports and no media', 100, 'stream_silent'],
  ]
  for (const [sent, bytesASecond, code] of barren) {
    it(`gives a camera up that sends ${sent}, as ${code}`, async () => {
      const { relays, stream, go, close } = setUp()
      stream.open(source)
      for (let second = 0; second < 31; second++) {
        await go(1_000)
        relays[0]?.onMediaBytes(bytesASecond)
      }
      assert.deepEqual([stream.state === 'backing-off' || stream.state === 'starting', stream.fault?.code], [true, code])
      await close()
    })
  }

  const PPS_OF_ID_1 = Buffer.from([0x68, 0x57])
  const isKey = { duration: 3_600, compositionOffset: 0, key: true }

  it('gives a camera up whose parameter sets change all the time, before they have filled the memory', async () => {
    const { clock, children, stream, go, running, close } = setUp()
    await running()
    let dts = 10 * TIMESCALE
    const give = (sets: readonly Buffer[]) => children[0]?.stdout.write(writeSegment(1, (dts += 3_600), [{ ...isKey, data: Buffer.concat([...sets.map(nal), slice(true)]) }]).bytes)
    const set = (id: number, more: number) => {
      const bits = new BitWriter()
      for (const value of [id, 0, more]) bits.ue(value)
      return Buffer.concat([Buffer.from([0x68]), bits.finish(), Buffer.alloc(3_990, 1)])
    }
    give(Array.from({ length: 254 }, (_, index) => set(index + 1, 0)))
    for (let change = 0; change < 60; change++) {
      give([set(1, change)])
      give([])
      await clock.go(80)
    }
    const inits = Array.from({ length: 100 }, (_, index) => stream.window.init(stream.window.newestEpoch - index)?.bytes.length ?? 0)
    assert.ok(inits.reduce((sum, bytes) => sum + bytes) < 1_000_000, `${inits.filter(Boolean).length} of ${Math.max(...inits)} bytes`)
    assert.deepEqual([stream.state, stream.fault?.code, stream.fault?.retry], ['backing-off', 'stream_undecodable', 'later'])
    await go(4_000)
    assert.equal(children.length, 1, 'it is not tried again at once')
    await go(7_000)
    children[1]?.begin()
    children[1]?.frames(12)
    await go(250)
    assert.deepEqual([stream.state, stream.fault], ['running', null], 'a pull without any change goes on')
    await close()
  })

  it('goes on with a camera whose parameter sets change twenty times a minute', async () => {
    const { clock, children, stream, running, close } = setUp()
    await running()
    let dts = 10 * TIMESCALE
    for (let change = 0; change < 60; change++) {
      const sets = [change % 2 === 0 ? PPS_OF_ID_1 : Buffer.from([0x68, 0x53]), PPS]
      for (let frame = 0; frame < 31; frame++) {
        const data = frame === 0 ? Buffer.concat([...sets.map(nal), slice(true)]) : slice(false)
        children[0]?.stdout.write(writeSegment(1, (dts += 9_000), [{ ...isKey, key: frame === 0, data }]).bytes)
        await clock.go(100)
      }
      stream.touch()
    }
    assert.deepEqual([stream.state, stream.window.newestEpoch - Math.floor(Date.UTC(2026, 0, 1)) > 55], ['running', true])
    await close()
  })

  it('is patient with a camera that gives no picture while the machine is short of time', async () => {
    const { clock, stream, go, running, close } = setUp()
    await running()
    for (let second = 0; second < 80; second += 5) {
      clock.stall(1_000)
      await go(5_000)
    }
    assert.equal(stream.state, 'stalled')
    await close()
  })
})

describe('a machine that is late itself', () => {
  it('does not take its own hold-up for the camera’s silence', async () => {
    const { clock, awake, stream, running, close } = setUp()
    await running()
    clock.stall(20_000)
    stream.tick()
    assert.equal(stream.state, 'running')
    assert.deepEqual([awake.strained, awake.patience], [true, 3])
    await close()
  })

  it('does not take its own hold-up for nobody watching', async () => {
    const { clock, stream, running, close } = setUp()
    await running()
    clock.stall(120_000)
    stream.tick()
    assert.notEqual(stream.state, 'stopped')
    await close()
  })

  it('is patient while most of its streams are late at once, and not because of a few', () => {
    const clock = new HandClock()
    const awake = new Awake(clock)
    const after = (streams: number, late: number) => {
      awake.observe(streams, late)
      return awake.patience
    }
    assert.deepEqual([after(20, 10), after(20, 11), after(3, 3), after(20, 0)], [1, 3, 1, 1])
    awake.close()
  })

  it('recovers ten seconds after a hold-up', () => {
    const clock = new HandClock()
    const awake = new Awake(clock)
    clock.stall(2_000)
    assert.equal(awake.strained, true)
    assert.ok(awake.ms() <= 200)
    assert.deepEqual([awake.starts(20), awake.starts(4)], [8, 4])
    awake.observe(20, 11)
    assert.equal(awake.starts(20), 2)
    awake.observe(20, 0)
    clock.advance(11_000)
    assert.equal(awake.strained, false)
    assert.equal(awake.starts(20), 20)
    awake.close()
  })

  it('tries again at longer distances and only a few at once, so that forty falling streams do not fell the rest', async () => {
    const { clock, awake, children, relays, reports, starts, streams, close } = setUp(40)
    streams.forEach((each, index) => each.open({ ...source, cameraId: `camera-${index + 1}` }))
    const tick = async (ms: number) => {
      await clock.go(ms)
      for (const each of streams) {
        each.touch()
        each.tick()
      }
    }
    const beginNew = (from: number) => {
      for (const child of children.slice(from)) {
        child.begin()
        child.frames(12)
      }
    }
    for (let begun = 0; begun < 40; ) {
      await tick(250)
      beginNew(begun)
      begun = children.length
      await tick(250)
    }
    assert.ok(streams.every((each) => each.state === 'running'))
    const before = children.length
    const fallen = reports.length
    clock.stall(3_000)
    assert.equal(awake.strained, true)
    starts.resize(2)
    for (const relay of relays) relay.onEnd(faultOf('stream_silent', 'no media'))
    await tick(1_000)
    // With the usual first pause of 375 ms all forty would be at it again by now.
    assert.equal(children.length, before)
    await tick(1_000)
    assert.ok(children.length - before <= 2, `${children.length - before} at once`)
    const back = () => new Set(reports.slice(fallen).flatMap(({ cameraId, state }) => (state === 'running' ? [cameraId] : []))).size
    const fed = new Set(children.slice(0, before))
    for (let round = 0; round < 60 && back() < 40; round++) {
      for (const child of children) {
        if (fed.has(child)) continue
        fed.add(child)
        child.begin()
        child.frames(12)
      }
      await tick(250)
    }
    assert.equal(back(), 40)
    assert.equal(children.length, 80, 'some were started more than once')
    await close()
  })
})

describe('places', () => {
  it('can become fewer, and more again, with those that wait served in turn', async () => {
    const places = new Places(3)
    const held = [places.tryTake(), places.tryTake(), places.tryTake()]
    places.resize(1)
    const waiting: number[] = []
    const taken = [1, 2].map((number) => places.take().then((place) => (waiting.push(number), place)))
    held[0]?.release()
    held[1]?.release()
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(waiting, [])
    held[2]?.release()
    await taken[0]
    assert.deepEqual(waiting, [1])
    places.resize(2)
    await taken[1]
    assert.deepEqual(waiting, [1, 2])
  })
})
