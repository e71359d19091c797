// Owns proof of turning a simulated camera over real sockets: what its head was told, and when, whatever happens to the line.
import assert from 'node:assert/strict'
import { createServer, connect, type Server, type Socket as TcpSocket } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Socket } from 'socket.io-client'
import { api } from '#contract/api.ts'
import { ptzAnswerSchema, renewEveryMs, type PtzAnswer } from '#contract/ptz.ts'
import { when } from '../support/browser.ts'
import { stopwatch } from '../support/held-up.ts'
import type { Client } from '../support/server.ts'
import { connectSocket, ffmpegThere, openScene, sweptByHand, type Scene } from './acceptance-scene.ts'

/** From the cut to the camera's Stop. */
const MOST_MS = 700

/** A line to the server that can be cut, with and without word of it. */
class Cable {
  readonly #server: Server
  readonly #pairs = new Set<[TcpSocket, TcpSocket]>()

  private constructor(target: number) {
    this.#server = createServer((near) => {
      const far = connect(target, '127.0.0.1')
      const pair: [TcpSocket, TcpSocket] = [near, far]
      this.#pairs.add(pair)
      near.pipe(far).pipe(near)
      for (const end of pair) end.on('error', () => undefined).on('close', () => this.#pairs.delete(pair))
    })
  }

  static async to(origin: string): Promise<{ cable: Cable; origin: string }> {
    const cable = new Cable(Number(new URL(origin).port))
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve))
    return { cable, origin: `http://127.0.0.1:${(cable.#server.address() as AddressInfo).port}` }
  }

  /** Nothing passes any more and neither end is told: a pulled plug. */
  pull(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far)
      far.unpipe(near)
      near.pause()
      far.pause()
    }
  }

  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy()
      far.resetAndDestroy()
    }
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}

