// Owns cases 案件, incident tags 视频标注 and exhibits 证据 on the wire.
import { z } from 'zod'
import { cameraIdSchema, caseIdSchema, exhibitIdSchema, tagIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { endpoint, exactText, instantSchema, lineOfText, linesOfText, pageOf, pageQuery } from './wire.ts'

/** 案件类别, GA 240 style codes. */
export const caseCategories = {
  '050000': '侵犯财产', '050100': '抢劫', '050200': '盗窃', '050201': '入室盗窃', '050240': '扒窃', '050300': '诈骗', '050400': '抢夺',
  '050500': '侵占', '050800': '敲诈勒索', '050900': '故意毁坏财物', '051100': '聚众哄抢', '040103': '故意伤害', '060136': '聚众斗殴',
  '060137': '寻衅滋事', '060197': '赌博', '060700': '毒品', '990000': '其他',
} as const
export const caseStatuses = ['received', 'filed', 'investigating', 'solved', 'prosecuted', 'withdrawn', 'not_filed', 'closed'] as const
export const caseStatusSchema = z.enum(caseStatuses)
export const tagCategories = ['scouting', 'entering', 'committing', 'fleeing', 'disposing', 'companion', 'vehicle', 'witness', 'other'] as const
export const tagCategorySchema = z.enum(tagCategories)

const caseNumber = z.string().regex(/^[A-Z0-9]{8,40}$/)
const incidentNumber = z.string().regex(/^[A-Za-z0-9]{12,32}$/)

export const caseMemberSchema = z.object({
  userId: userIdSchema,
  displayName: z.string(),
  policeNumber: z.string(),
  unitName: z.string(),
  duty: z.enum(['lead', 'member']),
})
export const caseSchema = z.object({
  id: caseIdSchema,
  /** 案件编号; null while there is only a 警情编号. */
  caseNumber: z.string().nullable(),
  /** 警情编号 (接警单编号). */
  incidentNumber: z.string().nullable(),
  title: z.string(),
  category: z.string(),
  status: caseStatusSchema,
  summary: z.string(),
  unitId: unitIdSchema,
  unitName: z.string(),
  occurredFrom: instantSchema.nullable(),
  occurredTo: instantSchema.nullable(),
  place: z.string(),
  createdAt: instantSchema,
  createdByName: z.string(),
  tagCount: z.number().int(),
  version: z.number().int(),
})
export type CaseView = z.infer<typeof caseSchema>
export const caseDetailSchema = caseSchema.extend({ members: z.array(caseMemberSchema) })
export type CaseDetail = z.infer<typeof caseDetailSchema>

export const exhibitSchema = z.object({
  id: exhibitIdSchema,
  cameraId: cameraIdSchema,
  cameraName: z.string(),
  /** The moment that the picture shows, by server time. */
  pictureAt: instantSchema,
  capturedAt: instantSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  clockOffsetMs: z.number().nullable(),
})
export type Exhibit = z.infer<typeof exhibitSchema>
export const tagSchema = z.object({
  id: tagIdSchema,
  caseId: caseIdSchema,
  caseTitle: z.string(),
  caseNumber: z.string().nullable(),
  incidentNumber: z.string().nullable(),
  category: tagCategorySchema,
  note: z.string(),
  from: instantSchema,
  /** Equal to `from` for a moment. */
  to: instantSchema,
  cameras: z.array(z.object({ id: cameraIdSchema, name: z.string() })),
  exhibits: z.array(exhibitSchema),
  /** Cameras of which no picture of that moment could be kept, with the reason. */
  exhibitsMissing: z.array(z.object({ cameraId: cameraIdSchema, reason: z.string() })),
  createdAt: instantSchema,
  createdBy: z.object({ id: userIdSchema, displayName: z.string(), policeNumber: z.string() }),
})
export type TagView = z.infer<typeof tagSchema>

const caseFields = {
  caseNumber: caseNumber.nullable(),
  incidentNumber: incidentNumber.nullable(),
  title: lineOfText(80).min(1),
  category: z.string().refine((code) => Object.hasOwn(caseCategories, code), 'is not one of the listed categories'),
  status: caseStatusSchema,
  summary: linesOfText(4000),
  place: lineOfText(100),
  occurredFrom: instantSchema.nullable(),
  occurredTo: instantSchema.nullable(),
}
const caseParams = z.strictObject({ caseId: caseIdSchema })

export const listCases = endpoint({
  method: 'get',
  path: '/api/cases',
  summary: 'Cases of which the caller is a member or supervises one',
  access: 'case:view',
  query: z.strictObject({
    ...pageQuery,
    q: lineOfText(100).optional(),
    status: caseStatusSchema.optional(),
    category: exactText(10).optional(),
    unitId: unitIdSchema.optional(),
  }),
  result: pageOf(caseSchema),
})
export const getCase = endpoint({
  method: 'get',
  path: '/api/cases/:caseId',
  summary: 'One case with its members',
  access: 'case:view',
  params: caseParams,
  result: caseDetailSchema,
})
export const createCase = endpoint({
  method: 'post',
  path: '/api/cases',
  summary: 'Open a case under a 案件编号, or a 警情编号 before there is one',
  access: 'case:create',
  body: z.strictObject({
    ...caseFields,
    caseNumber: caseFields.caseNumber.default(null),
    incidentNumber: caseFields.incidentNumber.default(null),
    status: caseStatusSchema.default('received'),
    summary: caseFields.summary.default(''),
    place: caseFields.place.default(''),
    occurredFrom: caseFields.occurredFrom.default(null),
    occurredTo: caseFields.occurredTo.default(null),
  }),
  result: caseDetailSchema,
})
export const updateCase = endpoint({
  method: 'patch',
  path: '/api/cases/:caseId',
  summary: 'Change a case; `version` must be the one that was read',
  access: 'case:edit',
  params: caseParams,
  body: z.strictObject({ ...z.strictObject(caseFields).partial().shape, version: z.number().int() }),
  result: caseDetailSchema,
})
export const setCaseMembers = endpoint({
  method: 'put',
  path: '/api/cases/:caseId/members',
  summary: 'Set the members; at least one lead',
  access: 'case:edit',
  params: caseParams,
  body: z.strictObject({
    version: z.number().int(),
    members: z.array(z.strictObject({ userId: userIdSchema, duty: z.enum(['lead', 'member']) })).min(1).max(50),
  }),
  result: caseDetailSchema,
})
export const createTag = endpoint({
  method: 'post',
  path: '/api/tags',
  summary: 'Tag footage: cameras, from–to or a moment, under a case; keeps the picture at `pictureAt` of each camera',
  access: 'tag:create',
  body: z.strictObject({
    caseId: caseIdSchema,
    cameraIds: z.array(cameraIdSchema).min(1).max(36),
    from: instantSchema,
    to: instantSchema,
    /** Which moment to keep as exhibit; default `to`. */
    pictureAt: instantSchema.optional(),
    category: tagCategorySchema,
    note: linesOfText(2000).default(''),
  }),
  result: tagSchema,
})
export const listTags = endpoint({
  method: 'get',
  path: '/api/tags',
  summary: 'Tags of the cases that the caller may see, of cameras in the caller’s scope or of the caller’s cases',
  access: 'case:view',
  query: z.strictObject({
    ...pageQuery,
    caseId: caseIdSchema.optional(),
    unitId: unitIdSchema.optional(),
    cameraId: cameraIdSchema.optional(),
    category: tagCategorySchema.optional(),
    from: instantSchema.optional(),
    to: instantSchema.optional(),
    q: lineOfText(100).optional(),
  }),
  result: pageOf(tagSchema),
})
export const getTag = endpoint({
  method: 'get',
  path: '/api/tags/:tagId',
  summary: 'One tag',
  access: 'case:view',
  params: z.strictObject({ tagId: tagIdSchema }),
  result: tagSchema,
})
export const exhibitPicture = endpoint({
  method: 'get',
  path: '/api/exhibits/:exhibitId/picture',
  summary: 'The kept picture; its SHA-256 is checked before it is given',
  access: 'case:view',
  params: z.strictObject({ exhibitId: exhibitIdSchema }),
  result: z.instanceof(Uint8Array),
  produces: 'image/jpeg',
})
