// Owns pan, tilt and zoom on the wire: the lease over one camera's head, moves by socket because a hand waits for them,
// what the device can do by route.
// Refuses: moves that outlive the hand; a move is good for `deadManMs` and must be renewed.
import { z } from 'zod'
import { faultCodeSchema } from './faults.ts'
import { cameraIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { tierSchema } from './units.ts'
import { endpoint, instantSchema, lineOfText } from './wire.ts'

/** Milliseconds without renewal after which the server stops the camera by itself. */
export const deadManMs = 500
/** How often a console renews a move while the key or the button is down. */
export const renewEveryMs = 180
/** Milliseconds without a command after which the lease is free again. */
export const leaseIdleMs = 30_000

/** Who turns the camera now; shown to everybody who may turn it. */
export const ptzHolderSchema = z.object({
  userId: userIdSchema,
  displayName: z.string(),
  unitName: z.string(),
  tier: tierSchema,
  since: instantSchema,
})
export type PtzHolder = z.infer<typeof ptzHolderSchema>

export const ptzLeaseSchema = z.object({
  cameraId: cameraIdSchema,
  unitId: unitIdSchema,
  holder: ptzHolderSchema.nullable(),
  /** Since when the device takes no stop, and why: it may be turning without a hand. Null = nothing is known against it. */
  unstopped: z.object({ fault: faultCodeSchema, since: instantSchema }).nullable(),
})
export type PtzLease = z.infer<typeof ptzLeaseSchema>

const presetToken = z.string().min(1).max(64)
export const ptzPresetSchema = z.object({ token: z.string(), name: z.string() })
export type PtzPreset = z.infer<typeof ptzPresetSchema>

export const ptzState = endpoint({
  method: 'get',
  path: '/api/cameras/:cameraId/ptz',
  summary: 'What the camera’s head can do, its presets, and who holds it',
  access: 'camera:ptz',
  params: z.strictObject({ cameraId: cameraIdSchema }),
  result: z.object({
    /** False: a fixed camera; all the rest is empty. */
    canTurn: z.boolean(),
    holder: ptzHolderSchema.nullable(),
    hasHome: z.boolean(),
    /** How a click becomes the centre: the device knows its field of view, or we turn it for a guessed time. */
    centre: z.enum(['field-of-view', 'timed']),
    presets: z.array(ptzPresetSchema),
    /** Why the device could not be asked; null = it was. */
    fault: faultCodeSchema.nullable(),
  }),
})
export type PtzState = z.infer<typeof ptzState.result>

export const ptzLeases = endpoint({
  method: 'get',
  path: '/api/ptz/leases',
  summary: 'Who holds a head now, and which head took no stop, of all cameras in the caller’s scope; no device is asked',
  access: 'camera:ptz',
  result: z.object({ items: z.array(ptzLeaseSchema) }),
})

const speed = z.number().min(-1).max(1)
const ofCamera = { cameraId: cameraIdSchema }
export const ptzTakePayload = z.strictObject({
  ...ofCamera,
  /** 事由; goes into the audit. */
  purpose: lineOfText(200).min(1),
  /** 案件编号 or 警情编号, when there is one. */
  caseNumber: lineOfText(64).default(''),
})
/** Right, up and tele are positive; full speed is 1. Counts until `deadManMs` later, the next move or a stop. */
export const ptzMovePayload = z.strictObject({ ...ofCamera, pan: speed, tilt: speed, zoom: speed })
export const ptzCameraPayload = z.strictObject(ofCamera)
/** A place in the picture, −1 left or bottom edge to 1 right or top edge, that becomes the centre. */
export const ptzCentrePayload = z.strictObject({ ...ofCamera, x: speed, y: speed })
export const ptzPresetPayload = z.strictObject({
  ...ofCamera,
  act: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('go'), token: presetToken }),
    z.strictObject({ kind: z.literal('home') }),
    /** Without a token a new preset is made of where the head stands; with one it is overwritten. */
    z.strictObject({ kind: z.literal('set'), token: presetToken.nullable(), name: lineOfText(32).min(1) }),
    z.strictObject({ kind: z.literal('remove'), token: presetToken }),
  ]),
})

/**
 * `held-by-other` names who holds it; `not-held`: take it first; `failed`: the device did not do it; `not-stopped`: the
 * device took no stop, however often it was told, and may still be turning.
 */
export const ptzAnswerSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done') }),
  z.object({ outcome: z.literal('held-by-other'), holder: ptzHolderSchema }),
  z.object({ outcome: z.literal('not-held') }),
  z.object({ outcome: z.literal('no-ptz') }),
  z.object({ outcome: z.literal('failed'), fault: faultCodeSchema }),
  z.object({ outcome: z.literal('not-stopped'), fault: faultCodeSchema }),
])
export type PtzAnswer = z.infer<typeof ptzAnswerSchema>

const command = <Payload extends z.ZodType>(payload: Payload) => ({ permission: 'camera:ptz' as const, payload, answer: ptzAnswerSchema })
export const ptzClientEvents = {
  'ptz:take': command(ptzTakePayload),
  'ptz:release': command(ptzCameraPayload),
  'ptz:move': command(ptzMovePayload),
  'ptz:stop': command(ptzCameraPayload),
  'ptz:centre': command(ptzCentrePayload),
  'ptz:preset': command(ptzPresetPayload),
}
