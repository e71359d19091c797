// Proves the player of single frames on a video and a MediaSource that a test holds: frames with their place and moment,
// a jump to the edge that never goes back, and nothing left behind when it is closed.
import assert from 'node:assert/strict'
import type { PushHeader, PushTrack } from '#contract/media-push.ts'
import { FocusPlayer } from '../../../../frontend/src/player/focus-player.ts'
import type { ShownFrame } from '../../../../frontend/src/player/shown-frames.ts'
import { FakeVideo, SERVER } from './player-scene.ts'

const track: PushTrack = { type: 'track', id: 1, edition: 1, epoch: 1, codecs: 'avc1.64001f', width: 1280, height: 720, frameRate: 25, partTargetSeconds: 0.35, targetDurationSeconds: 4, reorders: 0, transcoded: false }

class FakeBuffer extends EventTarget {
  updating = false
  readonly appended: ArrayBuffer[] = []
  appendBuffer(bytes: ArrayBuffer): void {
    this.updating = true
    this.appended.push(bytes)
  }
  done(): void {
    this.updating = false
    this.dispatchEvent(new Event('updateend'))
  }
  remove(): void {}
}
class FakeSource extends EventTarget {
  readyState = 'closed'
  readonly buffers: FakeBuffer[] = []
  addSourceBuffer(): FakeBuffer {
    const buffer = new FakeBuffer()
    this.buffers.push(buffer)
    return buffer
  }
  open(): void {
    this.readyState = 'open'
    this.dispatchEvent(new Event('sourceopen'))
  }
}

const box = (type: string, ...contents: Uint8Array[]): Uint8Array => {
  const size = 8 + contents.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, size)
  bytes.set(new TextEncoder().encode(type), 4)
  let at = 8
  for (const content of contents) {
    bytes.set(content, at)
    at += content.byteLength
  }
  return bytes
}
/** A fragment that begins at a place of the timeline of 90,000 units a second. */
function fragment(seconds: number): ArrayBuffer {
  const time = new Uint8Array(8)
  new DataView(time.buffer).setUint32(4, seconds * 90_000)
  return box('moof', box('traf', box('tfdt', time))).slice().buffer
}
const header = (programDateMs: number): PushHeader => ({ kind: 'frame', key: true, discontinuity: false, segmentEnd: false, id: 1, sequence: 1, programDateMs, msn: 1, partIndex: 0, durationMs: 40 })

describe('the player of single frames', () => {
  let video: FakeVideo
  let source: FakeSource
  let player: FocusPlayer
  let released: number
  let frames: ShownFrame[]
  let fatal: string[]

  beforeEach(() => {
    video = new FakeVideo()
    source = new FakeSource()
    released = 0
    frames = []
    fatal = []
    const listener = { onFrame: (frame: ShownFrame) => void frames.push(frame), onFatal: (kind: string) => void fatal.push(kind) }
    player = new FocusPlayer(video.asVideo(), listener, { media: source as unknown as MediaSource, url: 'blob:here', release: () => void released++ })
    player.track(track)
  })
  afterEach(() => player.close())

  it('hands its media over one piece after another and tells each frame with its place and moment', () => {
    player.frame(header(SERVER), fragment(10))
    player.frame(header(SERVER + 500), fragment(10.5))
    source.open()
    assert.equal(source.buffers[0]?.appended.length, 1)
    source.buffers[0]?.done()
    assert.equal(source.buffers[0]?.appended.length, 2)
    video.onFrameOnScreen?.(10)
    video.onFrameOnScreen?.(10.5)
    assert.deepEqual(frames, [{ mediaTimeSeconds: 10, pictureMs: SERVER }, { mediaTimeSeconds: 10.5, pictureMs: SERVER + 500 }])
  })
  it('jumps to the edge when it has fallen behind, and never back when it has shown all there is', () => {
    video.ranges = [[10, 14]]
    video.currentTime = 11
    player.seekToEdge()
    assert.equal(video.currentTime, 11, 'not before the first picture')
    video.onFrameOnScreen?.(11)
    player.seekToEdge()
    assert.equal(video.currentTime, 13.75)
    video.currentTime = 13.98
    player.seekToEdge()
    assert.equal(video.currentTime, 13.98)
  })
  it('empties the video when it is closed, so that nothing that was buffered plays on, and tells nothing more', () => {
    video.ranges = [[10, 14]]
    const late = video.onFrameOnScreen
    player.close()
    assert.deepEqual([video.src, video.ranges, video.onFrameOnScreen, released], ['', [], undefined, 1])
    late?.(12)
    source.open()
    assert.deepEqual([frames, source.buffers.length], [[], 0])
  })
  it('tells once that the browser takes no such media', () => {
    source.addSourceBuffer = () => {
      throw new Error('no')
    }
    source.open()
    player.frame(header(SERVER), fragment(10))
    player.frame(header(SERVER), fragment(10.04))
    assert.deepEqual(fatal, ['media'])
  })
})
