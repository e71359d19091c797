// Owns construction: every room is made here and nowhere else, and what rooms must hear of each other is joined here.
// Refuses: rules. What a room does is in the room.
import { join } from 'node:path'
import { AddressPolicy } from '#base/address-policy.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import { Shutdown } from '#base/shutdown.ts'
import type { Config } from '#config/schema.ts'
import { readTlsFiles } from '#config/tls-files.ts'
import type { CameraId, UnitId, UserId } from '#contract/ids.ts'
import { createMediaPlane, type MediaPlane } from '#streams'
import { accessMigrations, accessRoutes, ActivationService, ActivationStore, createGate, grantRoutes, GrantService, GrantStore, PasswordHistory, passwordRules, SecondFactorService, SecondFactorStore, SignInNetworks, reach, LiveRights, Passwords, registerRoutes, RegisterService, RegisterStore, SessionReader, SessionService, SessionStore, SetUpService, SignInThrottle, StreamTickets, UnitStore, UserService, UserStore } from './access/index.ts'
import { auditMigrations, createAuditRoom, type AuditTrail } from './audit/index.ts'
import { caseMigrations, createCaseRoom } from './cases/index.ts'
import { createHealthRoom, healthMigrations } from './health/index.ts'
import { ClientAddress, createHttpServer, createManagementServer, EventHub, type WebServer } from './http/index.ts'
import { Metrics } from './metrics.ts'
import { createDiscovery, createOnvifPort, findingMigrations, findingRoutes, FindingService, FindingStore, openPtzHead, ptzHandlers, ptzRoutes, PtzService, type OnvifPort } from './onvif/index.ts'
import { createOversightRoom, oversightMigrations } from './oversight/index.ts'
import { archiveRoutes, CameraRows, CameraService, CameraStore, CredentialService, CredentialStore, GbCodes, registryMigrations, registryRoutes, Vault } from './registry/index.ts'
import { asOutage, keyFile, migrate, Storage } from './storage/index.ts'
import { createViewingRoom, viewingMigrations } from './viewing/index.ts'

export interface AppDeps {
  config: Config
  logger: Logger
  clock: Clock
  random: RandomBytes
  /** FFMPEG_PATH and PATH are read. */
  env: Readonly<Record<string, string | undefined>>
  consoleDir: string
}

/** What the demo and the tests reach besides HTTP. */
export interface App {
  server: WebServer
  storage: Storage
  trail: AuditTrail
  units: UnitStore
  userService: UserService
  users: UserStore
  setUp: SetUpService
  cameras: CameraStore
  cameraService: CameraService
  onvif: OnvifPort
  mediaPlane: MediaPlane
  cases: ReturnType<typeof createCaseRoom>
  health: ReturnType<typeof createHealthRoom>
  oversight: ReturnType<typeof createOversightRoom>
  /** Starts the watch over the cameras. */
  start(): Promise<void>
  /** Listens; gives the port. */
  listen(): Promise<number>
  close(): Promise<void>
}

export const allMigrations = [...auditMigrations, ...accessMigrations, ...oversightMigrations, ...registryMigrations, ...findingMigrations, ...healthMigrations, ...viewingMigrations, ...caseMigrations]

