// Owns the wire language of the media socket: one WebSocket per console that carries live pictures as CMAF, beside
// socket.io and never on it, so that a burst of video cannot hold up PTZ or an alarm.
// Refuses: rights (asked at `subscribe` and again whenever they may have ended) and anything that is not live media.
//
// Address: `mediaPushPath`, same host, cookie session and Origin as every other request; no ticket. The upgrade is
// answered 401 without a session, 403 from a foreign page, 429 with too many sockets. No permessage-deflate.
//
// Console → server: JSON text, `pushRequestSchema`. Server → console: JSON text, `pushNoticeSchema`, and binary
// messages of a 24-byte header (big-endian, `readPushHeader`) and a payload that can be handed to a SourceBuffer as it is:
//
//   byte  0     kind: 1 init segment (ftyp+moov) · 2 part (moof+mdat, one or more frames) · 3 frame (moof+mdat, one frame)
//   byte  1     flags: 1 begins with a key frame · 2 first media of an epoch, or first after media was left out
//               · 4 last of its segment (part only)
//   bytes 2–3   subscription id, as the console chose it
//   bytes 4–7   sequence, rising by one from message to message of a subscription (init, part and frame alike)
//   bytes 8–15  float64: part and frame: server time (UTC ms) when its first frame came in = PROGRAM-DATE-TIME;
//               init: the epoch's number
//   bytes 16–19 media sequence number of the segment; 0 for init
//   bytes 20–21 part: its index in the segment; frame: index of the part that the frame will be in; init: 0
//   bytes 22–23 duration in units of 100 µs; of a frame it is the usual distance to the next one; init: 0
//
// Order on a subscription: `track` (text), then its init (binary), then media from a key frame on. A new `track` and init
// come whenever the epoch changes (reconnect, new parameter sets); media that follows belongs to them. Times inside the
// media (tfdt) go on over epochs without overlap. What was cut before the subscription began comes first, from the newest
// key frame on, so that a picture shows at once. In mode `parts` a message is a part of the HTTP origin, byte for byte:
// `{epoch}-{msn}.{index}.m4s`. In mode `frames` each frame comes as it arrives; the first messages may be parts.
//
// Flow: a console answers media by `ack` (the highest sequence that it has taken in, any number at once). No more than
// `windowMs` of unanswered media is on its way to a subscription, but always at least one message. Whoever falls behind
// loses media up to the next key frame, background tiles first, the selected one last; the next message then has flag 2.
import { z } from 'zod'
import { errorCodes, type ErrorCode } from './errors.ts'
import { cameraIdSchema } from './ids.ts'
import { anyBrowserDecodes, decodesSchema, streamFormSchema, streamKindSchema, streamStateSchema, transcodeQueueSchema } from './live.ts'
import { sessionEndReasons } from './session.ts'
import { instantSchema } from './wire.ts'

export const mediaPushPath = '/media/push'
export const pushProtocol = 1
/** Subscriptions of one socket: a wall of 36 twice, for the change to the next page of a tour. */
export const pushSubscriptionsMax = 72
export const pushRequestBytesMax = 4_096

/** Chosen by the console; may be used again after `ended` or `refused` came for it. */
const subscriptionIdSchema = z.number().int().min(1).max(0xffff)
export const pushModeSchema = z.enum(['parts', 'frames'])
export type PushMode = z.infer<typeof pushModeSchema>
/** Who loses media first when the line is too slow: background, then visible, then selected. */
export const pushPrioritySchema = z.enum(['selected', 'visible', 'background'])
export type PushPriority = z.infer<typeof pushPrioritySchema>

export const pushRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribe'),
    id: subscriptionIdSchema,
    cameraId: cameraIdSchema,
    stream: streamKindSchema,
    mode: pushModeSchema,
    priority: pushPrioritySchema.default('visible'),
    windowMs: z.number().int().min(250).max(10_000).default(2_000),
    decodes: decodesSchema.default(anyBrowserDecodes),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), id: subscriptionIdSchema }),
  z.strictObject({ type: z.literal('priority'), id: subscriptionIdSchema, priority: pushPrioritySchema }),
  z.strictObject({ type: z.literal('ack'), id: subscriptionIdSchema, sequence: z.number().int().min(0).max(0xffff_ffff) }),
])
export type PushRequest = z.infer<typeof pushRequestSchema>

