// Owns proof of what goes on while the database hangs or is gone: live video that was playing, on record on local disk, and
// nothing else; every other request is told so within two seconds. The database is one of the test's own.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { databaseSource, verifyChain } from '../../backend/audit/index.ts'
import { mariadbd, OwnMariadb } from '../support/own-mariadb.ts'
import { PushViewer } from '../support/push-viewer.ts'
import { stopwatch } from '../support/held-up.ts'
import type { Answer, Client } from '../support/server.ts'
import { ffmpegThere, openScene, watch, within, type Scene } from './acceptance-scene.ts'

const answerMs = 2_000
/** Longer than the memory of a session, a place and a look at the rights together. */
const playsOnMs = 9_000

describe('live video while the database of several machines does not answer', () => {
  if (mariadbd === null) {
    it('needs mariadbd', function () {
      this.skip()
    })
    return
  }
  const program = mariadbd
  let database: OwnMariadb
  let scene: Scene
  const clients = new Map<string, Client>()
  before(async function () {
    this.timeout(150_000)
    if (!ffmpegThere) return this.skip()
    database = await OwnMariadb.start(program)
    scene = await openScene({ databaseUrl: database.url })
    for (const name of ['operatorA', 'chiefA', 'auditor', 'secadmin', 'sysadmin', 'supervisor'] as const) clients.set(name, await scene.server.signIn(name))
  })
  after(async () => {
    database?.goOn()
    await scene?.close()
    await database?.close()
  })
  const as = (name: string): Client => clients.get(name) ?? assert.fail(name)

  interface Playing {
    viewer: PushViewer
    /** Answers to the playlist other than 200. */
    refusals: () => number[]
    playlistMs: () => number
    stop: () => Promise<void>
  }
  /** A wall's tile by the media socket, and a player that asks for the playlist again and again. */
  async function play(client: Client, cameraId: CameraId): Promise<Playing> {
    const { playlistUrl } = await watch(client, cameraId, 'sub')
    const viewer = new PushViewer(client.origin, { cookie: client.cookie }, { answers: true })
    await viewer.until('hello')
    viewer.send({ type: 'subscribe', id: 1, cameraId, stream: 'sub', mode: 'parts', priority: 'visible' })
    await viewer.until('subscribed', 1)
    await viewer.untilMedia(2)
    const refused: number[] = []
    let playlistMs = 0
    let playing = true
    const followed = (async () => {
      while (playing) {
        const { status } = await client.get(playlistUrl)
        if (status === 200) playlistMs = performance.now()
        else refused.push(status)
        await viewer.untilMedia(viewer.media.length + 1)
      }
    })()
    const stop = async () => {
      playing = false
      await followed
      viewer.socket.close()
    }
    return { viewer, refusals: () => refused, playlistMs: () => playlistMs, stop }
  }
  const untilPlayed = async ({ viewer }: Playing, untilMs: number) => {
    while (viewer.lastMediaMs < untilMs) await within(5_000, 'the next part', viewer.untilMedia(viewer.media.length + 1))
  }

  async function timed(work: Promise<Answer>): Promise<{ status: number; code: string; ms: number }> {
    const taken = stopwatch(answerMs)
    const { status, code } = await work
    return { status, code, ms: taken().ms }
  }
  /** A request of every kind: reading, writing, from the outside, opening another picture. */
  const others = (): [string, () => Promise<Answer>][] => {
    const own = scene.server.cameraId('stationA')
    const operator = as('operatorA')
    return [
      ['cameras', () => operator.get('/api/cameras')],
      ['a camera', () => operator.get(`/api/cameras/${own}`)],
      ['units', () => as('supervisor').get('/api/units')],
      ['another live view', () => operator.request('POST', '/api/live', { cameraId: own, stream: 'sub' })],
      ['a snapshot', () => operator.get(`/api/cameras/${own}/snapshot`)],
      ['a register entry', () => operator.request('POST', '/api/register', { purpose: 'case', act: 'playback', caseNumber: 'A1499035100002026110001', cameraIds: [own], from: '2026-11-23T10:00:00.000Z', to: '2026-11-23T10:10:00.000Z' })],
      ['cases', () => operator.get('/api/cases')],
      ['a wall', () => operator.request('PUT', '/api/wall', { tiles: 1, cameraIds: [null] })],
      ['the list as CSV', () => as('supervisor').get('/api/cameras.csv')],
      ['the audit', () => as('auditor').get('/api/audit')],
      ['an export of the audit', () => as('auditor').get('/api/audit/export')],
      ['rights of a user', () => as('secadmin').request('PATCH', `/api/users/${operator.userId}`, { disabled: true })],
      ['users', () => as('sysadmin').get('/api/users')],
      ['grants', () => as('chiefA').get('/api/grants')],
      ['signing in', () => scene.server.signIn('operatorB').then(() => assert.fail('signed in'), () => operator.request('POST', '/api/session', { username: 'operatorB', password: 'x' }))],
      ['readiness', () => operator.get('/readyz')],
    ]
  }
  async function assertNothingElse(list = others()): Promise<void> {
    for (const [what, answer] of await Promise.all(list.map(async ([what, ask]) => [what, await timed(ask())] as const))) {
      assert.equal(`${what}: ${answer.status}`, `${what}: 503`)
      assert.ok(['unavailable', 'audit_unavailable'].includes(answer.code), `${what}: ${answer.code}`)
      // Signing in is tried twice.
      assert.ok(answer.ms < (what === 'signing in' ? 2 : 1) * answerMs, `${what} took ${answer.ms} ms`)
    }
  }
  const spooled = () => {
    const path = join(scene.server.dataDir, 'audit', 'live-spool.jsonl')
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
  }
  const untilAnswered = async (path: string): Promise<Answer> => {
    for (;;) {
      const answer = await as('auditor').get(path)
      if (answer.status === 200) return answer
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const replays = async () => (await untilAnswered('/api/audit?action=audit.replay')).as(api.listAudit.result).items
  const untilReplayed = async (before: number) => {
    while ((await replays()).length <= before) await new Promise((resolve) => setImmediate(resolve))
  }

  const ways = [
    { name: 'hangs', begin: async () => database.hang(), over: async () => database.goOn() },
    { name: 'is gone', begin: () => database.end(), over: () => database.run() },
  ]
  for (const { name, begin, over } of ways) {
    it(`goes on while it ${name}, on record; everything else is 503 within two seconds; afterwards the record is whole`, async function () {
      this.timeout(120_000)
      const own = scene.server.cameraId('stationA')
      const next = scene.server.cameraId('roomA', name === 'hangs' ? 0 : 1)
      const before = (await replays()).length
      const playing = await play(as('operatorA'), own)
      const neighbour = await play(as('chiefA'), next)
      // What is asked of the places and sessions last is not older than a moment.
      await begin()
      const goneMs = performance.now()
      try {
        await assertNothingElse()
        // Watching one more of the running streams is live view too, and stands on local disk before its first byte.
        const looked = await as('operatorA').get(`/media/${next}/sub/index.m3u8`)
        assert.equal(looked.status, 200)
        assert.ok(spooled().some((line) => line.includes('"live.open"') && line.includes(next)), spooled().join('\n'))
        await untilPlayed(playing, goneMs + playsOnMs)
        await untilPlayed(neighbour, goneMs + playsOnMs)
        assert.deepEqual([playing.refusals(), neighbour.refusals()], [[], []])
        assert.ok(playing.playlistMs() > goneMs + playsOnMs - 2_000)
        // By now no memory of a moment helps: who one is is not told any more, nor anything else.
        await assertNothingElse([['the session', () => as('operatorA').get('/api/session')], ...others()])
      } finally {
        await over()
      }
      await within(10_000, 'the replay', untilReplayed(before))
      const [replay] = await replays()
      assert.deepEqual([replay?.outcome, replay?.detail['gap']], ['done', false])
      assert.deepEqual(spooled(), [])
      const opened = (await untilAnswered('/api/audit?action=live.open&pageSize=200')).as(api.listAudit.result).items
      assert.equal(opened.filter(({ actorName, targetId, detail }) => actorName === 'operatorA' && targetId === next && detail['spooled'] === true).length, 1)
      const refused = (await untilAnswered('/api/audit?action=user.update')).as(api.listAudit.result)
      assert.equal(refused.total, 0, 'what was answered 503 did not happen')
      assert.equal((await verifyChain(await databaseSource(scene.server.app.storage, []))).finding, null)
      await playing.stop()
      await neighbour.stop()
    })
  }

  it('is cut when its person signs out meanwhile, although that cannot be written', async function () {
    this.timeout(60_000)
    const client = await scene.server.signIn('officerA')
    const playing = await play(client, scene.server.cameraId('roomA'))
    database.hang()
    try {
      const answer = await timed(client.request('DELETE', '/api/session'))
      assert.deepEqual([answer.status, answer.ms < answerMs], [503, true])
      assert.equal((await within(5_000, 'the end', playing.viewer.until('ended', 1))).reason, 'signed-out')
      assert.equal((await client.get(`/media/${scene.server.cameraId('roomA')}/sub/index.m3u8`)).status, 503)
    } finally {
      database.goOn()
    }
  })
})
