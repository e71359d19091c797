// Owns the HTTP side of units, cameras and credential sets; thin.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import { Secret } from '#base/secret.ts'
import { api } from '#contract/api.ts'
import { errorCodes } from '#contract/errors.ts'
import type { UnitId } from '#contract/ids.ts'
import { reach, type UnitStore } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import { route, type Route } from '../http/index.ts'
import { isUniqueViolation, type Storage } from '../storage/index.ts'
import { allowedFilter } from './camera-policy.ts'
import { presentDetail, presentSummary, presentUnits } from './camera-present.ts'
import type { CameraService } from './camera-service.ts'
import type { CameraStore } from './camera-store.ts'
import { parseStreamUrl } from './camera-url.ts'
import type { CredentialService } from './credential-service.ts'

export interface RegistryRoutesDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  cameras: CameraStore
  cameraService: CameraService
  credentialService: CredentialService
  units: UnitStore
}

export function registryRoutes(deps: RegistryRoutesDeps): Route[] {
  const { storage, clock, random, trail, cameras, cameraService, credentialService, units } = deps
  return [
    route(api.listUnits, async ({ principal }) => ({
      items: presentUnits(await units.tree(), principal.scope.unitIds, await cameras.countsByUnit(reach(principal, 'camera:view'))),
    })),
    route(api.createUnit, async ({ principal, body, request }) => {
      const parent = (await units.tree()).get(body.parentId)
      if (parent === undefined || !principal.scope.unitIds.has(parent.id)) throw missing()
      if ((body.tier === 'station') !== (parent.tier === 'bureau')) throw new AppError('invalid', 'invalid_request', 'A station is under the bureau, a community under a station.')
      const unit = { id: newId<UnitId>(clock.now(), random), ...body }
      try {
        await storage.transaction(async (tx) => {
          await units.add(tx, unit)
          await trail.record(tx, { ...principal, ip: request.ip }, { action: 'unit.create', targetKind: 'unit', targetId: unit.id, targetName: unit.name })
        })
      } catch (error) {
        throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', errorCodes.already_exists) : error
      }
      const [created] = presentUnits(await units.tree(), new Set([unit.id]), new Map())
      if (created === undefined) throw missing()
      return { ...created, parentId: parent.id }
    }),
    route(api.listCameras, async ({ principal, query }) => {
      const tree = await units.tree()
      const { scope, filter } = allowedFilter(principal, query, tree)
      const { items, total } = await cameras.list(scope, filter, query)
      return { items: items.map((camera) => presentSummary(principal, camera, tree)), total }
    }),
    route(api.getCamera, async ({ principal, params }) => presentDetail(principal, await cameraService.get(principal, params.cameraId, 'camera:view'), await units.tree())),
    route(api.updateCamera, async ({ principal, params, body, request }) =>
      presentDetail(principal, await cameraService.update(principal, params.cameraId, body, request), await units.tree()),
    ),
    route(api.setCameraCredential, async ({ principal, params, body, request }) => {
      await cameraService.setCredential(principal, params.cameraId, { username: body.username, password: new Secret(body.password) }, request)
      return null
    }),
    route(api.createCamera, async ({ principal, body, request }) => {
      if (!principal.scope.unitIds.has(body.unitId)) throw missing()
      const streamPaths = body.streams.map(({ stream, url }) => parseStreamUrl(url, stream, body.address))
      const credential = body.username !== undefined && body.password !== undefined ? { username: body.username, password: new Secret(body.password) } : null
      const camera = await storage.transaction((tx) =>
        cameraService.add(
          tx,
          { ...principal, ip: request.ip },
          {
            unitId: body.unitId,
            archive: body.archive,
            device: {
              address: body.address,
              onvifPort: body.onvifPort,
              manufacturer: '',
              model: body.archive.model,
              firmware: '',
              serial: '',
              mac: body.archive.mac,
              hasPtz: false,
              clockOffsetMs: null,
              profiles: [],
              streamPaths,
            },
            credentialSetId: null,
            credential,
          },
        ),
      )
      return presentDetail(principal, camera, await units.tree())
    }),
    route(api.listCredentialSets, async () => ({ items: await credentialService.list() })),
    route(api.createCredentialSet, async ({ principal, body, request }) =>
      credentialService.create({ ...principal, ip: request.ip }, { name: body.name, username: body.username, password: new Secret(body.password) }),
    ),
  ]
}
