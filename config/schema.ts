// Owns every configuration key once: type, default, unit and a sentence. config/example.yaml is generated from here.
// Refuses: secrets with defaults, and keys that are not listed (an unknown key stops the start).
import { roleSchema } from '#contract/permissions.ts'
import { z } from 'zod'

const cidr = z.string().regex(/^[0-9a-fA-F.:]+\/\d{1,3}$/, 'must be a CIDR block')
/** Part of a day by 北京时间; it may go over midnight. 00:00-24:00 is the whole day. */
const hours = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be HH:mm-HH:mm')
const origin = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address that the console and the API listen on.'),
      port: z.coerce.number().int().min(0).max(65535).default(8080).describe('TCP port of the console and the API. Environment: PORT.'),
      managementHost: z.string().default('127.0.0.1').describe('Address that /metrics listens on besides /healthz and /readyz.'),
      managementPort: z.coerce.number().int().min(0).max(65535).default(0).describe('TCP port of the management listener; 0 = /metrics is served on the main listener to loopback callers only.'),
      origins: z.array(origin).default([]).describe('Origins under which browsers reach the console, e.g. https://tianwang.example. Empty: the origin that the request names as its host.'),
      trustedProxies: z.array(cidr).default([]).describe('Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.'),
      tlsCertificateFile: z.string().default('').describe('PEM file with the certificate (and what it chains to). With it the server speaks TLS itself, HTTP/2 and HTTP/1.1 on the same port; empty: plain HTTP.'),
      tlsKeyFile: z.string().default('').describe('PEM file with the private key of the certificate.'),
      secureCookies: z.enum(['auto', 'always']).default('auto').describe('auto: Secure and __Host- cookies when the request came by TLS; always: refuse plain HTTP sign-in.'),
    })
    .prefault({}),
  storage: z
    .strictObject({
      dataDir: z.string().default('var').describe('Directory of database, keys and exhibits. Environment: DATA_DIR.'),
      databaseUrl: z.string().refine((text) => text === '' || (text.startsWith('mysql://') && URL.canParse(text)), 'must be mysql://user:password@host:port/name').default('').describe('mysql://user:password@host:port/name; empty: SQLite in dataDir. Environment: DATABASE_URL.'),
    })
    .prefault({}),
  cameras: z
    .strictObject({
      networks: z.array(cidr).default([]).describe('The camera networks. Nothing outside them is ever connected to. Empty: no camera can be added.'),
      searchPorts: z.array(z.string()).default(['80', '8000', '8080']).describe('Ports that a unicast search asks for ONVIF by default.'),
    })
    .prefault({}),
  health: z
    .strictObject({
      sweepPeriodMs: z.number().int().min(5_000).default(30_000).describe('Milliseconds from the start of one sweep to the next.'),
      sweepConcurrency: z.number().int().min(1).max(256).default(32).describe('Cameras that one sweep asks at the same time.'),
      sweepDeadlineMs: z.number().int().min(500).default(3_000).describe('Milliseconds that one camera has per sweep.'),
      failuresToChange: z.number().int().min(1).max(10).default(2).describe('Sweeps in a row that must fail before a status gets worse.'),
      patrolPeriodMs: z.number().int().min(30_000).default(600_000).describe('Milliseconds within which every camera’s picture is proven again.'),
      patrolConcurrency: z.number().int().min(1).max(32).default(6).describe('Cameras whose picture is looked at at the same time.'),
      posturePeriodMs: z.number().int().min(60_000).default(7 * 24 * 3_600_000).describe('Milliseconds within which every camera is asked whether it answers without a login.'),
      postureConcurrency: z.number().int().min(1).max(32).default(2).describe('Cameras that are asked so at the same time.'),
      startupPatrolMs: z.number().int().min(10_000).default(60_000).describe('Milliseconds over which the first patrol after start-up is spread.'),
    })
    .prefault({}),
  streams: z
    .strictObject({
      idleStopMs: z.number().int().min(1_000).default(60_000).describe('Milliseconds after the last viewer until a pull is stopped.'),
      copyBy: z.enum(['direct', 'ffmpeg']).default('direct').describe('Who reads cameras whose H.264 goes on as it is: direct, without a process of its own (ffmpeg where that is not enough), or always ffmpeg.'),
      maxStarts: z.number().int().min(1).default(20).describe('Pulls that may be starting at the same time.'),
      maxTranscodes: z.union([z.literal('auto'), z.number().int().min(0).max(256)]).default('auto').describe('Pictures that are transcoded at the same time. auto: one for each core, at least 4 and at most 8; 0 refuses all.'),
      transcodeQueue: z.number().int().min(0).max(256).default(16).describe('Pictures that may wait for that; more are refused.'),
      ringMs: z.number().int().min(10_000).default(40_000).describe('Milliseconds of each running stream kept in memory.'),
      ticketMs: z.number().int().min(10_000).default(600_000).describe('Milliseconds that a stream ticket in a URL is valid.'),
    })
    .prefault({}),
  access: z
    .strictObject({
      idleMs: z.number().int().default(8 * 3_600_000).describe('Milliseconds without a request after which a session ends.'),
      absoluteMs: z.number().int().default(12 * 3_600_000).describe('Milliseconds after sign-in at which a session ends whatever happens.'),
      purposeMs: z.number().int().min(60_000).default(8 * 3_600_000).describe('Milliseconds for which an entry in the register (调用登记) opens the video that it names.'),
      outageSessionMs: z.number().int().min(0).max(60_000).default(10_000).describe('Milliseconds: a session that was read so shortly before the database went away may go on watching live, for audit.spoolMs at most; 0: none may.'),
      passwordProfile: z.enum(['asvs', 'mlps3']).default('asvs').describe('asvs: at least 12 characters, no composition, no forced change; mlps3: at least 10 of three kinds, changed every 90 days, none of the last five.'),
      signInNetworks: z.array(cidr).default([]).describe('Networks from which people may sign in. Empty means all.'),
      administratorNetworks: z.array(cidr).default([]).describe('Networks from which the three administrators may sign in, inside the former. Empty means all of the former.'),
      lockAfterFailures: z.number().int().min(2).default(5).describe('Failed sign-ins for one account and source before a lock.'),
      failuresPerMinute: z.number().int().min(10).default(600).describe('Failed sign-ins per minute over all accounts and sources; above it every sign-in waits.'),
      lockMs: z.number().int().default(15 * 60_000).describe('Milliseconds that such a lock lasts.'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      checkpointRows: z.number().int().min(1).max(10_000).default(1_000).describe('Audit rows after which a signed checkpoint is written.'),
      checkpointMs: z.number().int().min(1_000).default(300_000).describe('Milliseconds after which a checkpoint is written when there are new rows.'),
      syslog: z.union([z.literal(''), z.url({ protocol: /^udp$/ })]).default('').describe('Collector that is told of every checkpoint, e.g. udp://10.0.0.5:514 (RFC 5424); empty: none.'),
      spoolMs: z.number().int().min(0).max(600_000).default(600_000).describe('Milliseconds that live view goes on, on record on local disk, while the database cannot be written.'),
      keepDays: z.number().int().min(183).default(1_096).describe('Days that audit rows are kept at least; older ones can be cut by `npm run audit:cut`. The law asks for six months.'),
    })
    .prefault({}),
  oversight: z
    .strictObject({
      periodMs: z.number().int().min(10_000).default(300_000).describe('Milliseconds between two looks at what is new on record.'),
      lookBackDays: z.number().int().min(0).max(31).default(7).describe('Days of the record that the very first look goes back; later ones read only what is new.'),
      withoutCaseViews: z.number().int().min(1).default(1).describe('Views beyond the own units without a case or incident number, of one person in a day, at which they are listed.'),
      dutyHours: z
        .partialRecord(roleSchema, hours)
        .default({ bureau_supervisor: '06:30-22:30', investigator: '06:30-22:30', maintainer: '06:30-22:30' })
        .describe('Usual hours of each role by 北京时间, HH:mm-HH:mm; roles that are not listed keep watch round the clock. Views for a case or incident are never unusual.'),
      unusualHoursViews: z.number().int().min(1).default(3).describe('Views outside of these hours, of one person in a day, at which they are listed.'),
      oneCameraTimes: z.number().int().min(2).default(12).describe('Times that one person goes back to the same camera in a day, at which it is listed.'),
      oneCameraFactor: z.number().min(0).default(3).describe('Times more often than the average of the person’s other cameras of the day that this must be: a tour goes back to all of them. 0 = whatever the others.'),
      sameWatchMs: z.number().int().min(0).max(3_600_000).default(600_000).describe('Milliseconds within which going back to a camera is the same watching: a tour that comes round.'),
      manyCameras: z
        .partialRecord(roleSchema, z.number().int().min(2))
        .default({ investigator: 40 })
        .describe('Different cameras of the own units, of one person within manyCamerasMs, at which they are listed, by role. Roles that are not listed tour all of their cameras.'),
      manyCamerasBeyond: z.number().int().min(2).default(12).describe('The same for cameras beyond the own units, whatever the role.'),
      manyCamerasMs: z.number().int().min(60_000).max(21_600_000).default(3_600_000).describe('Milliseconds within which different cameras are counted.'),
      manyPictures: z.number().int().min(2).default(40).describe('Single pictures and evidence pictures, of one person within manyPicturesMs, at which they are listed.'),
      manyPicturesMs: z.number().int().min(60_000).max(21_600_000).default(3_600_000).describe('Milliseconds within which pictures are counted.'),
      exportsPerDay: z.number().int().min(1).default(10).describe('Exports of any kind, of one person in a day, at which they are listed.'),
      ownNameSearches: z.number().int().min(1).default(1).describe('Searches for the own name or police number, of one person in a day, at which they are listed.'),
    })
    .prefault({}),
  cases: z
    .strictObject({
      caseNumberPatterns: z
        .array(z.string())
        .default(['^A\\d{12}(19|20)\\d{2}(0[1-9]|1[0-2])\\d{4}$'])
        .describe('Accepted forms of 案件编号, as regular expressions.'),
      incidentNumberPatterns: z.array(z.string()).default(['^[A-Za-z0-9]{12,32}$']).describe('Accepted forms of 警情编号 (接警单编号).'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe level that is written.'),
    })
    .prefault({}),
})

export type Config = z.infer<typeof configSchema>
