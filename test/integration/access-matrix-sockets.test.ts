// Owns proof that sockets and media keep to test/fixtures/access-matrix.json on the running server: every event that a console
// may send, every subscription of the media socket and every media file × every role × own, other and parent unit; and that a
// stream ticket opens its one stream and nothing else.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Socket } from 'socket.io-client'
import { z } from 'zod'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import { clientEvents, type ClientEventName } from '#contract/events.ts'
import { roles, type Role } from '#contract/permissions.ts'
import type { Endpoint } from '#contract/wire.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { PushViewer } from '../support/push-viewer.ts'
import { clientOfEachRole } from '../support/role-clients.ts'
import { call, startServer, type Client, type TestServer, type UnitName } from '../support/server.ts'
import { connectSocket } from './acceptance-scene.ts'

const rowSchema = z.record(z.string(), z.string())
const matrix = z.object({ routes: z.record(z.string(), rowSchema), events: z.record(z.string(), rowSchema), media: z.record(z.string(), rowSchema) }).parse(JSON.parse(readFileSync('test/fixtures/access-matrix.json', 'utf8')))
const places = { own: 'stationA', other: 'stationB', parent: 'bureau' } as const satisfies Record<string, UnitName>
const answerSchema = z.object({ code: z.string().default(''), outcome: z.string().optional() })

/** Payloads that pass the schema, so that the answer is about the right and not about the form. */
const payloads: { [Name in ClientEventName]: (cameraId: string) => object } = {
  'clock:ping': () => ({}),
  'ptz:take': (cameraId) => ({ cameraId, purpose: '追踪' }),
  'ptz:release': (cameraId) => ({ cameraId }),
  'ptz:move': (cameraId) => ({ cameraId, pan: 0, tilt: 0, zoom: 0 }),
  'ptz:stop': (cameraId) => ({ cameraId }),
  'ptz:centre': (cameraId) => ({ cameraId, x: 0, y: 0 }),
  'ptz:preset': (cameraId) => ({ cameraId, act: { kind: 'home' } }),
}

