// Proves what the rest of a wall is told of the one head that a hand of this console turns.
import assert from 'node:assert/strict'
import { computed, ref } from 'vue'
import { idOf, openWallScene, upTo, type WallScene } from './wall-scene.ts'

describe('the head that is turned', () => {
  let scene: WallScene
  beforeEach(async () => {
    scene = openWallScene()
    scene.see(20)
    await scene.load()
  })
  afterEach(() => scene.close())

  const tile = (n: number) => {
    const on = ref(false)
    return { on, turn: { cameraId: idOf(n), on: computed(() => on.value), leave: () => void (on.value = false) } }
  }

  it('is one at a time: who takes another lets go of the first', () => {
    const [one, other] = [tile(1), tile(2)]
    scene.ptz.turnBy(one.turn)
    assert.equal(scene.ptz.turningId, undefined, 'it is asked for and not ours yet')
    one.on.value = true
    assert.equal(scene.ptz.turningId, idOf(1))
    scene.ptz.turnBy(other.turn)
    other.on.value = true
    assert.deepEqual([one.on.value, scene.ptz.turningId], [false, idOf(2)])
  })

  it('holds the page of a tour, as long as it is turned', () => {
    const { tour, ptz } = scene
    const hand = tile(1)
    tour.start({ name: '', cameraIds: upTo(20).map(idOf), dwellSeconds: 15 })
    ptz.turnBy(hand.turn)
    scene.tick(500)
    assert.equal(tour.progress.value?.waiting, 'no')
    hand.on.value = true
    scene.tick(500)
    assert.equal(tour.progress.value?.waiting, 'looked-at')
    hand.on.value = false
    scene.tick(500)
    assert.equal(tour.progress.value?.waiting, 'no')
  })
})
