// Proves one opened stream: only news counts as a frame, the end of the right ends player and picture, refusals are asked again
// when the server wants it, and nothing that was given up comes back.
import assert from 'node:assert/strict'
import { StreamLink, type LinkStatus, type LinkWish } from '../../../../frontend/src/player/stream-link.ts'
import { cameraId, playerScene, SERVER, settle, type PlayerScene } from './player-scene.ts'

const wish: LinkWish = { cameraId, stream: 'sub', focus: false }

function linkOn(scene: PlayerScene, wanted: LinkWish = wish, before?: StreamLink) {
  const heard: string[] = []
  const frames: (number | null)[] = []
  const statuses: LinkStatus[] = []
  const link = new StreamLink(scene.deps, wanted, {
    onOpened: () => heard.push('opened'),
    onFrame: (pictureMs) => frames.push(pictureMs),
    onProblem: ({ code }) => heard.push(code),
    onStatus: (status) => {
      heard.push(`status ${status.state}`)
      statuses.push(status)
    },
    onEmptying: () => heard.push('still'),
  }, before)
  return { link, heard, frames, statuses, tick: () => link.tick() }
}

/** A link by the media socket whose first frames were seen. Media time 100 s is the moment SERVER. */
async function playing(options: { focus?: boolean } = {}) {
  const scene = playerScene()
  const linked = linkOn(scene, { ...wish, focus: options.focus ?? false })
  await settle()
  scene.give()
  await scene.pass(500)
  scene.player().show(100, SERVER)
  await scene.pass(500)
  scene.player().show(100.5, SERVER + 500)
  return { scene, ...linked }
}

describe('a line that freezes', () => {
  it('is repaired in time though each step shows again what was seen', async () => {
    const { scene, link, frames, tick } = await playing()
    const frozenMs = scene.nowMs()
    const steps: [number, string | undefined][] = []
    for (let at = 0; at < 24; at++) {
      const before = link.steps.length
      await scene.pass(500, tick)
      if (link.steps.length === before) continue
      steps.push([scene.nowMs() - frozenMs, link.steps.at(-1)])
      // The jump back of a quarter second, or the start of the rebuilt player.
      const [from, place] = link.steps.at(-1) === 'seek-edge' ? [250, 100.25] : [0, 0]
      if (scene.player().closed === 0) for (let ms = from; ms <= 500; ms += 50) scene.player().show(place + (ms - from) / 1000, SERVER + ms)
    }
    assert.deepEqual(steps, [[1_500, 'seek-edge'], [4_000, 'rebuild'], [10_000, 'reopen']])
    assert.deepEqual(frames, [SERVER, SERVER + 500], 'no frame was told twice')
  })
  it('is repaired in time for the tile that is looked at, which must be opened anew', async () => {
    const { scene, link, frames, tick } = await playing({ focus: true })
    assert.equal(scene.player().kind, 'frames')
    await scene.pass(1_500, tick)
    assert.equal(scene.player().seeks, 1)
    for (let ms = 250; ms <= 500; ms += 50) scene.player().show(100 + ms / 1000, SERVER + ms)
    await scene.pass(2_500, tick)
    assert.deepEqual(link.steps, ['seek-edge', 'rebuild'])
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2)
    scene.give()
    // The server begins with the newest key frame, which was seen.
    scene.player().show(100, SERVER)
    scene.player().show(100.5, SERVER + 500)
    await scene.pass(6_000, tick)
    assert.deepEqual(link.steps, ['seek-edge', 'rebuild', 'reopen'])
    assert.equal(frames.length, 2)
  })
  it('counts again, and the ladder from below, with the first picture that nobody has seen', async () => {
    const { scene, link, frames, tick } = await playing()
    await scene.pass(4_000, tick)
    scene.player().show(0, SERVER + 400)
    scene.player().show(0.4, SERVER + 800)
    await scene.pass(1_500, tick)
    assert.deepEqual(link.steps, ['seek-edge', 'rebuild', 'seek-edge'])
    assert.deepEqual(frames.at(-1), SERVER + 800)
  })
})

