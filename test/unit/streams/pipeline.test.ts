// The life of one camera stream as a table, the queue for places, and the judgement of two pictures.
import assert from 'node:assert/strict'
import type { StreamState } from '#contract/live.ts'
import { transition, type PipelineEvent } from '../../../streams/pipeline.ts'
import { comparePictures, GRAY_BYTES } from '../../../streams/pictures/compare.ts'
import { Places } from '../../../streams/places.ts'

const live = (events: PipelineEvent[], from: StreamState = 'idle') => events.reduce<StreamState>((state, event) => transition(state, event).state, from)

describe('the pipeline table', () => {
  it('goes from opened to running, through a stall, a loss and a return', () => {
    assert.equal(live(['opened']), 'starting')
    assert.equal(live(['opened', 'picture']), 'running')
    assert.equal(live(['opened', 'picture', 'silent']), 'stalled')
    assert.equal(live(['opened', 'picture', 'silent', 'picture']), 'running')
    assert.equal(live(['opened', 'picture', 'failed']), 'backing-off')
    assert.equal(live(['opened', 'picture', 'failed', 'retry-due']), 'starting')
    assert.equal(live(['opened', 'unwatched', 'opened']), 'starting')
  })

  it('waits its turn for what takes a place, and starts when it has one', () => {
    assert.equal(live(['queued']), 'queued')
    assert.equal(live(['queued', 'placed', 'picture']), 'running')
    assert.equal(live(['queued', 'unwatched', 'queued']), 'queued')
    // The place was lost while the camera was away.
    assert.equal(live(['queued', 'placed', 'failed', 'queued']), 'queued')
    assert.deepEqual(transition('queued', 'picture'), { state: 'queued', effects: [] })
    for (const state of ['queued', 'starting', 'running', 'stalled'] as const) assert.deepEqual(transition(state, 'queued').effects, [], state)
  })

  it('starts one pull however often it is opened', () => {
    for (const state of ['starting', 'running', 'stalled', 'backing-off'] as const) assert.deepEqual(transition(state, 'opened'), { state, effects: [] })
  })

  it('does not take the last segment of a lost pull for a picture', () => {
    assert.equal(transition('backing-off', 'picture').state, 'backing-off')
    assert.equal(transition('stopped', 'picture').state, 'stopped')
  })

  it('ends its process and its timer from every state when told to stop', () => {
    for (const state of ['idle', 'queued', 'starting', 'running', 'stalled', 'backing-off'] as const) {
      const { state: next, effects } = transition(state, 'stopped')
      assert.equal(next, 'stopped')
      assert.ok(effects.includes('end-pull') && effects.includes('disarm-retry'), state)
    }
  })

  it('never has a pull running in a state that has none', () => {
    const events: PipelineEvent[] = ['opened', 'queued', 'placed', 'picture', 'silent', 'failed', 'retry-due', 'unwatched', 'stopped']
    let seed = 7
    let state: StreamState = 'idle'
    let pulls = 0
    for (let step = 0; step < 20_000; step++) {
      seed = (seed * 48_271) % 2_147_483_647
      const next = transition(state, events[seed % events.length] ?? 'opened')
      if (next.effects.includes('end-pull')) pulls = 0
      if (next.effects.includes('start-pull')) pulls++
      state = next.state
      assert.equal(pulls, ['starting', 'running', 'stalled'].includes(state) ? 1 : 0, state)
    }
  })
})

describe('places', () => {
  it('are given first come first served, and a waiter that leaves takes none', async () => {
    const places = new Places(1)
    const first = await places.take()
    const leaving = new AbortController()
    const order: string[] = []
    const second = places.take(leaving.signal).then((place) => order.push(place ? 'second' : 'left'))
    const third = places.take().then((place) => order.push(place ? 'third' : 'none'))
    leaving.abort()
    await second
    first?.release()
    first?.release()
    await third
    assert.deepEqual(order, ['left', 'third'])
    assert.equal(places.tryTake(), null)
  })

  it('tell each who waits its position, move them up in turn, and have no room beyond the agreed queue', () => {
    const places = new Places(1, 2)
    const first = places.tryTake()
    const turns: string[] = []
    let moved = 0
    places.onMoved(() => moved++)
    const second = places.wait(() => turns.push('second'))
    assert.equal(places.full, false)
    const third = places.wait(() => turns.push('third'))
    assert.deepEqual([second?.position, third?.position, places.waiting, places.full], [1, 2, 2, true])
    assert.equal(places.wait(() => turns.push('fourth')), null)
    second?.leave()
    second?.leave()
    assert.deepEqual([second?.position, third?.position, moved], [0, 1, 1])
    first?.release()
    assert.deepEqual([turns, third?.position, places.taken, places.waiting, moved], [['third'], 0, 1, 0, 2])
    third?.leave()
    assert.equal(moved, 2)
  })

  it('are full from the start where there are none', () => assert.equal(new Places(0, 8).full, true))
})

describe('two pictures', () => {
  const flat = (value: number) => new Uint8Array(GRAY_BYTES).fill(value)
  const withPixels = (base: Uint8Array, count: number, value: number) => base.map((old, at) => (at < count ? value : old))

  it('differ by one digit of a clock, and not by the noise of encoding a still picture twice', () => {
    assert.equal(comparePictures(flat(90), withPixels(flat(90), 4, 130)).changing, true)
    assert.equal(comparePictures(flat(90), withPixels(flat(90), 1_000, 94)).changing, false)
    assert.equal(comparePictures(flat(90), flat(90)).changing, false)
  })

  it('are black with an overlaid name, and not at night with lamps', () => {
    assert.equal(comparePictures(flat(3), withPixels(flat(3), 200, 255)).black, true)
    assert.equal(comparePictures(flat(3), withPixels(flat(3), 600, 255)).black, false)
    assert.equal(comparePictures(flat(40), flat(40)).black, false)
  })
})
