// Owns what is told of how a camera's device guards itself: which of its doors answer a stranger, and since when.
// Refuses: passwords; nothing here was found by trying one.
import { z } from 'zod'
import { faultCodeSchema } from './faults.ts'
import { cameraIdSchema } from './ids.ts'
import { endpoint, instantSchema } from './wire.ts'

/** Where a device can be asked: its stream, its ONVIF service. */
export const doorSchema = z.enum(['rtsp', 'onvif'])
export type Door = z.infer<typeof doorSchema>

/** What a door said to somebody without a login: gave what it has (`open`), asked for a password in clear text, refused. */
export const doorAnswerSchema = z.enum(['open', 'clear-text', 'closed'])
export type DoorAnswer = z.infer<typeof doorAnswerSchema>

/** weak: a door is open or asks for clear text · closed: every door refused a stranger · unknown: not all of them are known to. */
export const postures = ['weak', 'closed', 'unknown'] as const
export const postureSchema = z.enum(postures)
export type Posture = z.infer<typeof postureSchema>

/** Why a camera is not asked for now. */
export const postureHoldSchema = z.enum(['offline', 'suspended', 'unknown'])
export type PostureHold = z.infer<typeof postureHoldSchema>

export const doorReportSchema = z.object({
  door: doorSchema,
  /** Null = it has never answered the question. */
  answer: doorAnswerSchema.nullable(),
  /** Since when it is known to answer so. */
  since: instantSchema.nullable(),
  /** When it last answered, and when it was last asked; null = never. */
  answeredAt: instantSchema.nullable(),
  askedAt: instantSchema.nullable(),
  /** Why the last question was not answered; null = it was, or none was asked. */
  fault: faultCodeSchema.nullable(),
})
export type DoorReport = z.infer<typeof doorReportSchema>

export const cameraPostureSchema = z.object({
  posture: postureSchema,
  /** The doors that the camera has. */
  doors: z.array(doorReportSchema),
  /** Null = it is asked when its turn comes. */
  hold: postureHoldSchema.nullable(),
})
export type CameraPosture = z.infer<typeof cameraPostureSchema>

const params = z.strictObject({ cameraId: cameraIdSchema })
export const cameraPosture = endpoint({
  method: 'get',
  path: '/api/cameras/:cameraId/posture',
  summary: 'Whether the camera’s device answers without a login, as it was last asked',
  access: 'posture:view',
  params,
  result: cameraPostureSchema,
})
export const checkPosture = endpoint({
  method: 'post',
  path: '/api/cameras/:cameraId/posture',
  summary: 'Ask the camera now, without a login, whether it answers; one that is suspended is not asked',
  access: 'posture:check',
  params,
  result: cameraPostureSchema,
})
