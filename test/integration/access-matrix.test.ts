// Owns proof that the running server does what test/fixtures/access-matrix.json says: every route and socket event, every
// role, for what is of the own unit, of another unit and of the parent unit.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Socket } from 'socket.io-client'
import { z } from 'zod'
import { systemClock } from '#base/clock.ts'
import { newId } from '#base/ids.ts'
import { silentLogger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import { serverEvents, type ServerEventName } from '#contract/events.ts'
import { roles, type Role } from '#contract/permissions.ts'
import type { Endpoint } from '#contract/wire.ts'
import { may, permissionsOf } from '../../backend/access/index.ts'
import { ClientAddress, EventHub, type Gate, type Principal } from '../../backend/http/index.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import { clientOfEachRole } from '../support/role-clients.ts'
import { call, startServer, type Answer, type Client, type TestServer, type UnitName } from '../support/server.ts'
import { samplePrincipal } from '../unit/registry/sample-camera.ts'
import { connectSocket } from './acceptance-scene.ts'
import { unitIds } from './registry-room.ts'

const meets = z.enum(['-', 'yes', 'own'])
const rowSchema = z.object({ needs: z.string(), target: z.string().optional(), ...Object.fromEntries(roles.map((role) => [role, meets])) }).catchall(z.string().optional())
const matrix = z.object({ routes: z.record(z.string(), rowSchema), events: z.record(z.string(), rowSchema) }).parse(JSON.parse(readFileSync('test/fixtures/access-matrix.json', 'utf8')))
const places = { own: 'stationA', other: 'stationB', parent: 'bureau' } as const satisfies Record<string, UnitName>
const nothing = '00000000000000000000000000'
const later = '2099-01-01T00:00:00.000Z'

/** Bodies that pass the schema, so that the answer is about the right and not about the form. */
const bodies: { [Name in keyof typeof api]?: (target: Target) => unknown } = {
  openLive: ({ cameraId }) => ({ cameraId, stream: 'sub' }),
  openReplay: ({ cameraId }) => ({ cameraId, stream: 'sub', secondsBack: 10 }),
  updateCamera: () => ({ version: 999, archive: {} }),
  setCameraCredential: () => ({ username: 'x', password: 'y' }),
  suspendCamera: () => ({ reason: '检修', until: later }),
  replaceDevice: () => ({ findingId: nothing, version: 1 }),
  createTag: ({ cameraId }) => ({ caseId: nothing, cameraIds: [cameraId], from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z', category: 'other' }),
  createUnit: ({ unitId }) => ({ parentId: unitId, tier: 'community', code: `C${unitId.slice(-8)}`, name: '新警务室' }),
  createUser: ({ unitId }) => ({ username: `u${newId(1)}`, displayName: '新用户', policeNumber: '', unitId }),
  putWatermark: () => ({ opacityPercent: 20 }),
  updateAccount: () => ({}),
  updateUser: () => ({ disabled: false }),
}
/** Where the right thing can be out of scope and yet another part of the same request is what is missing. */
const missingAnyway = new Set<Endpoint>([api.replaceDevice, api.createTag, api.mediaFile])
interface Target {
  cameraId: string
  unitId: string
  userId: string
}

eachDatabase('the access matrix', (make) => {
  let database: TestDatabase
  let server: TestServer
  let clients: Map<Role, Client>
  let targets: Record<keyof typeof places, Target>

  before(async function () {
    this.timeout(90_000)
    database = make()
    server = await startServer({ databaseUrl: await database.url() })
    const { app } = server
    clients = await clientOfEachRole(server)
    const userIn = async (unit: UnitName) => (await app.users.inUnits([server.unitId(unit)])).find(({ username }) => !username.startsWith('at_a_'))?.id ?? nothing
    const target = async (unit: UnitName): Promise<Target> => ({ cameraId: server.cameraId(unit), unitId: server.unitId(unit), userId: await userIn(unit) })
    targets = { own: await target('stationA'), other: await target('stationB'), parent: await target('bureau') }
  })
  after(async () => {
    await server?.close()
    await database.drop()
  })

  const ask = (client: Client, name: keyof typeof api, target: Target): Promise<Answer> => {
    const { method, path, consumes } = api[name]
    const concrete = path.replace(':stream', 'sub').replace(':file', 'index.m3u8').replace(':cameraId', target.cameraId).replace(':unitId', target.unitId).replace(':userId', target.userId).replace(/:\w+/g, nothing)
    const withoutBody = method === 'get' || method === 'delete'
    return client.request(method.toUpperCase(), concrete, withoutBody ? undefined : consumes === 'text/csv' ? 'x' : (bodies[name]?.(target) ?? {}))
  }
  const rowOf = ({ method, path }: Endpoint) => {
    const row = matrix.routes[`${method.toUpperCase()} ${path}`]
    assert.ok(row, `${method} ${path} is not in the matrix`)
    return row
  }
  const ends = new Set<Endpoint>([api.signOut, api.endSession, api.changePassword, api.beginSecondFactor])

  for (const role of roles) {
    it(`holds for ${role}, on every route and thing`, async function () {
      this.timeout(60_000)
      const client = clients.get(role)
      assert.ok(client)
      for (const name of Object.keys(api) as (keyof typeof api)[]) {
        const endpoint: Endpoint = api[name]
        const row = rowOf(endpoint)
        if (endpoint.access.kind === 'public' || ends.has(endpoint)) continue
        const said = row[role]
        if (said === '-') {
          for (const target of Object.values(targets)) {
            const { status, code } = await ask(client, name, target)
            assert.equal(`${name}: ${status} ${code}`, `${name}: 403 no_permission`)
          }
          continue
        }
        const own = await ask(client, name, targets.own)
        assert.ok(own.status !== 401 && own.code !== 'no_permission', `${name}: ${own.status} ${own.code}`)
        if (said === 'yes') continue
        const formed = endpoint.method === 'get' || endpoint.method === 'delete' || name in bodies
        if (formed && !missingAnyway.has(endpoint)) assert.notEqual(own.code, 'not_found', `${name} of the own unit`)
        for (const place of ['other', 'parent'] as const) {
          const { status, code } = await ask(client, name, targets[place])
          if (formed) assert.equal(`${name} of ${place}: ${status} ${code}`, `${name} of ${place}: 404 not_found`)
          else assert.ok([400, 404].includes(status), `${name} of ${place}: ${status}`)
        }
      }
    })
    it(`gives ${role} no list that names another unit's camera or unit`, async () => {
      const client = clients.get(role)
      assert.ok(client)
      for (const [name, endpoint] of Object.entries(api)) {
        const { method, path, access }: Endpoint = endpoint
        if (method !== 'get' || path.includes(':') || (access.kind === 'permission' && access.permission.startsWith('audit:'))) continue
        const { text } = await client.get(path)
        for (const foreign of [targets.other.cameraId, targets.other.unitId, targets.parent.cameraId]) assert.ok(!text.includes(foreign), `${name} names ${foreign}`)
      }
    })
  }
  it('lets nobody in without a session, on any route that is not public', async () => {
    for (const endpoint of Object.values(api)) {
      const { method, path, access }: Endpoint = endpoint
      if (access.kind === 'public') continue
      const answer = await call(server.origin, method.toUpperCase(), path.replace(/:\w+/g, nothing).replace(`/media/${nothing}/${nothing}/${nothing}`, `/media/${nothing}/sub/index.m3u8`), undefined, {})
      assert.equal(`${path} ${answer.status}`, `${path} 401`)
    }
  })
})

describe('the access matrix of events', () => {
  const stations = { own: unitIds.first, other: unitIds.second, parent: unitIds.bureau }
  const principals = new Map<string, Principal>()
  for (const role of roles) {
    for (const [place, unitId] of Object.entries(stations)) {
      principals.set(`${role}-${place}`, { ...samplePrincipal([unitId], role), userId: newId(principals.size), sessionId: newId(principals.size), unitId, permissions: permissionsOf([role]) })
    }
  }
  const gate: Gate = {
    bySessionToken: async (token) => principals.get(token) ?? null,
    byStreamTicket: async () => null,
    may: (principal, permission) => may(principal, permission),
    untilEnd: () => () => undefined,
  }
  const http = createServer()
  let hub: EventHub
  const sockets = new Map<string, Socket>()
  before(async () => {
    hub = new EventHub({ server: http, gate, clock: systemClock, logger: silentLogger, clientAddress: new ClientAddress([]), ownOrigins: [] })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    for (const name of principals.keys()) sockets.set(name, await connectSocket(origin, { cookie: `tianwang=${name}`, origin }))
  })
  after(async () => {
    for (const socket of sockets.values()) socket.disconnect()
    await hub.close()
  })

  for (const name of Object.keys(serverEvents) as ServerEventName[]) {
    it(`${name}: about a unit reaches that unit and all above it, where the role has ${matrix.events[name]?.needs ?? '?'}`, async () => {
      const heard = new Set<string>()
      for (const [who, socket] of sockets) socket.on(name, () => heard.add(who))
      const expected = new Set<string>()
      for (const role of roles) {
        if (name === 'session:ended' || matrix.events[name]?.[role] !== 'own') continue
        expected.add(`${role}-own`).add(`${role}-parent`)
      }
      if (name === 'session:ended') hub.publish(name, { reason: 'expired' }, { sessionId: principals.get('operator-own')?.sessionId ?? '' })
      else hub.publish(name, {} as never, { unitIds: [stations.own, stations.parent] })
      // What was sent before this answer has come before this answer.
      for (const socket of sockets.values()) await socket.timeout(2_000).emitWithAck('clock:ping', {})
      assert.deepEqual(heard, name === 'session:ended' ? new Set(['operator-own']) : expected)
      for (const socket of sockets.values()) socket.off(name)
      const below = new Set<string>()
      for (const [who, socket] of sockets) socket.on(name, () => below.add(who))
      if (name !== 'session:ended') hub.publish(name, {} as never, { unitIds: [stations.parent] })
      for (const socket of sockets.values()) await socket.timeout(2_000).emitWithAck('clock:ping', {})
      assert.ok([...below].every((who) => who.endsWith('-parent')), 'an event of the parent unit came down')
      for (const socket of sockets.values()) socket.off(name)
    })
  }
})
