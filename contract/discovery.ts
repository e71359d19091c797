// Owns the inbox of found devices: found → identified → assigned → tested → adopted (or ignored).
import { z } from 'zod'
import { faultCodeSchema } from './faults.ts'
import { cameraIdSchema, credentialSetIdSchema, findingIdSchema, unitIdSchema } from './ids.ts'
import { profileSchema } from './cameras.ts'
import { endpoint, exactText, instantSchema, lineOfText, pageOf, pageQuery } from './wire.ts'

export const findingStates = ['found', 'identified', 'assigned', 'tested', 'adopted', 'ignored'] as const
export const findingStateSchema = z.enum(findingStates)
export type FindingState = z.infer<typeof findingStateSchema>

export const findingSchema = z.object({
  id: findingIdSchema,
  state: findingStateSchema,
  address: z.string(),
  onvifPort: z.number().int(),
  foundBy: z.enum(['multicast', 'unicast', 'manual']),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  serial: z.string(),
  mac: z.string(),
  hasPtz: z.boolean(),
  clockOffsetMs: z.number().nullable(),
  profiles: z.array(profileSchema),
  /** Why identification or the test failed; null = did not fail. */
  fault: faultCodeSchema.nullable(),
  credentialSetId: credentialSetIdSchema.nullable(),
  unitId: unitIdSchema.nullable(),
  name: z.string(),
  /** The camera that this device already is (same serial or MAC). */
  knownCameraId: cameraIdSchema.nullable(),
  foundAt: instantSchema,
  lastSeenAt: instantSchema,
})
export type Finding = z.infer<typeof findingSchema>

const findingIds = z.array(findingIdSchema).min(1).max(500)

export const credentialSetSchema = z.object({
  id: credentialSetIdSchema,
  name: z.string(),
  username: z.string(),
  hasPassword: z.boolean(),
})
export type CredentialSet = z.infer<typeof credentialSetSchema>

export const discoveryStateSchema = z.object({
  running: z.boolean(),
  startedAt: instantSchema.nullable(),
  finishedAt: instantSchema.nullable(),
  /** Addresses of the ranges: asked so far, to ask in all. */
  asked: z.number().int(),
  toAsk: z.number().int(),
  found: z.number().int(),
  identified: z.number().int(),
})
export type DiscoveryState = z.infer<typeof discoveryStateSchema>

export const startDiscovery = endpoint({
  method: 'post',
  path: '/api/discovery/runs',
  summary: 'Look for devices: WS-Discovery on every interface and unicast over the given ranges, then identify what was found',
  access: 'camera:adopt',
  body: z.strictObject({
    multicast: z.boolean().default(true),
    /** CIDR blocks or `a.b.c.d-e.f.g.h`, inside the allowed camera networks. */
    ranges: z.array(z.string().max(64)).max(32).default([]),
    /** Ports that unicast scanning asks for ONVIF. `80`, `8000-8010`. */
    ports: z.array(z.string().regex(/^\d{1,5}(-\d{1,5})?$/)).max(16).default(['80']),
    credentialSetIds: z.array(credentialSetIdSchema).max(8).default([]),
  }),
  result: discoveryStateSchema,
})
export const discoveryState = endpoint({
  method: 'get',
  path: '/api/discovery/runs/current',
  summary: 'How far the present or last run has come',
  access: 'camera:adopt',
  result: discoveryStateSchema,
})
export const listFindings = endpoint({
  method: 'get',
  path: '/api/discovery/findings',
  summary: 'The inbox',
  access: 'camera:adopt',
  query: z.strictObject({ ...pageQuery, state: findingStateSchema.optional(), q: lineOfText(100).optional() }),
  result: pageOf(findingSchema),
})
export const assignFindings = endpoint({
  method: 'post',
  path: '/api/discovery/findings/assign',
  summary: 'Assign found devices to a unit with a credential set, then test them',
  access: 'camera:adopt',
  body: z.strictObject({
    findingIds,
    unitId: unitIdSchema,
    credentialSetId: credentialSetIdSchema.nullable(),
    /** `{model}`, `{serial}`, `{address}`, `{n}` are filled in. */
    nameTemplate: lineOfText(50).default('{model}-{n}'),
  }),
  result: z.object({ items: z.array(findingSchema) }),
})
export const adoptFindings = endpoint({
  method: 'post',
  path: '/api/discovery/findings/adopt',
  summary: 'Make cameras of tested findings; each finding is answered for by itself',
  access: 'camera:adopt',
  body: z.strictObject({ findingIds }),
  result: z.object({
    items: z.array(
      z.object({
        findingId: findingIdSchema,
        outcome: z.enum(['adopted', 'already-known', 'not-tested', 'refused']),
        cameraId: cameraIdSchema.nullable(),
      }),
    ),
  }),
})
export const ignoreFindings = endpoint({
  method: 'post',
  path: '/api/discovery/findings/ignore',
  summary: 'Take findings out of the inbox; a later run does not bring them back',
  access: 'camera:adopt',
  body: z.strictObject({ findingIds }),
  result: z.null(),
})
export const listCredentialSets = endpoint({
  method: 'get',
  path: '/api/credential-sets',
  summary: 'Credential sets, without their passwords',
  access: 'camera:adopt',
  result: z.object({ items: z.array(credentialSetSchema) }),
})
export const createCredentialSet = endpoint({
  method: 'post',
  path: '/api/credential-sets',
  summary: 'Store a login that several cameras share',
  access: 'credential:edit',
  body: z.strictObject({
    name: lineOfText(40).min(1),
    username: exactText(64).min(1),
    password: z.string().min(1).max(128),
  }),
  result: credentialSetSchema,
})
