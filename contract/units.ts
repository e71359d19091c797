// Owns the three tiers: 分局 bureau → 派出所 station → 社区警务室 community.
import { z } from 'zod'
import { unitIdSchema } from './ids.ts'
import { endpoint, lineOfText } from './wire.ts'

export const tierSchema = z.enum(['bureau', 'station', 'community'])
export type Tier = z.infer<typeof tierSchema>

export const cameraCountsSchema = z.object({
  total: z.number().int(),
  online: z.number().int(),
  offline: z.number().int(),
  abnormal: z.number().int(),
  unauthorized: z.number().int(),
  suspended: z.number().int(),
  unknown: z.number().int(),
})
export type CameraCounts = z.infer<typeof cameraCountsSchema>

export const unitSchema = z.object({
  id: unitIdSchema,
  parentId: unitIdSchema.nullable(),
  tier: tierSchema,
  code: z.string(),
  name: z.string(),
  /** Of the unit and everything below it. */
  cameras: cameraCountsSchema,
})
export type UnitView = z.infer<typeof unitSchema>

export const listUnits = endpoint({
  method: 'get',
  path: '/api/units',
  summary: 'Units of the caller’s subtree with camera counts',
  access: 'unit:view',
  result: z.object({ items: z.array(unitSchema) }),
})
export const createUnit = endpoint({
  method: 'post',
  path: '/api/units',
  summary: 'Create a unit',
  access: 'unit:edit',
  body: z.strictObject({
    parentId: unitIdSchema,
    tier: z.enum(['station', 'community']),
    code: z.string().regex(/^[0-9A-Za-z]{1,20}$/),
    name: lineOfText(60).min(1),
  }),
  result: unitSchema,
})