describe('the clock of the server', () => {
  it('may be set back within a stream: the picture goes on', async () => {
    const { scene, frames, link, tick } = await playing()
    scene.setServerClock(-3_600_000)
    for (let at = 1; at <= 8; at++) {
      await scene.pass(500, tick)
      scene.player().show(100.5 + at / 2, scene.serverNowMs() - 400)
    }
    assert.equal(frames.length, 10)
    assert.deepEqual(link.steps, [])
  })
  for (const byMs of [-30_000, -3_600_000]) {
    it(`may be set back by ${-byMs / 1000} s while the stream is opened anew: the picture comes back`, async () => {
      const { scene, frames, tick } = await playing()
      scene.setServerClock(byMs)
      scene.end('stream-stopped')
      await scene.pass(2_500, tick)
      scene.give()
      scene.player().show(0, scene.serverNowMs() - 400)
      assert.equal(frames.length, 3)
    })
  }
  it('need not date a stream at all: later pictures are news, earlier ones are not', async () => {
    const scene = playerScene()
    const { frames } = linkOn(scene)
    await settle()
    scene.give()
    for (const place of [1, 1.5, 1.25, 1.5, 2]) scene.player().show(place, null)
    assert.equal(frames.length, 3)
  })
})

describe('a stream that takes the place of another', () => {
  it('has no picture until it shows something later', async () => {
    const { scene, link } = await playing()
    const next = linkOn(scene, { ...wish, focus: true }, link)
    await settle()
    scene.give()
    scene.player().show(7, SERVER - 1_000)
    scene.player().show(8, SERVER + 100)
    assert.deepEqual(next.frames, [])
    scene.player().show(8.7, SERVER + 800)
    assert.deepEqual(next.frames, [SERVER + 800])
  })
  it('says at once that the server has it only from memory', async () => {
    const scene = playerScene()
    const { heard } = linkOn(scene)
    await settle()
    scene.give('stalled')
    assert.deepEqual(heard, ['opened', 'status stalled'])
  })
})

describe('a camera that is down', () => {
  const said = (scene: PlayerScene, state: 'starting' | 'backing-off' | 'running', fault: 'unreachable' | null = null) =>
    ({ cameraId, stream: 'sub', form: 'original', state, fault, queue: null, since: new Date(scene.serverNowMs()).toISOString() }) as const
  const outages = (statuses: readonly LinkStatus[]) => statuses.filter(({ state }) => state === 'backing-off').map(({ fault, sinceServerMs }) => [fault, sinceServerMs - SERVER])

  it('keeps since when and why over all that is tried, until it runs again', async () => {
    const { scene, link, statuses, tick } = await playing()
    link.heard(said(scene, 'backing-off', 'unreachable'))
    await scene.pass(5_000, tick)
    link.heard(said(scene, 'starting'))
    await scene.pass(5_000, tick)
    link.heard(said(scene, 'backing-off', 'unreachable'))
    await scene.pass(5_000, tick)
    scene.end('stream-stopped')
    await scene.pass(1_000, tick)
    scene.give('backing-off')
    assert.deepEqual(outages(statuses), [['unreachable', 1_000], ['unreachable', 1_000], ['unreachable', 1_000]])
    link.heard(said(scene, 'running'))
    await scene.pass(1_000, tick)
    link.heard(said(scene, 'backing-off'))
    assert.deepEqual(outages(statuses).at(-1), [null, scene.serverNowMs() - SERVER])
  })
  it('is down anew after it has shown a picture', async () => {
    const { scene, link, statuses } = await playing()
    link.heard(said(scene, 'backing-off', 'unreachable'))
    await scene.pass(500)
    scene.player().show(101, scene.serverNowMs())
    await scene.pass(500)
    link.heard(said(scene, 'backing-off'))
    assert.deepEqual(outages(statuses).at(-1), [null, 2_000])
  })
})

describe('the end of a right', () => {
  for (const [reason, code] of [['right-ended', 'no_permission'], ['not-found', 'not_found'], ['signed-out', 'not_signed_in'], ['disabled', 'not_signed_in']] as const) {
    it(`closes player and picture at once and leaves no still: ${reason}`, async () => {
      const { scene, heard } = await playing()
      const player = scene.player()
      scene.end(reason)
      assert.equal(player.closed, 1)
      assert.deepEqual(heard, ['opened', code])
    })
  }
  it('is not answered by playing again what is still there; the server is asked half a minute later', async () => {
    const { scene, heard, tick } = await playing()
    scene.end('right-ended')
    await scene.pass(26_000, tick)
    assert.equal(scene.players.length, 1)
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 1)
    await scene.pass(8_000, tick)
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2)
    scene.give()
    assert.deepEqual(heard, ['opened', 'no_permission', 'opened'])
  })
  it('is followed by a stream that has time for its first picture', async () => {
    const { scene, link, tick } = await playing()
    scene.end('right-ended')
    await scene.pass(30_000, tick)
    scene.give()
    await scene.pass(1_000, tick)
    assert.deepEqual([link.steps, scene.player().closed], [[], 0])
    scene.end('right-ended')
    await scene.pass(20_000, tick)
    link.reopen()
    await settle()
    scene.give()
    await scene.pass(1_000, tick)
    assert.deepEqual([link.steps, scene.player().closed], [[], 0])
  })
  it('is heard by HTTP soon when it was the session’s', async () => {
    const { scene, tick } = await playing()
    scene.end('expired')
    await scene.pass(1_000, tick)
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2)
  })
  it('is told apart from what may be better in a while: a register entry that is missing from a place that is taken', async () => {
    for (const [code, laterMs] of [['purpose_needed', 26_000], ['transcode_limit', 4_500]] as const) {
      const scene = playerScene()
      const { tick } = linkOn(scene)
      await settle()
      scene.refuse(code)
      await scene.pass(laterMs, tick)
      assert.equal(scene.requests.length, 1, code)
      await scene.pass(8_000, tick)
      assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2, code)
    }
  })
})

