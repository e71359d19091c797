// Owns opening a live stream. Playlists and segments are under /media and need the session or the ticket each time.
import { z } from 'zod'
import { cameraIdSchema } from './ids.ts'
import { faultCodeSchema } from './faults.ts'
import { endpoint, instantSchema } from './wire.ts'

export const streamKindSchema = z.enum(['main', 'sub'])
export type StreamKind = z.infer<typeof streamKindSchema>

/** Life of one camera stream's pull. */
export const streamStateSchema = z.enum(['idle', 'starting', 'running', 'stalled', 'backing-off', 'stopped'])
export type StreamState = z.infer<typeof streamStateSchema>

export const openLive = endpoint({
  method: 'post',
  path: '/api/live',
  summary: 'Open a live stream; answers at once, the playlist waits for the first picture',
  access: 'camera:live',
  body: z.strictObject({ cameraId: cameraIdSchema, stream: streamKindSchema }),
  result: z.object({
    /** Absolute path with the ticket in it. */
    playlistUrl: z.string(),
    expiresAt: instantSchema,
    cameraId: cameraIdSchema,
    stream: streamKindSchema,
    state: streamStateSchema,
    /** True when the server turns the picture into H.264 for the browser. */
    transcoded: z.boolean(),
    /** Server time when answering, to measure the offset of the console's clock. */
    serverAt: instantSchema,
  }),
})

/** Decimal without sign; `Number` would take much else. */
const sequenceSchema = z.string().regex(/^\d{1,10}$/).transform(Number).optional()

export const streamStatusSchema = z.object({
  cameraId: cameraIdSchema,
  stream: streamKindSchema,
  state: streamStateSchema,
  fault: faultCodeSchema.nullable(),
  since: instantSchema,
})
export type StreamStatus = z.infer<typeof streamStatusSchema>

/** Header of a snapshot's answer: the UTC instant, by the server's clock, of the moment that the picture shows. */
export const pictureAtHeader = 'X-Picture-At'
export const cameraSnapshot = endpoint({
  method: 'get',
  path: '/api/cameras/:cameraId/snapshot',
  summary: `The newest picture of the running or last proven stream as JPEG; ${pictureAtHeader} tells its moment`,
  access: 'camera:snapshot',
  params: z.strictObject({ cameraId: cameraIdSchema }),
  query: z.strictObject({ stream: streamKindSchema.default('sub') }),
  result: z.instanceof(Uint8Array),
  produces: 'image/jpeg',
})

/**
 * Playlists, init and media segments. Every one of them asks for the session or the ticket, and the right to the camera.
 * `{edition}-live.m3u8` is the playlist with parts (LL-HLS), `index.m3u8` one of segments only, `master.m3u8` names codecs.
 */
export const mediaFile = endpoint({
  method: 'get',
  path: '/media/:cameraId/:stream/:file',
  summary: 'A live playlist, init segment, media segment or part',
  access: { ticket: 'camera:live' },
  params: z.strictObject({
    cameraId: cameraIdSchema,
    stream: streamKindSchema,
    file: z.string().regex(/^(index\.m3u8|master\.m3u8|\d{1,16}-live\.m3u8|\d{1,16}-init\.mp4|\d{1,16}-\d{1,10}(\.\d{1,4})?\.m4s)$/),
  }),
  query: z.strictObject({
    ticket: z.string().max(512).optional(),
    /** Delivery directives (rfc8216bis §6.2.5): answer when this segment, or this part of it, is in the playlist. */
    _HLS_msn: sequenceSchema,
    _HLS_part: sequenceSchema,
    /** Delta updates are not offered; a player that asks all the same gets the whole playlist. */
    _HLS_skip: z.enum(['YES', 'v2']).optional(),
  }),
  result: z.instanceof(Uint8Array),
  produces: 'application/vnd.apple.mpegurl',
})
