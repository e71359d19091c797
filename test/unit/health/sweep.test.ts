// Owns proof of a sweep on a clock that stands still: bounded, a deadline for each camera, slow ones delay nobody.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { FaultCode } from '#contract/faults.ts'
import type { UnitId } from '#contract/ids.ts'
import type { CameraLogins, OnvifPing } from '../../../backend/health/camera-check.ts'
import type { CameraCheck } from '../../../backend/health/evidence.ts'
import { Sweep } from '../../../backend/health/sweep.ts'
import type { Camera } from '../../../backend/registry/index.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { sampleCamera } from '../registry/sample-camera.ts'

type Behaviour = { afterMs: number; fault?: FaultCode } | 'hangs' | 'throws'

class Network {
  readonly clock = new FakeClock()
  readonly cameras: Camera[]
  readonly ended: { index: number; atMs: number; check: CameraCheck }[] = []
  readonly behaviour = new Map<number, Behaviour>()
  rtspAsked = 0
  most = 0
  /** Called for every camera while it is being asked. */
  whileAsked: () => void = () => {}
  /** Questions that were open when the last camera was asked. */
  openAtEnd = 0
  #open = 0
  readonly sweep: Sweep
  readonly pace = { sweepAtOnce: 32, lateTicks: 0, deadlineMs: (wantedMs: number) => wantedMs }

  constructor(cameras: number, onvif = true) {
    const unitId = newId<UnitId>(1)
    this.cameras = Array.from({ length: cameras }, (_, index) => sampleCamera(unitId, index, { onvifPort: onvif ? 1_000 + index : null, address: `10.12.${index >> 8}.${index & 255}` }))
    const logins: CameraLogins = {
      credentialOf: async () => null,
      sourceOf: async (camera, stream) => ({ cameraId: camera.id, stream, tls: false, host: camera.address, port: 554, path: '/', credential: null, codec: null }),
    }
    const ping: OnvifPing['ping'] = async (target) => {
      const answer = await this.#answer(target.host)
      return answer === undefined ? { kind: 'answered', clockOffsetMs: 7, tookMs: 1 } : { kind: 'fault', fault: { code: answer, retry: 'soon', detail: '' }, clockOffsetMs: null, tookMs: 1 }
    }
    this.sweep = new Sweep({
      clock: this.clock,
      pace: this.pace,
      deadlineMs: 3_000,
      cameras: logins,
      onvif: { ping },
      plane: {
        probe: async (source) => {
          this.rtspAsked++
          const answer = await this.#answer(source.host)
          return answer === undefined ? { kind: 'answered', codec: 'h264', hasAudio: false, tookMs: 1 } : { kind: 'fault', fault: { code: answer, retry: 'soon', detail: '' }, tookMs: 1 }
        },
      },
    })
  }

  async #answer(host: string): Promise<FaultCode | undefined> {
    const [, , high = 0, low = 0] = host.split('.').map(Number)
    const behaviour = this.behaviour.get(high * 256 + low) ?? { afterMs: 40 }
    if (behaviour === 'throws') throw new Error('a bug in a port')
    this.most = Math.max(this.most, ++this.#open)
    this.openAtEnd = this.#open
    try {
      if (behaviour === 'hangs') return await new Promise<FaultCode>(() => {})
      await new Promise<void>((resolve) => this.clock.after(behaviour.afterMs, resolve))
      this.whileAsked()
      return behaviour.fault
    } finally {
      this.#open--
    }
  }

  /** Runs a sweep to its end; gives how long it took in milliseconds. */
  async run(): Promise<number> {
    const startedMs = this.clock.monotonicMs()
    let done = false
    const running = this.sweep
      .run(this.cameras, (camera, check) => this.ended.push({ index: this.cameras.indexOf(camera), atMs: this.clock.monotonicMs() - startedMs, check }), new AbortController().signal)
      .then(() => (done = true))
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!done) this.clock.advance(20)
    }
    await running
    return this.clock.monotonicMs() - startedMs
  }

  codes(index: number): (FaultCode | undefined)[] {
    const check = this.ended.findLast((end) => end.index === index)?.check
    return [check?.onvif.fault?.code, check?.rtsp.fault?.code]
  }
}

