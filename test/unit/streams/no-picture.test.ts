// A pull that goes on and gives its viewers nothing: what is told of it meanwhile, and that it is ended and begun anew. The
// camera is real, the clock is moved by hand.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { silentLogger } from '#base/logger.ts'
import { Awake } from '../../../streams/awake.ts'
import { CameraStream } from '../../../streams/camera-stream.ts'
import { CameraDialer } from '../../../streams/ingest/camera-dialer.ts'
import { defaultLimits as limits } from '../../../streams/limits.ts'
import { Places } from '../../../streams/places.ts'
import { CAMERA_SPS, HandClock, PPS, SPS } from './packager-fixture.ts'
import { sourceOf } from './plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from './scripted-camera.ts'

const unit = (key: boolean) => Buffer.concat([Buffer.from(key ? [0x65, 0x88] : [0x41, 0x98]), Buffer.alloc(3_000, 1)])
const followers = Array.from({ length: 9 }, () => [unit(false)])
const loop = { fps: 200, units: [[SPS, PPS, unit(true)], ...followers] }
const TICK_MS = 250

describe('a running pull that gives no picture any more', () => {
  let camera: ScriptedCamera
  let stream: CameraStream
  let awake: Awake

  afterEach(async () => {
    awake.close()
    await stream.stop()
    await camera.stop()
  })

  const until = async (happened: () => boolean) => {
    while (!happened()) await new Promise((resolve) => setImmediate(resolve))
  }

  const begin = async (script: Partial<CameraScript> = {}) => {
    camera = await new ScriptedCamera({ loop, ...script }).start()
    const clock = new HandClock()
    awake = new Awake(clock)
    const dialer = new CameraDialer({ clock, random: randomBytes, addressPolicy: new AddressPolicy(['127.0.0.0/8']), limits })
    const noFfmpeg = () => assert.fail('ffmpeg is not needed')
    stream = new CameraStream(
      {
        clock,
        awake,
        chance: () => 0.5,
        logger: silentLogger,
        limits,
        ffmpegPull: { clock, spawn: noFfmpeg, relay: { admit: noFfmpeg }, ffmpeg: { path: 'ffmpeg', syncOption: '-vsync' } },
        directPull: { clock, awake, dialer, limits },
        starts: new Places(limits.maxStarts),
        onReport: () => {},
      },
      sourceOf(camera),
    )
    const go = async (ms: number) => {
      for (let left = ms; left > 0; left -= TICK_MS) {
        await clock.go(Math.min(TICK_MS, left))
        stream.touch()
        stream.tick()
      }
    }
    /** Time goes by until the state is another, while the camera goes on sending what it does. */
    const goReceiving = async (ms: number, bytes: number, send: () => void = () => {}) => {
      const { state } = stream
      for (let left = ms; left > 0 && stream.state === state; left -= 750) {
        const before = stream.report().bytesReceived
        send()
        await until(() => stream.report().bytesReceived >= before + bytes)
        await go(750)
      }
    }
    const newestDts = () => (stream.window.open ?? stream.window.newest)?.parts.at(-1)?.startDts
    stream.open(sourceOf(camera))
    await until(() => stream.state === 'running')
    return { go, goReceiving, newestDts }
  }

  it('is told as stalled, ended for its silence and begun anew when only reports come', async () => {
    const { go, goReceiving } = await begin()
    camera.freeze()
    while (stream.state === 'running') await go(TICK_MS)
    assert.deepEqual([stream.state, stream.fault?.code], ['stalled', 'stream_silent'])
    await goReceiving(26_000, 32, () => camera.report())
    assert.equal(stream.state, 'stalled', 'a camera of one picture in sixteen seconds must have its time')
    await goReceiving(3_000, 32, () => camera.report())
    assert.deepEqual([stream.state, stream.fault?.code], ['backing-off', 'stream_silent'])
    await go(1_000)
    await until(() => stream.state === 'running')
    assert.deepEqual([camera.connections, stream.fault], [2, null])
  })

  it('is told as stalled and ended as undecodable when other parameter sets come and no key frame', async () => {
    const { goReceiving, newestDts } = await begin({ switchTo: { afterUnits: 40, loop: { ...loop, units: [[CAMERA_SPS, PPS, unit(false)], ...followers] } } })
    await until(() => stream.report().bytesReceived > 60 * 3_000)
    const standing = newestDts()
    await goReceiving(3_000, 3_000)
    assert.deepEqual([stream.state, stream.fault?.code], ['stalled', 'stream_undecodable'])
    await goReceiving(25_000, 3_000)
    assert.deepEqual([stream.state, newestDts()], ['stalled', standing])
    await goReceiving(4_000, 3_000)
    assert.deepEqual([stream.state, stream.fault?.code], ['backing-off', 'stream_undecodable'])
  })
})
