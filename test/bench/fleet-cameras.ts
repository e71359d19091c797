// Owns putting the simulated cameras of a fleet process into the register of a whole server.
import { Secret } from '#base/secret.ts'
import { demoCamerasFor, withDevice } from '#config/demo/district.ts'
import type { CameraId } from '#contract/ids.ts'
import { systemActor } from '../../backend/audit/index.ts'
import type { Device } from '../../backend/registry/index.ts'
import type { TestServer } from '../support/server.ts'
import { copiedSubs, type FleetProcess } from './fleet-process.ts'

/** Places of the district that the test server itself has taken. */
const taken = 6

/** The cameras of the fleet whose sub stream is copied, in the station of operatorA. */
export async function registerFleet({ app, unitId }: TestServer, fleet: FleetProcess, count: number): Promise<CameraId[]> {
  const places = demoCamerasFor(count + taken).slice(taken)
  return app.storage.transaction(async (tx) => {
    const ids: CameraId[] = []
    for (const [at, { index, username, password, rtspPaths }] of copiedSubs(count).entries()) {
      const place = places[at]
      if (place === undefined) throw new Error('the demo district is too small')
      const device: Device = { address: '127.0.0.1', onvifPort: fleet.onvifPort(index), manufacturer: 'Bench', model: 'B1', firmware: '1', serial: `BENCH${index}`, mac: '', hasPtz: false, clockOffsetMs: null, profiles: [], streamPaths: [{ stream: 'sub', tls: false, port: fleet.rtspPort(index), path: rtspPaths.sub }] }
      const { id } = await app.cameraService.add(tx, systemActor, { unitId: unitId('stationA'), archive: withDevice(place.archive, { ...device, mainCodec: 'h264' }), device, credentialSetId: null, credential: { username, password: new Secret(password) } })
      ids.push(id)
    }
    return ids
  })
}
