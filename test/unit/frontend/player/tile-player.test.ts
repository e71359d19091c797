// Proves what a tile claims of what its streams do: live by news alone, no picture without a right, renewal without haste,
// and videos that are given back once.
import assert from 'node:assert/strict'
import { TilePlayer, type TileWish } from '../../../../frontend/src/player/tile-player.ts'
import { cameraId, playerScene, SERVER, settle, type PlayerScene } from './player-scene.ts'

const sub: TileWish = { stream: 'sub', focus: false }
const focus: TileWish = { stream: 'main', focus: true }

/** A place for videos and the still, which counts what lies in it. */
function fakeHost() {
  const stills = { connected: false, kept: 0 }
  const canvas = {
    className: '', width: 0, height: 0,
    get isConnected() {
      return stills.connected
    },
    getContext: () => ({ drawImage: () => void stills.kept++ }),
    remove: () => void (stills.connected = false),
  }
  const host = { ownerDocument: { createElement: () => canvas }, append: (one: unknown) => void (stills.connected ||= one === canvas) }
  return { host: host as unknown as HTMLElement, stills }
}

function tileOn(scene: PlayerScene) {
  const { host, stills } = fakeHost()
  const tile = new TilePlayer(scene.deps, host, cameraId, sub)
  return { tile, stills, tick: () => tile.tick(), kind: () => tile.tick().kind }
}

/** A tile by the media socket that is live. Media time 100 s is the moment SERVER. */
async function live() {
  const scene = playerScene()
  const tiled = tileOn(scene)
  await settle()
  scene.give()
  await scene.pass(500)
  scene.player().show(100, SERVER)
  for (const video of scene.videos) Object.assign(video, { videoWidth: 640, videoHeight: 360, readyState: 2, HAVE_CURRENT_DATA: 2 })
  assert.equal(tiled.kind(), 'live')
  return { scene, ...tiled }
}

/** A tile by HTTP that is live, with an address that is good for so long. */
async function liveByHttp(goodMs: number) {
  const scene = playerScene({ push: false })
  const tiled = tileOn(scene)
  await settle()
  scene.asked[0]?.give({ expiresAtServerMs: scene.serverNowMs() + goodMs })
  await settle()
  let shown = 0
  /** One tick, with a new frame before it. */
  const playOn = () => {
    scene.players[0]?.show(100 + ++shown / 2, scene.serverNowMs() - 400)
    return tiled.tick()
  }
  return { scene, playOn, ...tiled }
}

describe('a tile whose line freezes', () => {
  it('is not live three seconds later, though its player jumps back to what was seen, and is rebuilt', async () => {
    const { scene, tick } = await live()
    const kinds: string[] = []
    for (let at = 0; at < 16; at++) {
      await scene.pass(500)
      kinds.push(tick().kind)
      scene.player().show(99.5 + at * 0.02, SERVER - 500 + at * 20)
    }
    assert.deepEqual([...new Set(kinds.slice(0, 6))], ['live'])
    assert.deepEqual([...new Set(kinds.slice(6))], ['stalled'])
  })
})

describe('a tile that gets ready unseen', () => {
  it('lays no still over the picture on screen when its line freezes, and one over its own once it is shown', async () => {
    const scene = playerScene()
    const { host, stills } = fakeHost()
    const tile = new TilePlayer(scene.deps, host, cameraId, sub, false)
    await settle()
    scene.give()
    scene.player().show(100, SERVER)
    for (const video of scene.videos) Object.assign(video, { videoWidth: 640, videoHeight: 360, readyState: 2, HAVE_CURRENT_DATA: 2 })
    const waited = scene.player()
    await scene.pass(5_000, () => void tile.tick())
    assert.deepEqual([waited.closed, stills], [1, { connected: false, kept: 0 }], 'the frozen player was replaced')
    tile.reveal()
    scene.loseSocket()
    await scene.pass(1_000, () => void tile.tick())
    assert.deepEqual(stills, { connected: true, kept: 1 })
  })
})

