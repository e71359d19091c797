// The direction of imports, each rule with its reason. `npm run check` runs it; docs/architecture.md draws it.
const rooms = { storage: 0, http: 0, audit: 1, access: 2, oversight: 3, registry: 3, onvif: 4, health: 4, viewing: 4, cases: 4, retention: 5 }

const upward = Object.entries(rooms).flatMap(([room, level]) => {
  const forbidden = Object.entries(rooms).filter(([other, otherLevel]) => other !== room && otherLevel >= level).map(([other]) => other)
  // storage and http are side by side at the bottom; http may name the database's errors only through its problem mapping
  return {
    name: `backend-${room}-looks-down`,
    comment: `backend/${room} may import lower rooms only. What it must hear from a room beside or above it comes through a port that app.ts hands in, or a typed event.`,
    severity: 'error',
    from: { path: `^backend/${room}/` },
    to: { path: `^backend/(${forbidden.join('|')})/` },
  }
})

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', comment: 'A circle means that two files are one thing in two places.', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'nothing-imports-test', comment: 'What ships does not depend on what checks it.', severity: 'error', from: { pathNot: '^(test|scripts)/' }, to: { path: '^test/' } },
    { name: 'contract-stands-alone', comment: 'The wire language runs in the browser: zod and itself only.', severity: 'error', from: { path: '^contract/' }, to: { pathNot: '^contract/|node_modules/zod' } },
    { name: 'base-is-the-floor', comment: 'base imports contract codes and libraries, nothing of ours above it.', severity: 'error', from: { path: '^base/' }, to: { path: '^(config|streams|backend|frontend)/' } },
    { name: 'config-is-plain', comment: 'Configuration is read before anything runs.', severity: 'error', from: { path: '^config/' }, to: { path: '^(streams|backend|frontend)/' } },
    { name: 'streams-carry-pictures', comment: 'The media plane knows no users, no SQL, no HTTP framework and no configuration file.', severity: 'error', from: { path: '^streams/' }, to: { path: '^(config|backend|frontend)/|node_modules/(express|sequelize|socket\\.io)/' } },
    { name: 'one-door-to-streams', comment: 'The media plane may move to another machine; only its door is known.', severity: 'error', from: { path: '^(backend|config|scripts)/' }, to: { path: '^streams/', pathNot: '^streams/index\\.ts$' } },
    { name: 'console-speaks-the-contract', comment: 'The console knows the wire language and nothing of the server.', severity: 'error', from: { path: '^frontend/' }, to: { path: '^(base|config|streams|backend|test)/' } },
    { name: 'rooms-do-not-know-app', comment: 'app.ts constructs; nobody reaches back to it.', severity: 'error', from: { path: '^backend/', pathNot: '^backend/main\\.ts$' }, to: { path: '^backend/(app|main)\\.ts$' } },
    { name: 'one-door-per-room', comment: 'A room is known by its index.ts.', severity: 'error', from: { path: '^backend/([^/]+)/' }, to: { path: '^backend/([^/]+)/', pathNot: '^backend/($1)/|^backend/[^/]+/index\\.ts$' } },
    { name: 'node-onvif-has-one-seam', comment: 'Unmaintained; lives behind backend/onvif/node-onvif.ts.', severity: 'error', from: { pathNot: '^backend/onvif/node-onvif|^test/' }, to: { path: 'node_modules/node-onvif/' } },
    { name: 'fluent-ffmpeg-has-one-seam', comment: 'Archived; lives behind streams/ffmpeg.', severity: 'error', from: { pathNot: '^streams/ffmpeg/' }, to: { path: 'node_modules/fluent-ffmpeg/' } },
    { name: 'sequelize-has-one-home', comment: 'Stores may use operators; only storage opens connections.', severity: 'error', from: { pathNot: '^backend/(storage/|http/problem\\.ts|[^/]+/[a-z-]*(store|row)\\.ts|health/)' }, to: { path: 'node_modules/sequelize/' } },
    ...upward,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], mainFields: ['module', 'main', 'types'] },
  },
}
