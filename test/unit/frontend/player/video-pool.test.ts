// Proves that video elements are used again, and that none is with two tiles.
import assert from 'node:assert/strict'
import { VideoPool } from '../../../../frontend/src/player/video-pool.ts'
import { FakeVideo } from './player-scene.ts'

describe('the pool of videos', () => {
  it('gives the same element again when it came back, emptied', () => {
    const pool = new VideoPool(() => new FakeVideo().asVideo())
    const video = pool.take()
    video.src = 'blob:x'
    pool.give(video)
    assert.equal(video.src, '')
    assert.equal(pool.take(), video)
  })
  it('takes an element back once, and none that is not out', () => {
    const pool = new VideoPool(() => new FakeVideo().asVideo())
    const video = pool.take()
    pool.give(video)
    pool.give(video)
    pool.give(new FakeVideo().asVideo())
    assert.equal(pool.take(), video)
    assert.notEqual(pool.take(), video)
  })
})