/**
 * Why a subscription ended without the console's wish. `signed-out`, `expired`, `changed`, `disabled`, …: the session's end, as
 * in the event `session:ended`; the socket closes after it. `right-ended`: the role, the unit or the grant no longer has it.
 * `unavailable`: the right cannot be judged, the database is away for too long; the socket closes after it, try again later.
 * `not-found`: the camera was moved out of the scope or removed. `stream-stopped`: the pull was ended because the camera's
 * address or login changed; subscribe again. `other-form`: the camera sends another codec or size than was thought, and this
 * viewer gets it in another form; subscribe again. `too-slow`: nothing was acknowledged for a minute.
 */
export const pushEndReasonSchema = z.enum([...sessionEndReasons, 'right-ended', 'unavailable', 'not-found', 'stream-stopped', 'other-form', 'too-slow', 'closing'])
export type PushEndReason = z.infer<typeof pushEndReasonSchema>

const errorCodeSchema = z.custom<ErrorCode>((value) => typeof value === 'string' && Object.hasOwn(errorCodes, value))

export const pushNoticeSchema = z.discriminatedUnion('type', [
  /** First message on every socket. */
  z.object({ type: z.literal('hello'), protocol: z.number().int(), serverAt: instantSchema }),
  /** The right was given and is on record; media follows when the camera gives any (event `stream:state` says how it is). */
  z.object({ type: z.literal('subscribed'), id: subscriptionIdSchema, form: streamFormSchema, state: streamStateSchema, queue: transcodeQueueSchema.nullable() }),
  z.object({ type: z.literal('refused'), id: subscriptionIdSchema, code: errorCodeSchema, retryAfterSeconds: z.number().optional() }),
  z.object({
    type: z.literal('track'),
    id: subscriptionIdSchema,
    /** All epochs of one edition share target durations: one media playlist can be written for it. */
    edition: z.number().int(),
    epoch: z.number().int(),
    /** RFC 6381, e.g. `avc1.64001f`. */
    codecs: z.string(),
    width: z.number().int(),
    height: z.number().int(),
    frameRate: z.number(),
    partTargetSeconds: z.number(),
    targetDurationSeconds: z.number(),
    /** Frames that may be shown in another order than they come; 0 = none. */
    reorders: z.number().int(),
    transcoded: z.boolean(),
  }),
  z.object({ type: z.literal('ended'), id: subscriptionIdSchema, reason: pushEndReasonSchema }),
])
export type PushNotice = z.infer<typeof pushNoticeSchema>
export type PushTrack = Extract<PushNotice, { type: 'track' }>

/** Why the server closed the socket (WebSocket close codes). 4400: a request was malformed; 4401: the session ended; 4429: too many requests. */
export const pushCloseCodes = { malformed: 4400, signedOut: 4401, tooManyRequests: 4429, goingAway: 1001 } as const

export const pushHeaderBytes = 24
export const pushFlags = { key: 1, discontinuity: 2, segmentEnd: 4 } as const
export type PushKind = 'init' | 'part' | 'frame'
const kinds: readonly PushKind[] = ['init', 'part', 'frame']

export interface PushHeader {
  kind: PushKind
  key: boolean
  discontinuity: boolean
  segmentEnd: boolean
  id: number
  sequence: number
  /** Part and frame: UTC ms by the server's clock. Init: the epoch. */
  programDateMs: number
  msn: number
  partIndex: number
  durationMs: number
}

export function writePushHeader(header: PushHeader): Uint8Array {
  const bytes = new Uint8Array(pushHeaderBytes)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, kinds.indexOf(header.kind) + 1)
  view.setUint8(1, (header.key ? pushFlags.key : 0) | (header.discontinuity ? pushFlags.discontinuity : 0) | (header.segmentEnd ? pushFlags.segmentEnd : 0))
  view.setUint16(2, header.id)
  view.setUint32(4, header.sequence)
  view.setFloat64(8, header.programDateMs)
  view.setUint32(16, header.msn)
  view.setUint16(20, header.partIndex)
  view.setUint16(22, Math.min(0xffff, Math.round(header.durationMs * 10)))
  return bytes
}

/** The payload is what follows byte 24. @returns null if it is no message of this protocol */
export function readPushHeader(message: ArrayBuffer): PushHeader | null {
  if (message.byteLength < pushHeaderBytes) return null
  const view = new DataView(message)
  const kind = kinds[view.getUint8(0) - 1]
  if (kind === undefined) return null
  const flags = view.getUint8(1)
  return {
    kind,
    key: (flags & pushFlags.key) !== 0,
    discontinuity: (flags & pushFlags.discontinuity) !== 0,
    segmentEnd: (flags & pushFlags.segmentEnd) !== 0,
    id: view.getUint16(2),
    sequence: view.getUint32(4),
    programDateMs: view.getFloat64(8),
    msn: view.getUint32(16),
    partIndex: view.getUint16(20),
    durationMs: view.getUint16(22) / 10,
  }
}
