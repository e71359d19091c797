// Owns the door of the room: the ONVIF port, discovery, and their plain types.
export type {
  CallOptions,
  ClockReading,
  DeviceIdentity,
  Identification,
  OnvifCredential,
  OnvifPort,
  OnvifProof,
  OnvifTarget,
  StrangerProof,
  StreamPath,
} from './device.ts'
export { createOnvifPort, type OnvifDeps } from './device-client.ts'
export {
  createDiscovery,
  type Discovery,
  type DiscoveryDeps,
  type DiscoveryProgress,
  type DiscoveryRequest,
  type FoundDevice,
} from './discovery.ts'
export { forEachLimited } from './limited.ts'
export { deviceFacts } from './finding.ts'
export { readDeviceAddress, type DeviceAddress } from './device-address.ts'
export { FindingService } from './finding-service.ts'
export { FindingStore, findingMigrations } from './finding-store.ts'
export { findingRoutes } from './finding-routes.ts'
export { openPtzHead } from './ptz-client.ts'
export { PtzService, type PtzServiceDeps } from './ptz-service.ts'
export { ptzHandlers, ptzRoutes } from './ptz-routes.ts'
