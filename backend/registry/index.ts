// The door of the registry room.
import type { Migration } from '../storage/index.ts'
import { cameraListMigration, cameraMigration, cameraNameMigration, cameraPostureMigration } from './camera-row.ts'
import { credentialMigration } from './credential-store.ts'

export { archiveRoutes } from './archive-routes.ts'
export { archiveGapsOf, initialsOf, missingArchiveKeys, shownCodec, type Camera, type CameraHealth, type Device, type StreamPath } from './camera.ts'
export { presentDetail, presentSummary, presentUnits, sumCounts } from './camera-present.ts'
export { CameraRows } from './camera-rows.ts'
export { CameraService, type Credential, type NewCamera } from './camera-service.ts'
export { CameraStore, noCameras, type CameraFilter, type CameraScope } from './camera-store.ts'
export { parseStreamUrl } from './camera-url.ts'
export { deviceColumns, deviceFields, deviceOfRow, deviceToRow } from './device-row.ts'
export { GbCodes } from './gb-codes.ts'
export { CredentialService } from './credential-service.ts'
export { CredentialStore } from './credential-store.ts'
export { registryRoutes } from './registry-routes.ts'
export { Vault } from './vault.ts'
export const registryMigrations: readonly Migration[] = [cameraMigration, credentialMigration, cameraNameMigration, cameraListMigration, cameraPostureMigration]