describe('a sweep', () => {
  it('asks 185 cameras, 20 of them dead or slow, in under 10 s, and the dead delay no other', async () => {
    const network = new Network(185)
    for (let index = 0; index < 20; index++) network.behaviour.set(index, index % 2 ? { afterMs: 3_000, fault: 'unreachable' } : 'hangs')
    const tookMs = await network.run()
    assert.equal(network.ended.length, 185)
    assert.ok(tookMs < 6_000, `${tookMs} ms`)
    const healthy = network.ended.filter((end) => end.index >= 20)
    assert.ok(Math.max(...healthy.map((end) => end.atMs)) < 2_000, 'healthy cameras waited for dead ones')
    assert.ok(network.most <= 64, `${network.most} questions at once`)
  })

  it('asks those that were slow last time after all others, so that even 40 of them delay nobody', async () => {
    const network = new Network(100)
    for (let index = 0; index < 40; index++) network.behaviour.set(index, 'hangs')
    await network.run()
    network.ended.length = 0
    await network.run()
    const healthy = network.ended.filter((end) => end.index >= 40)
    assert.ok(Math.max(...healthy.map((end) => end.atMs)) < 300, 'healthy cameras waited for slow ones')
  })

  it('says probe_failed for a port that never ends or throws, and nothing about the other cameras', async () => {
    const network = new Network(3)
    network.behaviour.set(0, 'hangs').set(1, 'throws')
    await network.run()
    assert.deepEqual(network.codes(0), ['probe_failed', 'probe_failed'])
    assert.deepEqual(network.codes(1), ['probe_failed', 'probe_failed'])
    assert.deepEqual(network.codes(2), [undefined, undefined])
  })

  it('knocks at one port only when the login was refused last time, and at both again once it is taken', async () => {
    const network = new Network(1)
    network.behaviour.set(0, { afterMs: 10, fault: 'onvif_refused' })
    await network.run()
    assert.equal(network.rtspAsked, 1)
    await network.run()
    assert.equal(network.rtspAsked, 1)
    network.behaviour.delete(0)
    await network.run()
    assert.equal(network.rtspAsked, 2)
    assert.deepEqual(network.codes(0), [undefined, undefined])
  })

  it('asks a camera again that was silent while our own loop was late, and believes the second answer', async () => {
    const network = new Network(2)
    network.behaviour.set(0, { afterMs: 10, fault: 'rtsp_silent' })
    network.whileAsked = () => {
      network.pace.lateTicks++
      network.behaviour.delete(0)
      network.whileAsked = () => {}
    }
    await network.run()
    assert.deepEqual(network.ended.map(({ index }) => index), [1, 0])
    assert.deepEqual(network.codes(0), [undefined, undefined])
  })

  it('takes a silence for our own fault when our loop was late both times, and for the camera’s when it was not', async () => {
    const network = new Network(2)
    network.behaviour.set(0, { afterMs: 10, fault: 'rtsp_silent' })
    network.whileAsked = () => network.pace.lateTicks++
    await network.run()
    assert.deepEqual(network.codes(0), ['probe_failed', 'probe_failed'])
    network.whileAsked = () => {}
    await network.run()
    assert.deepEqual(network.codes(0), ['rtsp_silent', 'rtsp_silent'])
  })

  it('asks fewer at once as soon as the pace says so, and all of them still', async () => {
    const network = new Network(100)
    network.whileAsked = () => (network.pace.sweepAtOnce = 4)
    await network.run()
    assert.equal(network.ended.length, 100)
    assert.ok(network.openAtEnd <= 8, `${network.openAtEnd} questions at once at the end`)
  })

  it('skips ONVIF for a camera that has none', async () => {
    const network = new Network(1, false)
    await network.run()
    assert.equal(network.ended[0]?.check.onvif.outcome, 'not-tried')
    assert.equal(network.ended[0]?.check.hasOnvif, false)
  })

  it('ends soon after an abort and tells nothing more', async () => {
    const network = new Network(50)
    const abort = new AbortController()
    const told: number[] = []
    const running = network.sweep.run(network.cameras, () => told.push(1), abort.signal)
    abort.abort()
    network.clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
    network.clock.advance(100)
    await running
    assert.equal(told.length, 0)
  })
})