export async function createApp(deps: AppDeps): Promise<App> {
  const { config, logger, clock, random } = deps
  const { dataDir, databaseUrl } = config.storage
  const tls = readTlsFiles(config.server)
  const onListenerError = (error: unknown) => logger.error({ error }, 'a listener failed')
  const shutdown = new Shutdown({ logger })
  const storage = new Storage(databaseUrl === '' ? { sqliteFile: join(dataDir, 'tianwang.sqlite') } : { mysqlUrl: databaseUrl })
  shutdown.add('storage', () => storage.close())
  await migrate(storage, allMigrations)

  const audit = createAuditRoom({ storage, clock, random, logger: logger.child({ room: 'audit' }), dataDir, settings: config.audit, unitsUnder: async (id) => (await units.tree()).under(id) })
  const { trail } = audit
  shutdown.add('audit', () => audit.close())

  const units = new UnitStore({ storage, monotonicMs: () => clock.monotonicMs() })
  const users = new UserStore(storage)
  const passwords = new Passwords({ profile: config.access.passwordProfile, history: new PasswordHistory({ storage, random }) })
  const limits = config.access
  const throttle = new SignInThrottle(limits)
  const secondFactor = new SecondFactorService({ storage, clock, random, trail, factors: new SecondFactorStore(storage), throttle, key: keyFile(dataDir, 'second-factor', random) })
  const networks = new SignInNetworks({ everybody: config.access.signInNetworks, administrators: config.access.administratorNetworks })
  const sessionStore = new SessionStore(storage)
  const grantStore = new GrantStore(storage)
  const outage = { sessionMs: config.access.outageSessionMs, longestMs: config.audit.spoolMs }
  const reader = new SessionReader({ storage, clock, users, sessions: sessionStore, units, grants: (userId: UserId) => grantStore.approvedOf(userId), limits, outage, maxPasswordAgeDays: passwordRules[config.access.passwordProfile].maxAgeDays })
  const sessions = new SessionService({ storage, clock, random, trail, users, sessions: sessionStore, reader, passwords, throttle, secondFactor, networks, limits, onListenerError })
  shutdown.add('sessions', async () => sessions.close())
  const rights = new LiveRights({ clock, now: (sessionId, live) => reader.byId(sessionId, live ? 'live-look' : 'look'), onListenerError })
  shutdown.add('live rights', async () => rights.close())
  const userService = new UserService({ storage, clock, random, trail, users, units, sessions, passwords })
  const activation = new ActivationService({ storage, clock, random, trail, users, activations: new ActivationStore(storage), sessions, passwords, throttle })
  const setUp = new SetUpService({ storage, clock, random, trail, users, units, userService, passwords })
  const tickets = new StreamTickets({ key: keyFile(dataDir, 'stream-ticket', random), clock })
  const gate = createGate({ storage, clock, trail, reader, tickets, rights, onListenerError })

  const oversight = createOversightRoom({ storage, clock, random, logger: logger.child({ room: 'oversight' }), trail, entries: audit.entries, users, units, limits: config.oversight })
  shutdown.add('oversight', () => oversight.watch.close())

  const addressPolicy = new AddressPolicy(config.cameras.networks)
  const cameras = new CameraStore(storage, new CameraRows({ logger: logger.child({ room: 'registry' }) }))
  const register = new RegisterService({
    storage,
    clock,
    random,
    trail,
    entries: new RegisterStore(storage),
    users,
    units,
    directory: { visible: async (principal, ids) => (await cameras.byIds(reach(principal, 'camera:view'), ids)).map(({ id, archive }) => ({ id, name: archive.name, gbCode: archive.gbCode })) },
    patterns: config.cases,
    purposeMs: config.access.purposeMs,
  })
  const grants = new GrantService({
    storage,
    clock,
    random,
    trail,
    grants: grantStore,
    byGbCodes: async (codes) => (await cameras.byGbCodes(codes)).map(({ id, unitId, archive }) => ({ id, unitId, name: archive.name, gbCode: archive.gbCode })),
    onListenerError,
  })
  shutdown.add('grants', async () => grants.close())
  const credentials = new CredentialStore(storage)
  const vault = new Vault({ key: keyFile(dataDir, 'vault', random), random })
  const cameraService = new CameraService({ storage, clock, random, trail, cameras, credentials, vault, addressPolicy, onListenerError })
  const credentialService = new CredentialService({ storage, clock, random, trail, credentials, vault })

  const mediaPlane = await createMediaPlane({
    logger: logger.child({ room: 'streams' }),
    addressPolicy,
    env: deps.env,
    clock,
    random,
    copyBy: config.streams.copyBy,
    limits: {
      idleStopMs: config.streams.idleStopMs,
      maxStarts: config.streams.maxStarts,
      ...(config.streams.maxTranscodes !== 'auto' && { transcodes: config.streams.maxTranscodes }),
      transcodeQueue: config.streams.transcodeQueue,
      ringMs: config.streams.ringMs,
      proveConcurrency: config.health.patrolConcurrency,
    },
  })
  shutdown.add('media plane', () => mediaPlane.close())

  const onvif = createOnvifPort({ clock, random, logger: logger.child({ room: 'onvif' }), addressPolicy })
  const findingService = new FindingService({
    storage,
    clock,
    random,
    logger,
    trail,
    findings: new FindingStore(storage),
    cameras,
    cameraService,
    gbCodes: new GbCodes({ cameras }),
    units,
    onvif,
    discovery: createDiscovery({ clock, random: () => (random(4).readUInt32LE() ?? 0) / 2 ** 32, logger, addressPolicy, onvif }),
    mediaPlane,
  })
  shutdown.add('discovery', () => findingService.close())
  const ptz = new PtzService({
    storage,
    clock,
    logger: logger.child({ room: 'onvif' }),
    trail,
    cameraService,
    units,
    openHead: (target, credential) => openPtzHead({ clock, random, logger: logger.child({ room: 'onvif' }), addressPolicy }, target, credential),
    hold: (held) => rights.hold(held),
    onListenerError,
  })
  shutdown.add('ptz', () => ptz.close())

  const viewing = createViewingRoom({ storage, clock, logger, trail, liveTrail: audit.live, cameraService, cameras, tickets, again: (principal) => reader.byId(principal.sessionId, 'live-look'), purposes: register, mediaPlane, ticketMs: config.streams.ticketMs, onListenerError })
  shutdown.add('viewing', () => viewing.close())
  const cases = createCaseRoom({ storage, clock, random, logger, trail, units, users, cameras, cameraService, register, mediaPlane, dataDir, patterns: config.cases, onListenerError })
  const health = createHealthRoom({
    storage,
    clock,
    random,
    logger: logger.child({ room: 'health' }),
    trail,
    units,
    cameras,
    cameraService,
    onvif,
    mediaPlane,
    settings: config.health,
    figures: { openCases: (principal) => cases.openCases(principal), tagsToday: (principal) => cases.tagsToday(principal), accessesToday: (principal) => register.countToday(principal), watchingNow: (principal) => viewing.watchingNow(principal) },
    onListenerError,
  })
  shutdown.add('health watch', () => health.stop())

  const clientAddress = new ClientAddress(config.server.trustedProxies)
  const metrics = new Metrics({ cameras, mediaPlane, connections: () => hub.connections })
  const ready = async () => {
    await storage.sequelize.query('SELECT 1')
    if (mediaPlane.capability() === null) return { ready: true, reason: 'ready; ffmpeg is missing, there are no pictures' }
    const { encoder, taken, limit, waiting } = await mediaPlane.transcoding()
    return { ready: true, reason: `ready; transcodes by ${encoder}: ${taken} of ${limit}, ${waiting} waiting` }
  }
  const server = createHttpServer({
    clock,
    random,
    logger: logger.child({ room: 'http' }),
    gate,
    clientAddress,
    ownOrigins: config.server.origins,
    requireTls: config.server.secureCookies === 'always',
    tls,
    consoleDir: deps.consoleDir,
    routes: [
      ...accessRoutes({ sessions, setUp, userService, activation, secondFactor, users, units, limits, policy: config.access }),
      ...registerRoutes({ register, units }),
      ...grantRoutes(grants),
      ...oversight.routes,
      ...audit.routes,
      ...registryRoutes({ storage, clock, random, trail, cameras, cameraService, credentialService, units }),
      ...archiveRoutes({ storage, trail, cameras, cameraService, units }),
      ...findingRoutes({ service: findingService, units }),
      ...ptzRoutes(ptz),
      ...viewing.routes,
      ...cases.routes,
      ...health.routes,
    ],
    ready,
    metrics: () => metrics.text(),
    knownError: asOutage,
  })
  const hub: EventHub = new EventHub({ server, gate, clock, logger, clientAddress, ownOrigins: config.server.origins, handlers: ptzHandlers(ptz), knownError: asOutage, onSocketGone: (socketId) => ptz.socketGone(socketId) })
  viewing.servePush({ server, gate, rights, clientAddress, ownOrigins: config.server.origins, requireTls: config.server.secureCookies === 'always' })
  shutdown.add('http', async () => {
    server.closeAllConnections()
    await hub.close()
  })

  const management = createManagementServer({ ready, metrics: () => metrics.text() })
  shutdown.add('management', async () => {
    management.close()
    management.closeAllConnections()
  })

  /** A unit and all above it, and who has a grant on the camera: who may hear of something there. */
  const audienceOf = async (unitId: UnitId, cameraId?: CameraId) => ({ unitIds: (await units.tree()).lineage(unitId), ...(cameraId ? { cameraId } : {}) })
  const later = (work: Promise<void>) => void work.catch(onListenerError)
  sessions.events.on('ended', (ended) => {
    rights.sessionEnded(ended)
    hub.endSession(ended.sessionId, ended.reason)
    later(viewing.sessionEnded(ended.sessionId, ended))
  })
  grants.events.on('changed', ({ grantId, state, userId, cameraIds, endedAtMs }) => {
    reader.refresh([userId])
    hub.publish('grant:changed', { grantId, state }, { userIds: [userId] })
    later(rights.userChanged(userId, endedAtMs ?? clock.now()))
    if (endedAtMs !== null) later(viewing.grantEnded(userId, cameraIds, { reason: 'right-ended', endedAtMs }))
  })
  cameraService.events.on('changed', ({ cameraId, unitId }) =>
    later(audienceOf(unitId, cameraId).then((audience) => hub.publish('camera:changed', { cameraId, unitId }, audience))),
  )
  findingService.events.on('progress', (state) =>
    later(units.tree().then((tree) => hub.publish('discovery:progress', state, { unitIds: tree.childrenOf(null).map((unit) => unit.id) }))),
  )
  health.events.on('status', ({ sinceMs, pictureProvenMs, ...status }) =>
    later(
      audienceOf(status.unitId, status.cameraId).then((audience) =>
        hub.publish('camera:status', { ...status, statusSince: new Date(sinceMs).toISOString(), pictureProvenAt: pictureProvenMs === null ? null : new Date(pictureProvenMs).toISOString() }, audience),
      ),
    ),
  )
  health.events.on('posture', ({ cameraId, unitId }) => later(audienceOf(unitId, cameraId).then((audience) => hub.publish('camera:changed', { cameraId, unitId }, audience))))
  ptz.events.on('lease', (lease) => later(audienceOf(lease.unitId, lease.cameraId).then((audience) => hub.publish('ptz:lease', lease, audience))))
  viewing.events.on('stream', (status) => later(audienceOf(status.unitId, status.cameraId).then((audience) => hub.publish('stream:state', status, audience))))
  viewing.events.on('watermark', (changed) => later(units.tree().then((tree) => hub.publish('watermark:changed', changed, { unitIds: tree.childrenOf(null).flatMap((root) => tree.subtree(root.id)) }))))
  cases.events.on('tagged', ({ tagId, caseId, userIds }) => hub.publish('tag:created', { tagId, caseId }, { userIds }))

  return {
    server,
    storage,
    trail,
    units,
    userService,
    users,
    setUp,
    cameras,
    cameraService,
    onvif,
    mediaPlane,
    cases,
    health,
    oversight,
    async start() {
      await audit.start()
      oversight.watch.start()
      await cases.start()
      await health.start()
    },
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        management.once('error', reject)
        if (config.server.managementPort > 0) management.listen(config.server.managementPort, config.server.managementHost)
        server.listen(config.server.port, config.server.host, () => {
          const address = server.address()
          resolve(typeof address === 'object' && address !== null ? address.port : config.server.port)
        })
      }),
    close: () => shutdown.close(),
  }
}

