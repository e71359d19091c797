// Owns the benches of finding and watching the whole district: discovery with identification, one sweep with bad devices.
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { createMediaPlane } from '#streams'
import { createDiscovery, createOnvifPort, forEachLimited } from '../../backend/onvif/index.ts'
import { checkCamera } from '../../backend/health/camera-check.ts'
import { configSchema } from '#config/schema.ts'
import { FleetProcess, host } from './fleet-process.ts'
import { table, type Row } from './table.ts'
import { unchecked } from '../integration/health-room.ts'

const addressPolicy = new AddressPolicy(['127.0.0.0/8'])
const onvifPort = () => createOnvifPort({ clock: systemClock, random: randomBytes, logger: silentLogger, addressPolicy })

/** One scan of the fleet's address and ports by unicast, then who every found device is, as the inbox does it. */
export async function discovery(fleet: FleetProcess): Promise<string> {
  const onvif = onvifPort()
  const count = fleet.cameras.length
  const search = createDiscovery({ clock: systemClock, random: Math.random, logger: silentLogger, addressPolicy, onvif })
  const startedMs = performance.now()
  const { found } = await search.discover({ multicast: true, ranges: [`${host}/32`], ports: [`${fleet.onvifPort(1)}-${fleet.onvifPort(count)}`] })
  const foundMs = performance.now()
  let identified = 0
  const ours = found.filter(({ target }) => target.host === host && fleet.cameras.some(({ index }) => fleet.onvifPort(index) === target.port))
  const faults: string[] = []
  await forEachLimited(ours, 24, async ({ target }) => {
    const camera = fleet.cameras[(target.port - fleet.basePort) / 2 - 1]
    if (camera === undefined) return
    const answer = await onvif.identify(target, { username: camera.username, password: new Secret(camera.password) }, { deadlineMs: 8_000 })
    if (answer.kind === 'identified') identified++
    else faults.push(`${camera.index} ${answer.fault.code}`)
  })
  const endedMs = performance.now()
  const rows: Row[] = [
    { measure: `scan of ${2 * count - 1} ports and WS-Discovery`, value: (foundMs - startedMs) / 1000, unit: 's' },
    { measure: `who ${identified} of ${count} are`, value: (endedMs - foundMs) / 1000, unit: 's' },
    { measure: 'both', value: (endedMs - startedMs) / 1000, unit: 's', target: 15, ...(identified === count ? {} : { incomplete: `${count - identified} left out` }) },
  ]
  return table(`Discovery and identification of ${count} cameras`, rows, identified === count ? [] : [`**only ${identified} identified**: ${ours.length} were found; not identified: ${faults.join(', ') || 'none of those'}`])
}

/** The sweep's work on every camera, 20 of them dead, silent or slow; the reference is the same without any. */
export async function sweep(fleet: FleetProcess): Promise<string> {
  const { sweepDeadlineMs, sweepConcurrency } = configSchema.parse({}).health
  const plane = await createMediaPlane({ logger: silentLogger, addressPolicy, env: process.env })
  const onvif = onvifPort()
  const bad = fleet.cameras.filter(({ index }) => index % 9 === 0).slice(0, 20)
  const once = async () => {
    const outcomes = { passed: 0, failed: 0 }
    const startedMs = performance.now()
    await forEachLimited(fleet.cameras, sweepConcurrency, async (camera) => {
      const source = fleet.source(camera, 'sub')
      const cameras = { credentialOf: async () => source.credential, sourceOf: async () => source }
      const known = unchecked('first', camera.index, { address: host, onvifPort: fleet.onvifPort(camera.index) })
      const { onvif: soap, rtsp } = await checkCamera({ clock: systemClock, onvif, plane, cameras, deadlineMs: sweepDeadlineMs }, known, false, new AbortController().signal)
      outcomes[soap.outcome === 'passed' && rtsp.outcome === 'passed' ? 'passed' : 'failed']++
    })
    return { tookMs: performance.now() - startedMs, ...outcomes }
  }
  try {
    await once()
    const well = await once()
    const kinds = ['off', 'rtsp-silent', 'slow-soap', 'reset'] as const
    for (const [at, { index }] of bad.entries()) await fleet.fault(index, kinds[at % kinds.length] ?? 'off')
    const ill = await once()
    const rows: Row[] = [
      { measure: `${fleet.cameras.length} cameras, ${bad.length} of them dead, silent, slow or resetting`, value: ill.tookMs / 1000, unit: 's', reference: { name: 'all well', value: well.tookMs / 1000 }, target: 10, ...(ill.failed === bad.length && well.failed === 0 ? {} : { incomplete: 'states are wrong' }) },
    ]
    return table(`One sweep of ${fleet.cameras.length} cameras`, rows, [`${ill.failed} seen as bad (expected ${bad.length}); with all well ${well.failed}.`])
  } finally {
    await fleet.clearFaults()
    await plane.close()
  }
}