describe('a tile whose right ends', () => {
  it('shows nothing from then on, no still either, and says so until the stream is opened again', async () => {
    const { scene, tile, stills, tick, kind } = await live()
    scene.end('right-ended')
    assert.deepEqual(tick(), { kind: 'no-right', picture: 'none' })
    assert.equal(scene.player().closed, 1)
    await scene.pass(15_000, tick)
    tile.retry()
    await settle()
    assert.equal(kind(), 'no-right', 'asking is no answer')
    scene.give()
    assert.deepEqual(tick(), { kind: 'connecting', waitedMs: 0, picture: 'none' })
    scene.player().show(0, scene.serverNowMs() - 300)
    assert.equal(kind(), 'live')
    assert.deepEqual(stills, { connected: false, kept: 0 })
  })
  it('takes the still of a stalled stream away when opening it anew is refused', async () => {
    const { scene, stills, tick } = await live()
    scene.loseSocket()
    await scene.pass(1_000, tick)
    assert.deepEqual(stills, { connected: true, kept: 1 })
    scene.refuse('purpose_needed')
    assert.deepEqual([tick(), stills.connected], [{ kind: 'failed', code: 'purpose_needed', barred: true, picture: 'none' }, false])
  })
  it('is live by the successor that was given meanwhile', async () => {
    const { scene, tile, kind } = await live()
    scene.end('right-ended')
    tile.switchTo(focus)
    await settle()
    assert.equal(kind(), 'no-right')
    await scene.pass(500)
    scene.give()
    scene.player().show(0, scene.serverNowMs() - 300)
    assert.equal(kind(), 'live')
  })
})

describe('a tile that is refused after it had a picture', () => {
  it('says why, over the last picture', async () => {
    const { scene, tick } = await live()
    scene.loseSocket()
    await scene.pass(4_000, tick)
    assert.equal(tick().kind, 'stalled')
    scene.refuse('too_many_tries', 30)
    assert.deepEqual(tick(), { kind: 'failed', code: 'too_many_tries', barred: false, picture: 'greyed' })
  })
})

describe('an address that runs out', () => {
  it('is asked for again as the server wants it when that refuses, while the picture goes on', async () => {
    const { scene, playOn } = await liveByHttp(300_000)
    await scene.pass(210_000, playOn)
    assert.equal(scene.asked.length, 1)
    const kinds = new Set<string>()
    await scene.pass(10_000, () => {
      kinds.add(playOn().kind)
      scene.asked.at(-1)?.refuse(503, 'unavailable', 5)
    })
    assert.ok(scene.asked.length > 1 && scene.asked.length <= 3, `asked ${scene.asked.length} times`)
    assert.deepEqual([...kinds], ['live'])
    assert.equal(scene.players[0]?.closed, 0)
  })
  for (const [status, code] of [[403, 'purpose_needed'], [429, 'too_many_tries'], [0, 'network_failed']] as const) {
    it(`is not asked for in haste after ${code} either, and plays to its end`, async () => {
      const { scene, tile, playOn, tick } = await liveByHttp(300_000)
      await scene.pass(210_000, playOn)
      await scene.pass(90_000, () => {
        playOn()
        scene.asked.at(-1)?.refuse(status, code)
      })
      assert.ok(scene.asked.length > 2 && scene.asked.length <= 12, `asked ${scene.asked.length} times`)
      assert.deepEqual([scene.players[0]?.closed, tile.takeSwitchRefusal()], [0, undefined])
      scene.players[0]?.fail('network', 403)
      await scene.pass(1_000, tick)
      scene.asked.at(-1)?.refuse(status, code)
      await settle()
      assert.equal(scene.players[0]?.closed, 1)
      assert.equal(tick().kind, status === 403 ? 'failed' : 'live')
      await scene.pass(3_000, tick)
      assert.equal(tick().kind, 'failed')
    })
  }
  it('is renewed beside the picture, which changes over without a gap', async () => {
    const { scene, playOn, kind } = await liveByHttp(300_000)
    await scene.pass(210_500, playOn)
    scene.asked[1]?.give()
    await settle()
    assert.equal(scene.players.length, 2)
    scene.players[1]?.show(0, scene.serverNowMs() - 2_000)
    assert.deepEqual([scene.players[0]?.closed, kind()], [0, 'live'], 'what was seen does not take over')
    await scene.pass(500)
    scene.players[1]?.show(0.5, scene.serverNowMs() - 100)
    assert.deepEqual([scene.players[0]?.closed, scene.players[1]?.closed, kind()], [1, 0, 'live'])
  })
})

