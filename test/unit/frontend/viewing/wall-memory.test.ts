// Proves that the wall is read until it could be, saved after it changed, and never saved before it was read.
import assert from 'node:assert/strict'
import type { Wall } from '#contract/layouts.ts'
import { ApiProblem } from '../../../../frontend/src/api/api-problem.ts'
import { AGAIN_AFTER_MS } from '../../../../frontend/src/api/try-again.ts'
import { SAVE_AFTER_MS, WallMemory, type MemoryState } from '../../../../frontend/src/features/viewing/wall-memory.ts'
import { FakeClock } from '../../base/fake-clock.ts'
import { settled, wallOf } from './wall-scene.ts'

const away = () => new ApiProblem({ status: 503, code: 'unavailable' })

describe('the memory of a wall', () => {
  let clock: FakeClock
  let calls: string[]
  let answer: (call: string) => Promise<Wall>
  let state: MemoryState
  let present: Wall
  let differs: boolean
  let memory: WallMemory
  const go = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settled()
  }
  beforeEach(() => {
    clock = new FakeClock()
    calls = []
    answer = async () => wallOf(4, 1)
    present = wallOf(4, 1)
    differs = false
    const call = (name: string): Promise<Wall> => {
      calls.push(name)
      return answer(name)
    }
    memory = new WallMemory({
      read: () => call('read'),
      save: (wall) => call(`save ${wall.tiles}`),
      present: () => present,
      onRead: () => differs,
      onReadAgain: ({ tiles }) => void calls.push(`again ${tiles}`),
      onState: (next) => (state = next),
      after: (ms, run) => {
        const timer = clock.after(ms, run)
        return () => timer.cancel()
      },
    })
  })
  const start = async (): Promise<void> => {
    memory.start()
    await settled()
  }

  it('reads once, and saves once a moment after the last of several changes', async () => {
    await start()
    await start()
    memory.changed()
    await go(SAVE_AFTER_MS - 1)
    memory.changed()
    await go(SAVE_AFTER_MS - 1)
    assert.deepEqual(calls, ['read'])
    await go(1)
    assert.deepEqual([calls, state.kind, clock.pending], [['read', 'save 4'], 'saved', 0])
  })

  it('saves at once what is not saved when the page or the session is about to end, and nothing else', async () => {
    await memory.saveNow()
    await start()
    await memory.saveNow()
    assert.deepEqual(calls, ['read'])
    memory.changed()
    await memory.saveNow()
    assert.deepEqual([calls, state.kind], [['read', 'save 4'], 'saved'])
    await go(SAVE_AFTER_MS)
    assert.equal(calls.length, 2)
    answer = () => Promise.reject(away())
    memory.changed()
    await go(SAVE_AFTER_MS)
    await memory.saveNow()
    assert.deepEqual([calls.length, state.kind], [4, 'unsaved'])
  })

  it('saves nothing while the wall could not be read, and tries again with growing pauses', async () => {
    answer = () => Promise.reject(away())
    await start()
    memory.changed()
    await go(SAVE_AFTER_MS)
    assert.equal(state.kind, 'unreadable')
    await go(AGAIN_AFTER_MS[0] - SAVE_AFTER_MS)
    await go(AGAIN_AFTER_MS[1] - 1)
    assert.deepEqual(calls, ['read', 'read'])
    await go(1)
    for (let more = 0; more < 9; more++) await go(30_000)
    assert.equal(calls.length, 12)
    assert.deepEqual(new Set(calls), new Set(['read']))
  })

  it('saves nothing while a slow answer is awaited, and then what was changed meanwhile', async () => {
    let came: (wall: Wall) => void = () => assert.fail('nothing was asked')
    answer = () => new Promise((resolve) => (came = resolve))
    await start()
    memory.changed()
    await go(10 * SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read'])
    differs = true
    came(wallOf(4))
    await settled()
    await go(SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read', 'save 4'])
  })

  it('tries what failed at once when it is asked to, and says meanwhile what went wrong', async () => {
    answer = () => Promise.reject(away())
    await start()
    answer = () => new Promise(() => undefined)
    memory.tryNow()
    assert.deepEqual([state.kind, 'trouble' in state && state.trouble?.problem.code], ['reading', 'unavailable'])
    memory.tryNow()
    memory.start()
    await go(60_000)
    assert.deepEqual(calls, ['read', 'read'], 'what is under way is not asked twice')
  })

  it('saves again by itself what could not be saved, as it is then', async () => {
    await start()
    answer = () => Promise.reject(away())
    memory.changed()
    await go(SAVE_AFTER_MS)
    assert.equal(state.kind, 'unsaved')
    present = wallOf(9, 1)
    answer = async () => present
    await go(AGAIN_AFTER_MS[0])
    assert.deepEqual([calls, state.kind, clock.pending], [['read', 'save 4', 'save 9'], 'saved', 0])
  })

  it('does not repeat what was refused, and is still there for the next change', async () => {
    await start()
    answer = () => Promise.reject(new ApiProblem({ status: 403, code: 'no_permission' }))
    memory.changed()
    await go(SAVE_AFTER_MS)
    assert.deepEqual([state.kind, clock.pending], ['unsaved', 0])
    answer = async () => present
    memory.changed()
    await go(SAVE_AFTER_MS)
    assert.equal(state.kind, 'saved')
  })

  it('saves once more what changed while it was being saved', async () => {
    await start()
    let done: (wall: Wall) => void = () => assert.fail('nothing was asked')
    answer = () => new Promise((resolve) => (done = resolve))
    memory.changed()
    await go(SAVE_AFTER_MS)
    present = wallOf(16, 1)
    memory.changed()
    await go(SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read', 'save 4'], 'one after the other, so that the last one stays')
    done(present)
    await settled()
    await go(SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read', 'save 4', 'save 16'])
  })

  it('asks again for what may be seen now, unless something is unsaved then or when the answer comes', async () => {
    await start()
    await memory.readAgain()
    let came: (wall: Wall) => void = () => assert.fail('nothing was asked')
    answer = (call) => (call === 'read' ? new Promise((resolve) => (came = resolve)) : Promise.resolve(present))
    const asked = memory.readAgain()
    memory.changed()
    came(wallOf(25))
    await asked
    await memory.readAgain()
    await go(SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read', 'read', 'again 4', 'read', 'save 4'])
  })

  it('forgets a user who is gone: what was under way counts no more, and the next one’s wall is read', async () => {
    let came: (wall: Wall) => void = () => assert.fail('nothing was asked')
    answer = () => new Promise((resolve) => (came = resolve))
    differs = true
    await start()
    memory.forget()
    came(wallOf(25))
    await settled()
    assert.deepEqual([state.kind, clock.pending], ['unread', 0])
    answer = async () => present
    differs = false
    await start()
    memory.changed()
    memory.forget()
    await go(SAVE_AFTER_MS)
    assert.deepEqual(calls, ['read', 'read'])
  })
})
