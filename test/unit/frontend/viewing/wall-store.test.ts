// Proves that the own wall is never lost: not to a tour that lies over it, and not to a server that could not be asked.
import assert from 'node:assert/strict'
import { nextTick } from 'vue'
import { SAVE_AFTER_MS } from '../../../../frontend/src/features/viewing/wall-memory.ts'
import { idOf, idsOf, openWallScene, settled, upTo, wallOf, type WallScene } from './wall-scene.ts'

const own = [101, 102, 103, 104, 105, 106, 107, 108, 109]

describe('the own wall', () => {
  let scene: WallScene
  const saveDue = async (): Promise<void> => {
    scene.tick(SAVE_AFTER_MS)
    await settled()
  }
  const plan = (count: number, tiles?: 4 | 36) => ({ name: '', cameraIds: upTo(count).map(idOf), dwellSeconds: 15, ...(tiles === undefined ? {} : { tiles }) })
  beforeEach(async () => {
    scene = openWallScene()
    scene.server.kept = wallOf(9, ...own)
    scene.see(60)
  })
  afterEach(() => scene.close())

  describe('under a tour', () => {
    beforeEach(() => scene.load())

    it('gives way to a layout, which keeps its own grid and is saved with it', async () => {
      const { wall, tour } = scene
      tour.start(plan(60))
      wall.apply({ tiles: 16, cameraIds: idsOf(...upTo(16)) })
      await nextTick()
      assert.deepEqual([wall.grid, scene.shown(), tour.running.value], [16, upTo(16), false])
      await saveDue()
      assert.deepEqual(scene.saved.map(({ tiles, cameraIds }) => [tiles, cameraIds.slice(0, 16)]), [[16, idsOf(...upTo(16))]])
    })

    it('is there again, with its grid, when the page is left; and the next change saves that grid', async () => {
      const { wall, tour } = scene
      tour.start(plan(60, 36))
      assert.deepEqual([wall.grid, scene.shown()], [36, upTo(36)])
      scene.leave()
      assert.deepEqual([wall.grid, scene.shown(), wall.touring], [9, own, undefined])
      wall.swap(0, 1)
      await saveDue()
      assert.equal(scene.saved[0]?.tiles, 9)
    })

    it('keeps the camera that stands where one of the tour is closed; that one is out of the round, the tour goes on', async () => {
      const { wall, tour } = scene
      tour.start(plan(6, 4))
      wall.empty(1)
      assert.deepEqual([scene.shown(), tour.running.value, tour.held.value], [[1, null, 3, 4], true, false])
      tour.next()
      tour.next()
      assert.deepEqual(scene.shown(), [5, 6, 1, 3])
      tour.stop()
      await saveDue()
      assert.deepEqual([scene.shown(), scene.saved], [own, []])
    })

    it('is there again when all of the tour was closed, one by one or at once', async () => {
      const { wall, tour } = scene
      tour.start(plan(4, 4))
      for (const position of upTo(3)) wall.empty(position)
      scene.tick(500)
      assert.deepEqual([scene.shown(), tour.running.value], [[1, null, null, null], true])
      wall.empty(0)
      scene.tick(500)
      assert.deepEqual([scene.shown(), tour.running.value], [own, false])
      tour.start(plan(60, 36))
      wall.emptyAll()
      assert.deepEqual([scene.shown(), wall.grid, tour.running.value], [own, 9, false])
      await saveDue()
      assert.deepEqual(scene.saved, [])
    })

    it('goes to the next page at once when all of a page was closed', () => {
      const { wall, tour } = scene
      tour.start(plan(6, 4))
      for (let position = 0; position < 4; position++) wall.empty(position)
      scene.tick(500)
      scene.tick(500)
      assert.deepEqual([scene.shown(), tour.progress.value?.count], [[5, 6, null, null], 2])
    })

    it('does not take what is put on a page or moved there; that is in sight, and held until the tour goes on', async () => {
      const { wall, tour } = scene
      tour.start(plan(60, 36))
      wall.swap(0, 1)
      assert.deepEqual([scene.shown().slice(0, 3), tour.held.value], [[2, 1, 3], false], 'what only changes places is not held')
      wall.showAt(20, idOf(55))
      assert.deepEqual([scene.shown()[20], wall.selected, wall.selectedSlot?.cameraId, tour.held.value], [55, 20, idOf(55), true])
      wall.show(idOf(56))
      assert.equal(scene.shown().includes(56), true)
      wall.showMany(30, [57, 58].map(idOf))
      assert.deepEqual(scene.shown().slice(30, 32), [57, 58])
      wall.empty(30)
      tour.held.value = false
      tour.next()
      tour.next()
      assert.equal(scene.shown().includes(57), true, 'a picture that was put there and closed is not out of the round')
      tour.stop()
      await saveDue()
      assert.deepEqual([scene.shown(), scene.saved], [own, []])
      assert.ok(wall.selected < wall.grid)
    })

    it('holds the page also for a camera that was on it already and is put elsewhere', () => {
      const { wall, tour } = scene
      tour.start(plan(60))
      wall.show(idOf(5))
      assert.deepEqual([scene.shown().slice(0, 5), tour.held.value], [[5, 2, 3, 4, 1], true])
    })

    it('is not lost to a size that is chosen for the tour’s pages', async () => {
      const { wall, tour } = scene
      tour.start(plan(60))
      wall.setGrid(25)
      await nextTick()
      assert.deepEqual(scene.shown(), upTo(25))
      tour.start(plan(60))
      assert.equal(wall.grid, 9)
      tour.stop()
      await saveDue()
      assert.deepEqual([scene.shown(), scene.saved], [own, []])
    })

    it('comes back without the near view of a tile that the tour had', () => {
      const { wall, tour } = scene
      tour.start(plan(60))
      wall.toggleMaximised(3)
      tour.stop()
      assert.equal(wall.maximisedKey, undefined)
    })
  })

  describe('that could not be read', () => {
    beforeEach(() => (scene.server.fault = 503))

    it('is not overwritten by a click; it is read again by itself, and has both', async () => {
      const { wall } = scene
      await scene.load()
      assert.deepEqual([wall.unread, wall.trouble?.problem.code, wall.trouble?.again], [true, 'unavailable', true])
      wall.show(idOf(1))
      await saveDue()
      assert.deepEqual([scene.saved, scene.shown()[0]], [[], 1])
      scene.server.fault = undefined
      scene.tick(1_000)
      await settled()
      assert.deepEqual([wall.unread, wall.trouble], [false, undefined])
      assert.deepEqual([wall.grid, scene.shown()], [16, [...own, 1, ...Array.from({ length: 6 }, () => null)]], 'none gives way: the grid grows')
      await saveDue()
      assert.deepEqual(scene.saved.map(({ tiles, cameraIds }) => [tiles, cameraIds.slice(0, 10)]), [[16, idsOf(...own, 1)]])
    })

    it('is read at once when it is asked for, and saves nothing when nothing was done meanwhile', async () => {
      await scene.load()
      scene.server.fault = undefined
      scene.wall.tryAgain()
      await settled()
      await saveDue()
      assert.deepEqual([scene.shown(), scene.saved], [own, []])
    })

    it('gives way to a layout that was shown meanwhile, and keeps a grid that was chosen', async () => {
      await scene.load()
      scene.wall.setGrid(4)
      scene.server.fault = undefined
      scene.wall.tryAgain()
      await settled()
      assert.deepEqual([scene.wall.grid, scene.shown()], [4, own.slice(0, 4)])
      await saveDue()
      assert.deepEqual(scene.server.kept.cameraIds.slice(0, 9), idsOf(...own))
      scene.close()
      scene = openWallScene()
      scene.server.kept = wallOf(9, ...own)
      scene.server.fault = 503
      await scene.load()
      scene.wall.apply(wallOf(4, 1, 2))
      scene.server.fault = undefined
      scene.wall.tryAgain()
      await settled()
      await saveDue()
      assert.deepEqual([scene.wall.grid, scene.shown()], [4, [1, 2, null, null]])
      assert.deepEqual(scene.server.kept.cameraIds.filter((id) => id !== null), idsOf(1, 2))
    })

    it('comes up under a tour that was started meanwhile', async () => {
      await scene.load()
      scene.tour.start(plan(60, 4))
      scene.server.fault = undefined
      scene.wall.tryAgain()
      await settled()
      assert.deepEqual([scene.wall.grid, scene.shown()], [4, [1, 2, 3, 4]])
      scene.tour.stop()
      assert.deepEqual([scene.wall.grid, scene.shown()], [9, own])
    })
  })

  it('is saved at once when the page is hidden, which is the last that a page that closes hears', async () => {
    await scene.load()
    scene.wall.show(idOf(1))
    scene.hide(true)
    await settled()
    assert.equal(scene.saved[0]?.cameraIds[0], idOf(1))
    await saveDue()
    assert.equal(scene.saved.length, 1)
  })

  it('is saved before the session ends, and the next user begins at the first tile', async () => {
    await scene.load()
    scene.wall.show(idOf(1))
    await scene.signOut()
    assert.deepEqual([scene.saved.length, scene.server.endedAfter, scene.wall.selected], [1, 1, 0])
  })

  it('has a camera again whose right came back, before somebody saves its place as empty', async () => {
    scene.server.kept = wallOf(4, 1, null, 3)
    await scene.load()
    scene.server.kept = wallOf(4, 1, 2, 3)
    scene.rightsChanged()
    await nextTick()
    await settled()
    assert.deepEqual(scene.shown(), [1, 2, 3, null])
    await saveDue()
    assert.deepEqual(scene.saved, [])
  })
})
