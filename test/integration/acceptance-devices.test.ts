// Owns proof that one bad device harms nobody: its own state says what is wrong, the others stay online.
import assert from 'node:assert/strict'
import { Secret } from '#base/secret.ts'
import type { FaultName } from '../fleet/index.ts'
import { ffmpegThere, openScene, sweptByHand, untilStatuses, type Scene } from './acceptance-scene.ts'

describe('a device that misbehaves', function () {
  this.timeout(90_000)
  let scene: Scene
  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ config: sweptByHand })
    await scene.server.app.start()
    await untilStatuses(scene, new Map(scene.cameras.map(({ id }) => [id, /^online/])), 60_000)
  })
  after(() => scene?.close())

  it('has the state and the cause of its own fault, and every other camera stays online', async () => {
    const faults: [FaultName, RegExp][] = [
      ['redirect', /^abnormal rtsp_redirected$/],
      ['basic-auth', /^unauthorized auth_downgrade$/],
      ['malformed-soap', /^abnormal onvif_malformed$/],
      ['slow-soap', /^abnormal onvif_silent$/],
      ['reset', /^abnormal (stream_reset|onvif_malformed|onvif_silent)$/],
    ]
    const told = new Set<string>()
    const off = scene.server.app.health.events.on('status', ({ cameraId }) => void told.add(cameraId))
    for (const [at, [name]] of faults.entries()) scene.fleet.setFault(scene.cameras[at]?.index ?? 0, { name })
    await untilStatuses(scene, new Map(scene.cameras.map(({ id }, at) => [id, faults[at]?.[1] ?? /^online/])), 60_000)
    off()
    const healthy = scene.cameras.at(-1)
    assert.ok(healthy)
    assert.ok(!told.has(healthy.id), 'the healthy camera changed its state too')
    assert.equal((await fetch(`${scene.server.origin}/healthz`)).status, 200)
    for (const { index } of scene.cameras) scene.fleet.clearFault(index)
    await untilStatuses(scene, new Map(scene.cameras.map(({ id }) => [id, /^online/])), 60_000)
  })

  it('that names another host for its streams is never followed there', async () => {
    const { fleet, server } = scene
    const camera = fleet.cameras[0]
    assert.ok(camera)
    fleet.setFault(1, { name: 'off-host-uri' })
    const answer = await server.app.onvif.identify({ host: '127.0.0.1', port: camera.onvifPort, tls: false }, { username: camera.username, password: new Secret(camera.password) }, { deadlineMs: 10_000 })
    fleet.clearFault(1)
    // Ports and paths are kept, a host never is: what a finding stores cannot lead elsewhere.
    assert.ok(!JSON.stringify(answer).includes('192.0.2.'), JSON.stringify(answer))
    assert.ok(answer.kind === 'identified' || answer.fault.code === 'address_refused', JSON.stringify(answer))
  })
})