describe('a refusal', () => {
  it('is asked again when the server said, not sooner', async () => {
    const scene = playerScene({ push: false })
    const { heard, tick } = linkOn(scene)
    await settle()
    scene.asked[0]?.refuse(429, 'too_many_tries', 40)
    await settle()
    await scene.pass(39_500, tick)
    assert.deepEqual([scene.asked.length, heard], [1, ['too_many_tries']])
    await scene.pass(8_500, tick)
    assert.equal(scene.asked.length, 2)
  })
})

describe('a player that gave up', () => {
  it('is replaced soon, however often it says so', async () => {
    const { scene, tick } = await playing()
    const given = scene.player()
    for (let at = 0; at < 6; at++) {
      if (given.closed === 0) given.fail('media')
      await scene.pass(500, tick)
    }
    assert.equal(scene.requests.filter(({ type }) => type === 'subscribe').length, 2)
    assert.equal(given.closed, 1)
  })
})

describe('a link that is closed while it is being opened', () => {
  it('asks for nothing when the browser has not said yet what it plays', async () => {
    let say: (decodes: { h264: number; h265: number }) => void = () => undefined
    const scene = playerScene({ push: false, decodes: () => new Promise((resolve) => (say = resolve)) })
    const { link } = linkOn(scene)
    link.close()
    say({ h264: 1, h265: 0 })
    await settle()
    assert.equal(scene.asked.length, 0)
  })
  it('plays nothing of an answer that comes later, and tells nothing of it', async () => {
    const scene = playerScene({ push: false })
    const { link, heard } = linkOn(scene)
    await settle()
    link.close()
    assert.equal(scene.asked[0]?.signal.aborted, true)
    scene.asked[0]?.give({ state: 'queued', queue: { position: 1, waiting: 1, taken: 1, limit: 1 } })
    await settle()
    assert.deepEqual([scene.players.length, heard], [0, []])
  })
  it('plays nothing when its turn comes in the moment that it is closed, as when a whole wall goes', async () => {
    const scene = playerScene({ push: false, startPlaces: 1 })
    const links = [linkOn(scene).link, linkOn(scene).link, linkOn(scene).link]
    await settle()
    for (const one of scene.asked) one.give()
    await settle()
    assert.equal(scene.players.length, 1)
    // The first gives its place to the second, which is closed before it can take it.
    for (const link of links) link.close()
    await settle()
    assert.equal(scene.players.length, 1)
    assert.equal(scene.player().closed, 1)
  })
  it('gives its video back once, however often it is closed', async () => {
    const { scene, link } = await playing()
    link.close()
    link.close()
    assert.notEqual(scene.deps.pool.take(), scene.deps.pool.take())
  })
})

describe('a link that is opened anew', () => {
  it('does not take the late answer to the earlier wish for the one to the present', async () => {
    const scene = playerScene({ push: false })
    const { link, heard } = linkOn(scene)
    await settle()
    link.reopen()
    await settle()
    scene.asked[0]?.give({ form: 'h264', state: 'backing-off' })
    await settle()
    assert.deepEqual([scene.players.length, heard], [0, []])
    scene.asked[1]?.give()
    await settle()
    assert.deepEqual([scene.players.length, heard], [1, ['opened']])
  })
  it('is not renewed by the end of an address that it has no more', async () => {
    const scene = playerScene({ push: false })
    const { link } = linkOn(scene)
    await settle()
    scene.asked[0]?.give({ expiresAtServerMs: scene.serverNowMs() + 60_000 })
    await settle()
    await scene.pass(41_000)
    assert.equal(link.expiresSoon(), true)
    link.reopen()
    assert.equal(link.expiresSoon(), false)
  })
})