describe('a tile whose server was away for four seconds', () => {
  it('plays by the media socket again within a minute, without a gap, though it had gone on by HTTP', async () => {
    const { scene, tick, kind } = await live()
    scene.turnAway(true)
    scene.loseSocket()
    await scene.pass(2_000, tick)
    scene.turnAway(false)
    scene.asked.at(-1)?.give()
    await settle()
    const byHttp = scene.player()
    assert.equal(byHttp.kind, 'http')
    let at = 0
    const playOn = () => {
      if (byHttp.closed === 0) byHttp.show(100 + ++at / 2, scene.serverNowMs() - 1_000)
      assert.equal(kind(), 'live')
    }
    await scene.pass(3_000, playOn)
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2)
    scene.give()
    const byPush = scene.player()
    assert.deepEqual([byPush.kind, byHttp.closed], ['push', 0], 'the old picture stays until there is a new one')
    byPush.show(7, scene.serverNowMs() - 300)
    assert.deepEqual([byPush.closed, byHttp.closed, kind()], [0, 1, 'live'])
    await scene.pass(1_000, () => byPush.show(7 + scene.nowMs() / 1_000, scene.serverNowMs() - 300))
    assert.equal(scene.players.length, 3, 'and it stays there')
  })
})

describe('a tile that changes over', () => {
  it('keeps the stalled stream when the other one has only what was seen', async () => {
    const { scene, tile, tick } = await live()
    await scene.pass(8_000, tick)
    const present = scene.player()
    tile.switchTo(focus)
    await settle()
    scene.give('stalled')
    scene.player().show(3, SERVER - 2_000)
    scene.player().show(5, SERVER)
    assert.deepEqual([tick().kind, present.closed], ['stalled', 0])
  })
  it('does not call it live that the server gives a moment more from the memory of a camera that is silent', async () => {
    const { scene, tile, tick } = await live()
    await scene.pass(8_000, tick)
    tile.switchTo(focus)
    await settle()
    scene.give('stalled')
    scene.player().show(5, SERVER + 400)
    assert.equal(tick().kind, 'stalled')
    await scene.pass(1_000)
    scene.player().show(13, scene.serverNowMs() + 1_001)
    assert.equal(tick().kind, 'live')
  })
  it('closes what was coming when the wish changes, and never gives a video back twice', async () => {
    const { scene, tile } = await live()
    tile.switchTo(focus)
    await settle()
    scene.give()
    const coming = scene.player()
    tile.switchTo({ stream: 'main', focus: false })
    assert.equal(coming.closed, 1)
    tile.switchTo(sub)
    assert.deepEqual(tile.wish, sub)
    await settle()
    assert.equal(scene.players.length, 2, 'nothing came of the second wish')
    tile.close()
    tile.close()
    const taken = scene.videos.map(() => scene.deps.pool.take())
    assert.equal(new Set(taken).size, scene.videos.length)
    assert.ok(scene.players.every(({ closed }) => closed > 0))
  })
  it('tells a refused switch once and goes on with what it has', async () => {
    const { scene, tile, kind } = await live()
    tile.switchTo(focus)
    await settle()
    scene.refuse('transcode_limit', 30)
    assert.deepEqual([tile.takeSwitchRefusal(), tile.takeSwitchRefusal(), kind(), tile.wish], ['transcode_limit', undefined, 'live', sub])
  })
})

describe('a tile that is closed while its streams are being opened', () => {
  it('leaves neither players nor videos behind', async () => {
    const scene = playerScene({ push: false })
    const { tile } = tileOn(scene)
    await settle()
    tile.switchTo({ stream: 'main', focus: false })
    await settle()
    tile.close()
    for (const one of scene.asked) one.give()
    await settle()
    assert.deepEqual([scene.asked.length, scene.players.length], [2, 0])
    assert.deepEqual(scene.videos.map(({ removals }) => removals), [1, 1])
  })
})
