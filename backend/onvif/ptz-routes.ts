// Owns the wire side of turning cameras: routes for what a head can do and who holds one, socket events for the hand; thin.
import { api } from '#contract/api.ts'
import { route, type ClientHandlers, type Route } from '../http/index.ts'
import type { PtzService } from './ptz-service.ts'

export function ptzRoutes(service: PtzService): Route[] {
  return [
    route(api.ptzState, ({ principal, params }) => service.state(principal, params.cameraId)),
    route(api.ptzLeases, async ({ principal }) => ({ items: service.leases(principal) })),
  ]
}

export function ptzHandlers(service: PtzService): Partial<ClientHandlers> {
  return {
    'ptz:take': (caller, payload) => service.take(caller, payload),
    'ptz:release': (caller, payload) => service.release(caller, payload),
    'ptz:move': (caller, payload) => service.move(caller, payload),
    'ptz:stop': (caller, payload) => service.stop(caller, payload),
    'ptz:centre': (caller, payload) => service.centre(caller, payload),
    'ptz:preset': (caller, payload) => service.preset(caller, payload),
  }
}
