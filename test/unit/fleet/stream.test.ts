// Owns what a stream sends: key frames first, timestamps over the loop's seam, and what faults do to running streams.
import assert from 'node:assert/strict'
import { CameraState } from '../../fleet/camera-state.ts'
import { cameraIdentity } from '../../fleet/identity.ts'
import type { Loop } from '../../fleet/loops/loop-file.ts'
import { Pacer } from '../../fleet/pacer.ts'
import { prebuild } from '../../fleet/rtp/prebuilt.ts'
import type { PrebuiltFrame, PrebuiltLoop } from '../../fleet/rtp/prebuilt.ts'
import { CameraStream } from '../../fleet/rtsp/stream.ts'
import { handClock, tinyLibrary } from './support.ts'

function open(index = 1) {
  const clock = handClock()
  const state = new CameraState({ identity: cameraIdentity('test', index), clock, library: tinyLibrary() })
  const built = new Map<Loop, PrebuiltLoop>()
  const prebuilt = (loop: Loop) => {
    const made = built.get(loop) ?? prebuild(loop)
    built.set(loop, made)
    return made
  }
  const stream = new CameraStream({ state, name: 'sub', pacer: new Pacer({ clock }), prebuilt })
  const watch = () => {
    const seen: { frame: PrebuiltFrame; frameNumber: number; dueMs: number }[] = []
    const subscriber = { codec: state.codec('sub'), frame: (frame: PrebuiltFrame, frameNumber: number, dueMs: number) => void seen.push({ frame, frameNumber, dueMs }) }
    seen.push(...stream.join(subscriber, clock.now()))
    return { seen, leave: () => stream.leave(subscriber) }
  }
  return { clock, state, stream, watch, frames: () => prebuilt(state.loop('sub')).frames }
}

describe('camera stream', () => {
  it('starts with a key frame and counts on over the seam of the loop', () => {
    const { clock, watch } = open()
    const { seen } = watch()
    clock.advance(3000)
    assert.ok(seen.length >= 44)
    assert.deepEqual(seen.map(({ frame }) => frame.key), seen.map((_, i) => i % 15 === 0))
    assert.deepEqual(seen.map(({ frameNumber }) => frameNumber), seen.map((_, i) => i))
  })

  it('gives a second client the frames since the newest key frame, then the same as the first', () => {
    const { clock, watch } = open()
    const first = watch()
    clock.advance(1500)
    const second = watch()
    assert.equal(second.seen[0]?.frame.key, true)
    assert.equal(second.seen.at(-1)?.frameNumber, first.seen.at(-1)?.frameNumber)
    clock.advance(500)
    assert.equal(second.seen.at(-1)?.frameNumber, first.seen.at(-1)?.frameNumber)
  })

  it('starts away from a key frame when joined in the middle of a group', () => {
    const { clock, state, watch } = open()
    state.set({ name: 'mid-gop-join' })
    const { seen } = watch()
    clock.advance(100)
    assert.equal(seen[0]?.frame.key, false)
  })

  it('knows when each frame of the loop was sent', () => {
    const { clock, stream, watch } = open()
    const { seen } = watch()
    clock.advance(2500)
    const shown = seen[18]
    assert.ok(shown)
    assert.equal(stream.markTime(3, shown.dueMs), shown.dueMs)
    assert.equal(stream.markTime(99, shown.dueMs), null)
  })

  it('repeats one key frame while frozen, with advancing numbers, and goes on afterwards', () => {
    const { clock, state, watch } = open()
    const { seen } = watch()
    clock.advance(300)
    const before = seen.length
    state.set({ name: 'frozen-picture' })
    clock.advance(1000)
    const frozen = seen.slice(before)
    assert.ok(frozen.length >= 4)
    assert.ok(frozen.every(({ frame }) => frame === seen[0]?.frame))
    assert.equal(new Set(frozen.map(({ frameNumber }) => frameNumber)).size, frozen.length)
    state.clear('frozen-picture')
    const thawed = seen.length
    clock.advance(1000)
    assert.ok(new Set(seen.slice(thawed).map(({ frame }) => frame)).size > 10)
  })

  for (const name of ['stream-silent', 'rtsp-silent'] as const) {
    it(`sends nothing with ${name}`, () => {
      const { clock, state, watch } = open()
      const { seen } = watch()
      state.set({ name })
      clock.advance(1000)
      assert.equal(seen.length, 0)
    })
  }

  for (const name of ['black-picture', 'sps-change', 'gop-10s'] as const) {
    it(`changes to another loop at a key frame with ${name}, in the middle of the stream`, () => {
      const { clock, state, watch, frames } = open()
      const { seen } = watch()
      clock.advance(500)
      const normal = new Set(frames())
      const before = seen.length
      state.set({ name })
      clock.advance(500)
      const after = seen.slice(before)
      assert.equal(after[0]?.frame.key, true)
      assert.ok(after.length > 5 && after.every(({ frame }) => !normal.has(frame)))
    })
  }
})

describe('camera condition', () => {
  it('has its clock off by the given seconds', () => {
    const { clock, state } = open()
    state.set({ name: 'clock-off', value: -30 })
    assert.equal(state.deviceNow(), clock.now() - 30_000)
  })

  it('flaps: off for half a period, on for the other half, on for good when cleared', () => {
    const { clock, state } = open()
    const powered: boolean[] = []
    state.onChange((change) => powered.push(change.powered))
    state.set({ name: 'flapping', value: 10 })
    clock.advance(10_000)
    state.clear()
    clock.advance(60_000)
    assert.deepEqual(powered, [false, true, false, true])
  })

  it('describes H.265 instead of H.264 after a codec change', () => {
    const { state } = open()
    assert.equal(state.codec('main'), 'h264')
    state.set({ name: 'codec-change' })
    assert.equal(state.codec('main'), 'h265')
  })
})