describe('turning a camera', function () {
  this.timeout(60_000)
  let scene: Scene
  let client: Client
  let cameraId: string
  const sockets: Socket[] = []
  const cables: Cable[] = []
  const index = 1

  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ config: sweptByHand })
    client = await scene.server.signIn('operatorA')
    cameraId = scene.cameras[0]?.id ?? assert.fail()
  })
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect()
    for (const cable of cables.splice(0)) await cable.close()
    if (scene) {
      scene.fleet.clearFault(index)
      await when('the head is still and free', 5_000, async () => !scene.fleet.ptz(index).moving && (await client.get(`/api/cameras/${cameraId}/ptz`)).as(api.ptzState.result).holder === null)
    }
  })
  after(() => scene?.close())

  const open = async (who = client) => {
    const socket = await connectSocket(who.origin, { cookie: who.cookie, origin: who.origin })
    sockets.push(socket)
    return socket
  }
  const openByCable = async () => {
    const { cable, origin } = await Cable.to(client.origin)
    cables.push(cable)
    const socket = await connectSocket(origin, { cookie: client.cookie, origin })
    sockets.push(socket)
    return { cable, socket }
  }
  const ask = async (socket: Socket, name: string, payload: object): Promise<PtzAnswer> => ptzAnswerSchema.parse(await socket.timeout(8_000).emitWithAck(name, { cameraId, ...payload }))
  const take = (socket: Socket) => ask(socket, 'ptz:take', { purpose: '巡查' })
  const right = { pan: 0.5, tilt: 0, zoom: 0 }
  /** Renews as a console does while the key is down. */
  const hold = (socket: Socket): (() => void) => {
    const renew = () => void socket.emit('ptz:move', { cameraId, ...right }, () => undefined)
    renew()
    const timer = setInterval(renew, renewEveryMs)
    return () => clearInterval(timer)
  }
  const toldSince = (fromMs: number) => scene.fleet.ptz(index).commands.filter(({ atMs }) => atMs >= fromMs)
  const moving = () => when('the head moves', 3_000, () => scene.fleet.ptz(index).moving)
  const stoppedAfter = async (fromMs: number): Promise<number> => {
    await when('the camera was told to stop', 4_000, () => toldSince(fromMs).some(({ kind }) => kind === 'stop'))
    return (toldSince(fromMs).find(({ kind }) => kind === 'stop')?.atMs ?? Infinity) - fromMs
  }

  it('moves while it is held and stops when it is let go', async () => {
    const socket = await open()
    assert.deepEqual(await take(socket), { outcome: 'done' })
    const fromMs = Date.now()
    const letGo = hold(socket)
    await when('held for a second', 3_000, () => Date.now() - fromMs > 1_000)
    assert.ok(scene.fleet.ptz(index).moving, 'renewals keep it moving beyond the dead man')
    assert.deepEqual(toldSince(fromMs).map(({ kind, velocity }) => [kind, velocity?.pan]), [['move', 0.5]])
    letGo()
    await ask(socket, 'ptz:stop', {})
    assert.ok(!scene.fleet.ptz(index).moving)
    assert.equal(toldSince(fromMs).at(-1)?.kind, 'stop')
  })

  it(`stops within ${MOST_MS} ms when the socket is cut in mid-move`, async () => {
    const { cable, socket } = await openByCable()
    await take(socket)
    const letGo = hold(socket)
    await moving()
    const fromMs = Date.now()
    const taken = stopwatch(MOST_MS)
    cable.cut()
    const tookMs = await stoppedAfter(fromMs)
    letGo()
    const { heldUpMs } = taken()
    assert.ok(tookMs - heldUpMs <= MOST_MS, `${tookMs} ms, nothing ran for ${heldUpMs} ms`)
  })

  it(`stops within ${MOST_MS} ms when the plug is pulled and nobody is told`, async () => {
    const { cable, socket } = await openByCable()
    await take(socket)
    const letGo = hold(socket)
    await moving()
    const fromMs = Date.now()
    const taken = stopwatch(MOST_MS)
    cable.pull()
    const tookMs = await stoppedAfter(fromMs)
    letGo()
    const { heldUpMs } = taken()
    assert.ok(tookMs - heldUpMs <= MOST_MS, `${tookMs} ms, nothing ran for ${heldUpMs} ms`)
  })

  it('stops a camera whose head is slow, though a move was still on its way', async () => {
    const socket = await open()
    await take(socket)
    scene.fleet.setFault(index, { name: 'slow-ptz', value: 600 })
    const fromMs = Date.now()
    const letGo = hold(socket)
    await when('held for a while', 3_000, () => Date.now() - fromMs > 300)
    letGo()
    await ask(socket, 'ptz:stop', {})
    const told = toldSince(fromMs).map(({ kind }) => kind)
    assert.equal(told.at(-1), 'stop', told.join(' '))
    assert.ok(!scene.fleet.ptz(index).moving)
  })

  it('goes to what was clicked, to presets and home, and keeps new presets', async () => {
    const socket = await open()
    await take(socket)
    const before = (await client.get(`/api/cameras/${cameraId}/ptz`)).as(api.ptzState.result)
    assert.deepEqual([before.canTurn, before.hasHome, before.centre, before.holder?.displayName, before.presets.map(({ token }) => token)], [true, true, 'field-of-view', 'operatorA', ['1']])
    assert.deepEqual(await ask(socket, 'ptz:centre', { x: 0.5, y: -0.25 }), { outcome: 'done' })
    const { position } = scene.fleet.ptz(index)
    assert.ok(position.pan > 0.05 && position.tilt < -0.02, JSON.stringify(position))
    assert.deepEqual(await ask(socket, 'ptz:preset', { act: { kind: 'set', token: null, name: '大门' } }), { outcome: 'done' })
    assert.deepEqual(await ask(socket, 'ptz:preset', { act: { kind: 'home' } }), { outcome: 'done' })
    assert.equal(scene.fleet.ptz(index).position.pan, 0)
    const made = (await client.get(`/api/cameras/${cameraId}/ptz`)).as(api.ptzState.result).presets.find(({ name }) => name === '大门')
    assert.deepEqual(await ask(socket, 'ptz:preset', { act: { kind: 'go', token: made?.token } }), { outcome: 'done' })
    assert.ok(Math.abs(scene.fleet.ptz(index).position.pan - position.pan) < 0.001)
    assert.deepEqual(await ask(socket, 'ptz:preset', { act: { kind: 'remove', token: made?.token } }), { outcome: 'done' })
    assert.equal((await ask(socket, 'ptz:preset', { act: { kind: 'go', token: 'gone' } })).outcome, 'failed')
  })

  it('tells the others who has it, and the bureau may take it', async () => {
    const [mine, theirs] = [await open(), await open(await scene.server.signIn('supervisor'))]
    const heard: (string | null)[] = []
    theirs.on('ptz:lease', (lease: { holder: { displayName: string } | null }) => heard.push(lease.holder?.displayName ?? null))
    await take(mine)
    await when('the bureau heard it', 2_000, () => heard.includes('operatorA'))
    assert.deepEqual(await take(theirs), { outcome: 'done' })
    const refused = await ask(mine, 'ptz:move', right)
    assert.equal(refused.outcome === 'held-by-other' && refused.holder.displayName, 'supervisor')
    await when('the change was heard', 2_000, () => heard.includes('supervisor'))
  })

  it('refuses roles without the permission, other stations, and what has no shape', async () => {
    const [investigator, foreign, own] = [await open(await scene.server.signIn('investigator')), await open(await scene.server.signIn('operatorB')), await open()]
    const code = async (socket: Socket, name: string, payload: object) => ((await socket.timeout(5_000).emitWithAck(name, payload)) as { code?: string }).code
    assert.equal(await code(investigator, 'ptz:take', { cameraId, purpose: 'x' }), 'no_permission')
    assert.equal(await code(foreign, 'ptz:take', { cameraId, purpose: 'x' }), 'not_found')
    for (const payload of [{ cameraId }, { cameraId, purpose: '' }, { cameraId: 'x', purpose: 'x' }, { cameraId, purpose: 'x', extra: 1 }]) assert.equal(await code(own, 'ptz:take', payload), 'invalid_request')
    await take(own)
    assert.equal(await code(own, 'ptz:move', { cameraId, pan: 2, tilt: 0, zoom: 0 }), 'invalid_request')
    assert.equal(await code(foreign, 'ptz:move', { cameraId, ...right }), 'not_found')
    assert.equal((await foreign.timeout(5_000).emitWithAck('clock:ping', {})).code, undefined)
    assert.equal((await (await scene.server.signIn('investigator')).get(`/api/cameras/${cameraId}/ptz`)).status, 403)
    assert.equal((await (await scene.server.signIn('operatorB')).get(`/api/cameras/${cameraId}/ptz`)).status, 404)
  })

  it('stops when the session ends', async () => {
    const other = await scene.server.signIn('operatorA')
    const socket = await open(other)
    await take(socket)
    const letGo = hold(socket)
    await moving()
    const fromMs = Date.now()
    const taken = stopwatch(MOST_MS)
    assert.equal((await other.request('DELETE', '/api/session')).status, 204)
    const tookMs = await stoppedAfter(fromMs)
    letGo()
    const { heldUpMs } = taken()
    assert.ok(tookMs - heldUpMs <= MOST_MS, `${tookMs} ms, nothing ran for ${heldUpMs} ms`)
  })
})
