// Owns the wire form of identifiers: 26 characters, Crockford base 32, lower case.
import { z } from 'zod'

const id = <Brand extends string>() => z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/).brand<Brand>()

export const unitIdSchema = id<'UnitId'>()
export type UnitId = z.infer<typeof unitIdSchema>
export const cameraIdSchema = id<'CameraId'>()
export type CameraId = z.infer<typeof cameraIdSchema>
export const userIdSchema = id<'UserId'>()
export type UserId = z.infer<typeof userIdSchema>
export const sessionIdSchema = id<'SessionId'>()
export type SessionId = z.infer<typeof sessionIdSchema>
export const caseIdSchema = id<'CaseId'>()
export type CaseId = z.infer<typeof caseIdSchema>
export const tagIdSchema = id<'TagId'>()
export type TagId = z.infer<typeof tagIdSchema>
export const exhibitIdSchema = id<'ExhibitId'>()
export type ExhibitId = z.infer<typeof exhibitIdSchema>
export const findingIdSchema = id<'FindingId'>()
export type FindingId = z.infer<typeof findingIdSchema>
export const credentialSetIdSchema = id<'CredentialSetId'>()
export type CredentialSetId = z.infer<typeof credentialSetIdSchema>
export const periodIdSchema = id<'PeriodId'>()
export type PeriodId = z.infer<typeof periodIdSchema>
export const layoutIdSchema = id<'LayoutId'>()
export type LayoutId = z.infer<typeof layoutIdSchema>
export const registerIdSchema = id<'RegisterId'>()
export type RegisterId = z.infer<typeof registerIdSchema>
export const grantIdSchema = id<'GrantId'>()
export type GrantId = z.infer<typeof grantIdSchema>
export const auditIdSchema = id<'AuditId'>()
export type AuditId = z.infer<typeof auditIdSchema>
export const irregularityIdSchema = id<'IrregularityId'>()
export type IrregularityId = z.infer<typeof irregularityIdSchema>
