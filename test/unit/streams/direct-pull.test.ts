// A pull without a process against a camera that can break every rule: what it gives, what it refuses, what it leaves behind.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import type { SourceFrame, VideoTrack } from '../../../streams/cmaf/frame.ts'
import { DirectPull } from '../../../streams/direct-pull.ts'
import { CameraDialer } from '../../../streams/ingest/camera-dialer.ts'
import type { VideoCodec } from '../../../streams/ingest/sdp.ts'
import type { PullEnd } from '../../../streams/pull.ts'
import { faultOf } from '../../../streams/stream-fault.ts'
import { PPS, SPS } from './packager-fixture.ts'
import { sourceOf } from './plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from './scripted-camera.ts'

const limits = { connectTimeoutMs: 300, answerTimeoutMs: 300, silenceMs: 2_000, maxBytesPerSecond: 2_000_000 }
const unit = (key: boolean) => Buffer.concat([Buffer.from(key ? [0x65, 0x88] : [0x41, 0x98]), Buffer.alloc(3_000, 1)])
const loop = { fps: 50, units: [[SPS, PPS, unit(true)], ...Array.from({ length: 9 }, () => [unit(false)])] }

describe('a pull without a process', () => {
  let camera: ScriptedCamera
  let pull: DirectPull

  afterEach(async () => {
    await pull.stop()
    await camera.stop()
  })

  const begin = async (script: CameraScript = {}, overrides: { wallClockTimestamps?: boolean; frameGapMs?: number; limits?: Partial<typeof limits>; host?: string } = {}) => {
    camera = await new ScriptedCamera({ login: 'digest-md5', password: 'canary', loop, ...script }).start()
    const all = { ...limits, ...overrides.limits }
    const seen = { tracks: [] as VideoTrack[], frames: [] as SourceFrame[], codecs: [] as VideoCodec[], bytes: 0, lost: 0 }
    const waiting: { count: number; resolve: () => void }[] = []
    let report: (end: PullEnd) => void = () => {}
    const ended = new Promise<PullEnd>((resolve) => {
      report = resolve
    })
    const dialer = new CameraDialer({ clock: systemClock, random: randomBytes, addressPolicy: new AddressPolicy(['127.0.0.0/8']), limits: all })
    const source = { ...sourceOf(camera), ...(overrides.host ? { host: overrides.host } : {}) }
    pull = new DirectPull({ clock: systemClock, awake: { ms: () => performance.now(), patience: 1 }, dialer, limits: all }, { source, wallClockTimestamps: overrides.wallClockTimestamps ?? false, frameGapMs: () => overrides.frameGapMs ?? 0 }, {
      onTrack: (track) => void seen.tracks.push(track),
      onFrame: (frame) => {
        seen.frames.push(frame)
        for (const { count, resolve } of waiting) if (seen.frames.length >= count) resolve()
      },
      onMediaBytes: (bytes) => void (seen.bytes += bytes),
      onLostBytes: (bytes) => void (seen.lost += bytes),
      onCodec: (codec) => void seen.codecs.push(codec),
      onEnd: (end) => report(end),
    })
    const frames = (count: number) => new Promise<void>((resolve) => void waiting.push({ count, resolve }))
    return { seen, ended, frames }
  }
  const methods = () => camera.requests.map(({ method }) => method)

  it('logs in, tells codec and track, and gives the camera’s pictures with its times', async () => {
    const { seen, frames } = await begin()
    await frames(12)
    assert.deepEqual(seen.codecs, ['h264'])
    assert.deepEqual(seen.tracks.map(({ width, height, timescale }) => ({ width, height, timescale })), [{ width: 640, height: 360, timescale: 90_000 }])
    assert.deepEqual(seen.frames.slice(0, 11).map(({ key }) => key), [true, ...Array.from({ length: 9 }, () => false), true])
    assert.deepEqual(seen.frames.slice(0, 3).map(({ dts }) => dts), [0, 1_800, 3_600])
    assert.ok(seen.bytes > 12 * 3_000)
  })

  it('waits for the first key frame’s parameter sets when the SDP has none', async () => {
    const { seen, frames } = await begin({ omitParameterSets: true, startUnit: 4 })
    await frames(3)
    assert.equal(seen.tracks.length, 1)
    assert.equal(seen.frames[0]?.key, true)
  })

  it('says goodbye, so that the camera has its place back, and tells nothing after it was stopped', async () => {
    const { frames, ended } = await begin()
    await frames(2)
    await pull.stop()
    assert.equal(await Promise.race([ended, new Promise((resolve) => setImmediate(() => resolve('nothing')))]), 'nothing')
    await new Promise<void>((resolve) => {
      const look = () => (methods().includes('TEARDOWN') ? resolve() : setImmediate(look))
      look()
    })
  })

  it('is stopped before it has connected without a word to anybody', async () => {
    await begin()
    await pull.stop()
    assert.equal(camera.requests.length, 0)
  })

  it('ends with the fault that it was failed with, once', async () => {
    const { frames, ended } = await begin()
    await frames(1)
    pull.fail(faultOf('stream_reset', 'the first'))
    pull.fail(faultOf('stream_silent', 'the second'))
    assert.deepEqual(await ended, { fault: faultOf('stream_reset', 'the first'), needs: 'nothing' })
  })

  it('waits for a camera of slow pictures as long as they may be apart, and no longer', async () => {
    const { ended } = await begin({ silent: true }, { frameGapMs: 600 })
    const startedMs = performance.now()
    assert.equal((await ended).fault.code, 'stream_silent')
    assert.ok(performance.now() - startedMs >= 500, 'it was ended after the usual silence')
  })

  const endings: [string, CameraScript, string, string?][] = [
    ['the password is wrong', { password: 'another' }, 'rtsp_refused'],
    ['the camera asks for Basic only', { login: 'basic' }, 'auth_downgrade'],
    ['the camera sends us elsewhere', { redirectTo: 'rtsp://127.0.0.2:9/x' }, 'rtsp_redirected'],
    ['a control URL is on another host', { control: 'rtsp://127.0.0.2:9/x' }, 'rtsp_redirected'],
    ['the base is on another host', { contentBase: 'rtsp://10.0.0.1/x/' }, 'rtsp_redirected'],
    ['the camera speaks HTTP', { describeRaw: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') }, 'rtsp_malformed'],
    ['there is no such stream', { describeRaw: Buffer.from('RTSP/1.0 404 Not Found\r\nCSeq: 2\r\n\r\n') }, 'stream_missing'],
    ['SETUP is not answered', { mute: new Set(['SETUP']) }, 'rtsp_silent'],
    ['PLAY is answered and nothing comes', { silent: true }, 'stream_silent'],
    ['the codec is another one', { encoding: 'VP8' }, 'stream_undecodable', 'ffmpeg'],
  ]
  for (const [condition, script, code, needs = 'nothing'] of endings) {
    it(`ends with ${code} when ${condition}`, async () => {
      const { ended } = await begin(script, { limits: script.silent ? { silenceMs: 200 } : {} })
      if (script.password) camera.script.password = 'a third'
      const end = await ended
      assert.deepEqual([end.fault.code, end.needs], [code, needs])
      assert.ok(!JSON.stringify(end).includes('canary'))
    })
  }

  it('ends with address_refused, and nobody was connected to, when the address is outside the camera networks', async () => {
    const { ended } = await begin({}, { host: '10.0.0.1' })
    assert.equal((await ended).fault.code, 'address_refused')
    assert.equal(camera.connections, 0)
  })

  it('ends with unreachable when nobody listens, and with stream_reset when the camera goes', async () => {
    const { ended, frames } = await begin()
    await frames(2)
    await camera.stop()
    assert.equal((await ended).fault.code, 'stream_reset')
  })

  it('reads no more than a camera may send', async () => {
    const { seen, frames } = await begin({}, { limits: { maxBytesPerSecond: 20_000 } })
    const startedMs = performance.now()
    await frames(20)
    const rate = (seen.bytes - 20_000 - 32 * 1024) / ((performance.now() - startedMs) / 1000)
    assert.ok(rate < 40_000, `${rate} bytes a second`)
  })

  for (const [name, between] of [['zero bytes', Buffer.from([0, 0, 0])], ['a word', Buffer.from('AB ')], ['a frame of a channel that nobody set up', Buffer.from([0x24, 9, 255])]] as const) {
    it(`goes on when the camera leaves ${name} between its frames, and tells how many bytes were none`, async () => {
      const { seen, frames } = await begin({ between })
      await frames(12)
      assert.deepEqual(seen.frames.slice(0, 11).map(({ key }) => key), [true, ...Array.from({ length: 9 }, () => false), true])
      assert.ok(seen.lost >= 11 * 3 && seen.lost % 3 === 0, `${seen.lost} bytes`)
    })
  }

  it('tells no line end behind an answer as lost', async () => {
    const { seen, frames } = await begin({ between: Buffer.from('RTSP/1.0 200 OK\r\n\r\n\r\n') })
    await frames(12)
    assert.deepEqual([seen.lost, seen.frames.length >= 12], [0, true])
  })

  it('ends with rtsp_malformed when what comes between frames does not end', async () => {
    const { ended } = await begin({ between: Buffer.alloc(70_000) })
    assert.equal((await ended).fault.code, 'rtsp_malformed')
  })

  it('reads no more of what is none than a camera may send', async () => {
    const { seen, frames } = await begin({ between: Buffer.alloc(20_000) }, { limits: { maxBytesPerSecond: 50_000 } })
    const startedMs = performance.now()
    await frames(8)
    const rate = (seen.bytes + seen.lost - 50_000 - 2 * 32 * 1024) / ((performance.now() - startedMs) / 1000)
    assert.ok(rate < 100_000, `${rate} bytes a second`)
  })

  it('reads no more of answers that nobody asked for than a camera may send', async () => {
    const body = 20_000
    const { seen, frames } = await begin({ between: Buffer.concat([Buffer.from(`RTSP/1.0 200 OK\r\nContent-Length: ${body}\r\n\r\n`), Buffer.alloc(body)]) }, { limits: { maxBytesPerSecond: 100_000 } })
    const startedMs = performance.now()
    await frames(13)
    const rate = (seen.bytes + seen.frames.length * body - 100_000 - 2 * 32 * 1024) / ((performance.now() - startedMs) / 1000)
    assert.ok(rate < 200_000, `${rate} bytes a second`)
  })

  it('gives arrival times where the camera’s cannot be used', async () => {
    const { seen, frames } = await begin({}, { wallClockTimestamps: true })
    await frames(5)
    const [first, last] = [seen.frames[0]?.dts ?? 0, seen.frames[4]?.dts ?? 0]
    assert.ok(last > first && last - first < 90_000)
    assert.ok(first > 9_000, 'not the camera’s first time')
  })
})