eachDatabase('the access matrix of sockets and media', (make) => {
  let database: TestDatabase
  let server: TestServer
  let clients: Map<Role, Client>
  before(async function () {
    this.timeout(90_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    clients = await clientOfEachRole(server)
  })
  after(async () => {
    await server?.close()
    await database.drop()
  })
  const as = (role: Role): Client => clients.get(role) ?? assert.fail(role)
  /** What the matrix says about a place, as the code of a refusal; '' is none of the two. */
  const expected = (said: string | undefined, place: keyof typeof places): string => (said === '-' ? 'no_permission' : said === 'own' && place !== 'own' ? 'not_found' : '')
  const refusal = (code: string): string => (code === 'no_permission' || code === 'not_found' ? code : '')

  for (const role of roles) {
    it(`holds for every event that ${role} sends`, async () => {
      const { origin, cookie } = as(role)
      const socket: Socket = await connectSocket(origin, { cookie, origin })
      try {
        for (const name of Object.keys(payloads) as ClientEventName[]) {
          assert.ok(matrix.events[name], `${name} is not in the matrix`)
          const send = async (cameraId: string) => answerSchema.parse(await socket.timeout(5_000).emitWithAck(name, payloads[name](cameraId)))
          const said = matrix.events[name][role]
          for (const place of Object.keys(places) as (keyof typeof places)[]) {
            const answer = await send(server.cameraId(places[place]))
            assert.notEqual(answer.code, 'invalid_request', name)
            // A head that nobody holds answers the same wherever it is: `not-held` also of a camera that there is not.
            if (said === 'own' && place !== 'own') assert.deepEqual(answer, await send(newId(99)), `${name} of ${place} is not as if it were not there`)
            else assert.equal(`${name} of ${place}: ${refusal(answer.code)}`, `${name} of ${place}: ${expected(said, place)}`)
          }
        }
      } finally {
        socket.disconnect()
      }
    })

    it(`holds for what ${role} subscribes to on the media socket, and no byte comes of what is refused`, async () => {
      const { origin, cookie } = as(role)
      const viewer = new PushViewer(origin, { cookie })
      try {
        await viewer.until('hello')
        for (const [at, place] of (Object.keys(places) as (keyof typeof places)[]).entries()) {
          const id = at + 1
          viewer.send({ type: 'subscribe', id, cameraId: server.cameraId(places[place]), stream: 'sub', mode: 'parts', priority: 'visible' })
          const answer = await Promise.race([viewer.until('subscribed', id), viewer.until('refused', id)])
          const code = answer.type === 'refused' ? answer.code : ''
          assert.equal(`${place}: ${refusal(code)}`, `${place}: ${expected(matrix.media['subscribe']?.[role], place)}`)
        }
        assert.equal(viewer.media.length, 0)
      } finally {
        viewer.socket.terminate()
      }
    })

    it(`holds for every kind of media file that ${role} asks for`, async () => {
      const said = matrix.routes[`GET ${api.mediaFile.path}`]?.[role]
      for (const place of Object.keys(places) as (keyof typeof places)[]) {
        for (const file of ['index.m3u8', 'master.m3u8', '1-live.m3u8', '1-init.mp4', '1-1.m4s']) {
          for (const stream of ['main', 'sub']) {
            const { code, status } = await as(role).get(`/media/${server.cameraId(places[place])}/${stream}/${file}`)
            assert.notEqual(status, 200)
            // What nobody has opened is not there either; whether a picture of one’s own comes is for the tests of media.
            if (expected(said, place) !== '') assert.equal(`${file} of ${place}: ${status} ${code}`, `${file} of ${place}: ${expected(said, place) === 'not_found' ? '404 not_found' : '403 no_permission'}`)
            else assert.notEqual(code, 'no_permission')
          }
        }
      }
    })
  }

  it('knows every event that a console may send', () => {
    assert.deepEqual(Object.keys(payloads).sort(), Object.keys(clientEvents).sort())
  })

  it('lets nobody subscribe without a session', async () => {
    const viewer = new PushViewer(server.origin, {})
    const status = await new Promise((resolve) => viewer.socket.once('unexpected-response', (_request, response) => resolve(response.statusCode)))
    assert.equal(status, 401)
  })

  it('lets a ticket open its one stream, and no other stream, camera or route', async () => {
    const { app } = server
    const cameraId = server.cameraId('stationA')
    const opened = await as('operator').request('POST', '/api/live', { cameraId, stream: 'sub' })
    if (opened.status !== 200) return assert.match(opened.code, /transcoder_missing|unavailable/)
    const ticket = new URL(opened.as(api.openLive.result).playlistUrl, server.origin).searchParams.get('ticket') ?? ''
    const by = (path: string) => call(server.origin, 'GET', `${path}?ticket=${ticket}`, undefined, {})
    assert.notEqual((await by(`/media/${cameraId}/sub/1-init.mp4`)).status, 401)
    for (const path of [`/media/${cameraId}/main/index.m3u8`, ...(['roomA', 'stationB', 'bureau'] as const).map((unit) => `/media/${server.cameraId(unit)}/sub/index.m3u8`)]) {
      const { status, code } = await by(path)
      assert.equal(`${status} ${code}`, '404 not_found', path)
    }
    for (const endpoint of Object.values(api)) {
      const { method, path, access }: Endpoint = endpoint
      if (method !== 'get' || access.kind === 'public' || access.kind === 'ticket') continue
      const { status } = await by(path.replace(':cameraId', cameraId).replace(/:\w+/g, cameraId))
      assert.equal(`${path} ${status}`, `${path} 401`)
    }
    await app.mediaPlane.stop({ cameraId, stream: 'sub' })
  })
})
