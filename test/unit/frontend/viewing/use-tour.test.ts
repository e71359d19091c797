// Proves that a tour shows the page that got ready, whatever changed since, gets none ready for who looks closely for long,
// counts no time that nobody saw, and keeps what a hand put on its page.
import assert from 'node:assert/strict'
import { nextTick } from 'vue'
import { idOf, openWallScene, upTo, type WallScene } from './wall-scene.ts'

const DWELL_SECONDS = 15

describe('a tour on the wall', () => {
  let scene: WallScene
  let ready: boolean
  const start = (count: number, tiles: 4 | 9 | 16 = 4) => scene.tour.start({ name: '', cameraIds: upTo(count).map(idOf), dwellSeconds: DWELL_SECONDS, tiles })
  const coming = () => scene.tour.nextIds.value.map((id) => (id === null ? null : Number(id)))
  beforeEach(() => {
    ready = false
    scene = openWallScene(() => ready)
    scene.see(60)
  })
  afterEach(() => scene.close())

  it('shows what got ready, though a camera before it was lost, or one that had been passed over came back', () => {
    for (const [n, from, to] of [[6, 'offline', 'online'], [2, 'online', 'offline'], [60, 'online', 'offline']] as const) {
      scene.hear(n, from)
      start(60)
      scene.tick(DWELL_SECONDS * 1_000)
      const got = coming()
      assert.equal(got.length, 4)
      scene.hear(n, to)
      scene.tick(500)
      assert.deepEqual(coming(), got)
      ready = true
      scene.tick(500)
      assert.deepEqual(scene.shown(), got)
      ready = false
      scene.hear(n, 'online')
    }
  })

  it('puts another camera in the place of one that was lost while it got ready, and leaves the others where they are', () => {
    start(60)
    scene.tick(DWELL_SECONDS * 1_000)
    scene.hear(6, 'offline')
    scene.tick(500)
    assert.deepEqual(coming(), [5, 9, 7, 8])
    ready = true
    scene.tick(500)
    assert.deepEqual(scene.shown(), [5, 9, 7, 8])
    scene.tick(DWELL_SECONDS * 1_000)
    assert.deepEqual(scene.shown(), [10, 11, 12, 13], 'none is left out, none comes twice')
  })

  it('leaves the place empty when there is no other', () => {
    start(8)
    scene.tick(DWELL_SECONDS * 1_000)
    for (const n of [1, 2, 3, 4, 6]) scene.hear(n, 'offline')
    scene.tick(500)
    ready = true
    scene.tick(500)
    assert.deepEqual(scene.shown(), [5, null, 7, 8])
  })

  it('gives what got ready back when somebody looks closely for long, and has it again for a hand that turns the page', () => {
    start(60)
    scene.tick(12_000)
    assert.equal(coming().length, 4)
    scene.tour.paused.value = true
    scene.tick(10_000)
    assert.equal(coming().length, 4)
    scene.tick(1_000)
    assert.deepEqual([coming(), scene.tour.progress.value?.waiting], [[], 'looked-at'])
    scene.tour.next()
    assert.equal(coming().length, 4)
    ready = true
    scene.tick(500)
    assert.deepEqual(scene.shown(), [5, 6, 7, 8])
  })

  it('stays on its page while nobody sees it, and for the rest of its time afterwards', () => {
    ready = true
    start(60)
    scene.tick(5_000)
    scene.hide(true)
    scene.tick(60_000)
    scene.hide(false)
    scene.tick(500)
    assert.deepEqual([scene.shown(), scene.tour.progress.value?.leftSeconds], [[1, 2, 3, 4], 10])
    scene.tick(9_500)
    assert.deepEqual(scene.shown(), [5, 6, 7, 8])
  })

  it('keeps what was put on its page when the page gets another size, and the page itself', async () => {
    ready = true
    start(60, 9)
    scene.tour.next()
    scene.tick(500)
    scene.wall.showAt(2, idOf(55))
    scene.wall.showAt(7, idOf(56))
    assert.deepEqual([scene.shown(), scene.tour.held.value], [[10, 11, 55, 13, 14, 15, 16, 56, 18], true])
    scene.wall.setGrid(4)
    await nextTick()
    assert.deepEqual([scene.shown(), scene.tour.held.value], [[10, 11, 55, 56], true])
    scene.wall.setGrid(16)
    await nextTick()
    assert.deepEqual(scene.shown(), [10, 11, 55, 56, ...upTo(12).map((n) => n + 11)])
    scene.tour.held.value = false
    scene.tour.next()
    scene.tick(500)
    assert.equal(scene.shown()[0], 24)
  })

  it('says so when none of its cameras has a picture, and goes on when one has', () => {
    for (const n of upTo(4)) scene.hear(n, 'offline')
    start(4)
    assert.deepEqual(scene.tour.progress.value, { name: '', first: 0, last: 0, count: 0, leftSeconds: DWELL_SECONDS, held: false, waiting: 'nothing' })
    scene.hear(3, 'online')
    scene.tick(30_000)
    assert.deepEqual([scene.shown(), scene.tour.progress.value?.waiting], [[3, null, null, null], 'single'])
  })
})
