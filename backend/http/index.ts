// The door of the http room.
export { createHttpServer, type HttpDeps } from './server.ts'
export { EventHub, type Audience, type ClientHandlers, type SocketCaller } from './event-hub.ts'
export { createManagementServer } from './management.ts'
export { ClientAddress, isOwnOrigin, sessionTokenOf } from './request-checks.ts'
export { publicRoute, route, type BinaryReply, type RequestFacts, type Route } from './route.ts'
export type { TlsIdentity, UpgradeSource, WebServer } from './web-server.ts'
export type { Gate, Principal, Scope, UnderWay } from './principal.ts'
