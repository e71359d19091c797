// Proves that a tile gets the next camera of a tour ready whatever is in it now, also nothing, and nothing that nobody sees.
import assert from 'node:assert/strict'
import { nextTick, shallowRef } from 'vue'
import type { CameraId } from '#contract/ids.ts'
import { useTile } from '../../../../frontend/src/features/viewing/use-tile.ts'
import { playerScene, settle } from '../player/player-scene.ts'
import { idOf, openWallScene, type WallScene } from './wall-scene.ts'

describe('a tile of a touring wall', () => {
  let scene: WallScene
  beforeEach(() => (scene = openWallScene()))
  afterEach(() => scene.close())

  function tileWith(camera: CameraId | null, next: CameraId | null) {
    const players = playerScene({ push: false })
    Object.assign(scene.wall.linkDeps, players.deps)
    const [cameraId, nextCameraId] = [shallowRef(camera), shallowRef(next)]
    const host = { ownerDocument: { createElement: () => ({}) }, append: () => undefined } as unknown as HTMLElement
    const place = shallowRef<HTMLElement | null>(null)
    const tile = scene.within(() => useTile(place, { cameraId: () => cameraId.value, nextCameraId: () => nextCameraId.value, wish: () => ({ stream: 'sub', focus: false }), priority: () => 'visible' }))
    const turned = async () => {
      await nextTick()
      await settle()
    }
    /** The newest stream that was asked for has its first picture. */
    const picture = async () => {
      players.asked.at(-1)?.give()
      await settle()
      players.player().show(1, players.serverNowMs())
    }
    place.value = host
    return { tile, players, cameraId, nextCameraId, turned, picture }
  }

  it('has its next picture though it was closed, and waits for none when there is none', async () => {
    const { tile, players, nextCameraId, cameraId, turned, picture } = tileWith(null, null)
    await turned()
    assert.deepEqual([players.asked.length, tile.nextReady()], [0, true])
    nextCameraId.value = idOf(1)
    await turned()
    assert.deepEqual([players.asked.length, tile.nextReady()], [1, false])
    await picture()
    assert.deepEqual([tile.nextReady(), tile.view.value], [true, undefined])
    ;[cameraId.value, nextCameraId.value] = [idOf(1), null]
    await turned()
    assert.deepEqual([players.asked.length, players.player().closed, tile.view.value?.kind], [1, 0, 'live'], 'what got ready is what is shown')
  })

  it('keeps what gets ready when it is closed meanwhile', async () => {
    const { tile, players, cameraId, turned, picture } = tileWith(idOf(1), idOf(2))
    await turned()
    await picture()
    assert.deepEqual([players.asked.length, tile.nextReady()], [2, true])
    cameraId.value = null
    await turned()
    assert.deepEqual([players.asked.length, players.player().closed, tile.nextReady(), tile.view.value], [2, 0, true, undefined])
  })

  it('gets nothing ready on a page that nobody sees, and all of it when somebody does', async () => {
    scene.hide(true)
    const { tile, players, turned, picture } = tileWith(null, idOf(2))
    await turned()
    assert.deepEqual([players.asked.length, tile.nextReady()], [0, false])
    scene.hide(false)
    await turned()
    await picture()
    assert.deepEqual([players.asked.length, tile.nextReady()], [1, true])
  })
})
