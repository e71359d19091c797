// Owns proof that video stops when a right ends: for each reason, by playlist and by segment, by cookie and by ticket, the
// last byte of new video leaves within 5 s, and the audit says when the cut was made.
import assert from 'node:assert/strict'
import { QueryTypes } from 'sequelize'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { call, testPassword, type Client, type TestUser } from '../support/server.ts'
import { ffmpegThere, openScene, watch, within, type Scene } from './acceptance-scene.ts'

const limitMs = 5_000
const idleMs = 600_000

eachDatabase('a right that ends while video plays', (make) => {
  let database: TestDatabase
  let scene: Scene
  before(async function () {
    this.timeout(90_000)
    if (!ffmpegThere) return this.skip()
    database = make()
    scene = await openScene({ databaseUrl: await database.url(), config: { access: { idleMs } } })
  })
  after(async () => {
    await scene?.close()
    await database?.drop()
  })

  /** Players of one person on the same stream: by cookie and by ticket, each asking for the playlist and its newest segment. */
  async function play(client: Client, unit: 'stationA' | 'roomA' = 'stationA'): Promise<{ lastByteAtMs: () => number; refused: Promise<void> }> {
    const { playlistUrl } = await watch(client, scene.server.cameraId(unit), 'sub')
    const ticketed = { ...client, get: (path: string) => call(client.origin, 'GET', path, undefined, {}) }
    let lastByteAtMs = 0
    const follow = async (by: typeof ticketed, url: string) => {
      for (let refusals = 0; refusals < 5; ) {
        const playlist = await by.get(url)
        if (playlist.status === 200) {
          refusals = 0
          lastByteAtMs = performance.now()
          const newest = playlist.text.split('\n').findLast((line) => line.includes('.m4s') && !line.startsWith('#'))
          assert.ok(newest)
          const segment = await by.get(newest.startsWith('/') ? newest : new URL(newest, `http://x${url}`).pathname + new URL(newest, `http://x${url}`).search)
          if (segment.status === 200) lastByteAtMs = performance.now()
        } else if (playlist.status === 401) refusals++
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const [bare = ''] = playlistUrl.split('?')
    return { lastByteAtMs: () => lastByteAtMs, refused: Promise.all([follow(ticketed, playlistUrl), follow(client, bare)]).then(() => undefined) }
  }

  /** The `live.close` rows of a person that a right's end has written. */
  async function cuts(userId: string): Promise<{ reason: unknown; rightEndedAt: unknown; cutAt: unknown }[]> {
    const auditor = await scene.server.signIn('auditor')
    const { items } = (await auditor.get('/api/audit?action=live.close&pageSize=200')).as(api.listAudit.result)
    return items.filter((entry) => entry.actorId === userId && 'cutAt' in entry.detail).map(({ detail }) => ({ reason: detail['reason'], rightEndedAt: detail['rightEndedAt'], cutAt: detail['cutAt'] }))
  }

  const change = (client: Client, body: unknown) => async () => {
    const secadmin = await scene.server.signIn('secadmin')
    assert.equal((await secadmin.request('PATCH', `/api/users/${client.userId}`, body)).status, 200)
  }
  const reasons: { name: string; user: TestUser; reason: string; end: (client: Client) => () => Promise<void> }[] = [
    {
      name: 'log-out', user: 'operatorA', reason: 'signed-out',
      end: (client) => async () => assert.equal((await client.request('DELETE', '/api/session')).status, 204),
    },
    {
      name: 'a change of password', user: 'chiefA', reason: 'password',
      end: (client) => async () => assert.equal((await client.request('POST', '/api/session/password', { current: testPassword, next: 'another horse battery 43' })).status, 200),
    },
    { name: 'a change of role', user: 'supervisor', reason: 'changed', end: (client) => change(client, { roles: ['inspector'] }) },
    { name: 'a change of unit', user: 'investigator', reason: 'changed', end: (client) => change(client, { unitId: scene.server.unitId('stationB') }) },
    { name: 'disabling', user: 'officerA', reason: 'disabled', end: (client) => change(client, { disabled: true }) },
    {
      name: 'revocation by the security administrator', user: 'operatorA', reason: 'revoked',
      end: (client) => async () => {
        const secadmin = await scene.server.signIn('secadmin')
        assert.equal((await secadmin.request('DELETE', `/api/users/${client.userId}/sessions`)).status, 204)
      },
    },
    {
      name: 'expiry', user: 'operatorA', reason: 'expired',
      end: (client) => async () => {
        // Its last use is moved so far back that the idle limit falls on this moment.
        await scene.server.app.storage.sequelize.query('UPDATE sessions SET seen_at_ms = ? WHERE user_id = ?', { replacements: [Date.now() - idleMs, client.userId], type: QueryTypes.UPDATE })
      },
    },
  ]
  for (const { name, user, reason, end } of reasons) {
    it(`${name}: no byte later than 5 s, and the time of the cut in the audit`, async function () {
      this.timeout(45_000)
      const client = await scene.server.signIn(user)
      const playing = await play(client, user === 'officerA' ? 'roomA' : 'stationA')
      await end(client)()
      const endedAtMs = performance.now()
      await within(limitMs + 5_000, 'the refusal of every path', playing.refused)
      const late = playing.lastByteAtMs() - endedAtMs
      assert.ok(playing.lastByteAtMs() > 0 && late <= limitMs, `the last byte came ${late} ms after the end`)
      const written = await within(limitMs, 'the row of the cut', untilCut(client.userId, reason))
      const lagMs = z.iso.datetime().transform(Date.parse).parse(written.cutAt) - z.iso.datetime().transform(Date.parse).parse(written.rightEndedAt)
      assert.ok(lagMs >= 0 && lagMs <= limitMs, `cut ${lagMs} ms after the end`)
    })
  }
  async function untilCut(userId: string, reason: string) {
    for (;;) {
      const found = (await cuts(userId)).find((row) => row.reason === reason)
      if (found) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('a session that another machine has ended: no byte later than 5 s', async function () {
    this.timeout(45_000)
    const client = await scene.server.signIn('operatorA')
    const playing = await play(client)
    await scene.server.app.storage.sequelize.query('DELETE FROM sessions WHERE user_id = ?', { replacements: [client.userId], type: QueryTypes.DELETE })
    const endedAtMs = performance.now()
    await within(limitMs + 5_000, 'the refusal of every path', playing.refused)
    assert.ok(playing.lastByteAtMs() - endedAtMs <= limitMs)
  })

  it('an answer that is being waited for is cut without a byte', async function () {
    this.timeout(45_000)
    const client = await scene.server.signIn('operatorA')
    const dark = scene.cameras.at(2)
    assert.ok(dark)
    scene.fleet.setFault(dark.index, { name: 'off' })
    assert.equal((await client.request('POST', '/api/live', { cameraId: dark.id, stream: 'sub' })).status, 200)
    const waiting = client.get(`/media/${dark.id}/sub/index.m3u8`).then(({ status }) => status, () => 'cut' as const)
    assert.equal((await client.request('DELETE', '/api/session')).status, 204)
    assert.ok([401, 503, 'cut'].includes(await within(limitMs, 'the end of the wait', waiting)))
    scene.fleet.clearFault(dark.index)
  })

  it('nothing ends for a colleague who watches the same stream', async function () {
    this.timeout(45_000)
    const stays = await scene.server.signIn('operatorA')
    const leaves = await scene.server.signIn('operatorA')
    const cameraId = scene.server.cameraId('stationA')
    const { playlistUrl } = await watch(stays, cameraId, 'sub')
    await watch(leaves, cameraId, 'sub')
    assert.equal((await leaves.request('DELETE', '/api/session')).status, 204)
    assert.equal((await stays.get(playlistUrl)).status, 200)
    assert.equal((await leaves.get(playlistUrl.split('?')[0] ?? '')).status, 401)
  })
})
