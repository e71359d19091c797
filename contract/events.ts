// Owns socket.io events. The server joins a socket to rooms by the caller's scope; a client cannot ask for a room.
// Refuses: media and secrets; payloads carry ids and what the list shows.
import { z } from 'zod'
import { cameraStatusSchema } from './cameras.ts'
import { discoveryStateSchema } from './discovery.ts'
import { faultCodeSchema } from './faults.ts'
import { grantStateSchema } from './grants.ts'
import { cameraIdSchema, caseIdSchema, grantIdSchema, tagIdSchema, unitIdSchema } from './ids.ts'
import { streamStatusSchema } from './live.ts'
import type { Permission } from './permissions.ts'
import { ptzClientEvents, ptzLeaseSchema } from './ptz.ts'
import { sessionEndReasons } from './session.ts'
import { opacityPercentSchema } from './watermark.ts'
import { instantSchema } from './wire.ts'

/** Server → console. `permission` decides who is joined to the event's rooms. */
export const serverEvents = {
  'camera:status': {
    permission: 'camera:view',
    payload: z.object({
      cameraId: cameraIdSchema,
      unitId: unitIdSchema,
      status: cameraStatusSchema,
      cause: faultCodeSchema.nullable(),
      statusSince: instantSchema,
      pictureProvenAt: instantSchema.nullable(),
    }),
  },
  /** A camera was added, moved, renamed or replaced: load lists again. */
  'camera:changed': { permission: 'camera:view', payload: z.object({ cameraId: cameraIdSchema, unitId: unitIdSchema }) },
  'stream:state': { permission: 'camera:live', payload: streamStatusSchema.extend({ unitId: unitIdSchema }) },
  'discovery:progress': { permission: 'camera:adopt', payload: discoveryStateSchema },
  /** Who holds a camera's head changed; null = it is free. */
  'ptz:lease': { permission: 'camera:ptz', payload: ptzLeaseSchema },
  /** How strong the watermark is drawn from now on. */
  'watermark:changed': { permission: 'camera:live', payload: z.object({ opacityPercent: opacityPercentSchema }) },
  /** Sent to members and supervisors of the case only. */
  'tag:created': { permission: 'case:view', payload: z.object({ tagId: tagIdSchema, caseId: caseIdSchema }) },
  /** Sent to who asked: the grant was decided, given back or is over; what the person may see is another now. */
  'grant:changed': { permission: 'grant:request', payload: z.object({ grantId: grantIdSchema, state: grantStateSchema }) },
  /** The session ended; the console goes back to sign-in. */
  'session:ended': { permission: 'signed-in', payload: z.object({ reason: z.enum(sessionEndReasons) }) },
} as const satisfies Record<string, { permission: Permission | 'signed-in'; payload: z.ZodType }>

export type ServerEventName = keyof typeof serverEvents
export type ServerEventPayload<Name extends ServerEventName> = z.infer<(typeof serverEvents)[Name]['payload']>

/** Console → server. Every event declares a permission, a payload schema and answers by acknowledgement. */
export const clientEvents = {
  /** Round trip to measure the offset between the console's and the server's clock. */
  'clock:ping': { permission: 'signed-in', payload: z.strictObject({}), answer: z.object({ serverAt: instantSchema }) },
  ...ptzClientEvents,
} as const satisfies Record<string, { permission: Permission | 'signed-in'; payload: z.ZodType; answer: z.ZodType }>
export type ClientEventName = keyof typeof clientEvents
export type ClientEventPayload<Name extends ClientEventName> = z.output<(typeof clientEvents)[Name]['payload']>
export type ClientEventAnswer<Name extends ClientEventName> = z.output<(typeof clientEvents)[Name]['answer']>
