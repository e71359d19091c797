// Owns opening a live stream. Playlists and segments are under /media and need the session or the ticket each time.
import { z } from 'zod'
import { cameraIdSchema } from './ids.ts'
import { faultCodeSchema } from './faults.ts'
import { endpoint, instantSchema } from './wire.ts'

export const streamKindSchema = z.enum(['main', 'sub'])
export type StreamKind = z.infer<typeof streamKindSchema>

/** As the camera sends it, or made by the server into H.264 of a size that every browser plays. */
export const streamFormSchema = z.enum(['original', 'h264'])
export type StreamForm = z.infer<typeof streamFormSchema>

const pixelsSchema = z.number().int().min(0).max(2 ** 28)
/** The largest picture (width × height) of each codec that the viewer's player decodes smoothly; 0 = none. */
export const decodesSchema = z.strictObject({ h264: pixelsSchema, h265: pixelsSchema })
export type Decodes = z.infer<typeof decodesSchema>
/** What every browser does; taken for viewers that do not say. */
export const anyBrowserDecodes: Decodes = { h264: 2 ** 28, h265: 0 }

/** A wish for a transcode that waits until a place is free. */
export const transcodeQueueSchema = z.object({
  /** 1 = the next one. */
  position: z.number().int(),
  waiting: z.number().int(),
  /** Transcodes that run, of so many that may. */
  taken: z.number().int(),
  limit: z.number().int(),
})
export type TranscodeQueue = z.infer<typeof transcodeQueueSchema>

/** Life of one camera stream's pull, or of a transcode of it; that one alone is `queued`. */
export const streamStateSchema = z.enum(['idle', 'queued', 'starting', 'running', 'stalled', 'backing-off', 'stopped'])
export type StreamState = z.infer<typeof streamStateSchema>

export const openLive = endpoint({
  method: 'post',
  path: '/api/live',
  summary: 'Open a live stream; answers at once, the playlist waits for the first picture',
  access: 'camera:live',
  body: z.strictObject({ cameraId: cameraIdSchema, stream: streamKindSchema, decodes: decodesSchema.default(anyBrowserDecodes) }),
  result: z.object({
    /** Absolute path, with the ticket in it, of the playlist with parts (LL-HLS). */
    playlistUrl: z.string(),
    /** … and of the one with whole segments only, for any player and for lines that cannot have many requests waiting. */
    segmentsUrl: z.string(),
    expiresAt: instantSchema,
    cameraId: cameraIdSchema,
    stream: streamKindSchema,
    state: streamStateSchema,
    /** True when the server turns the picture into H.264 for the browser. */
    transcoded: z.boolean(),
    form: streamFormSchema,
    /** Null unless `state` is `queued`; the event `stream:state` tells how it goes on. */
    queue: transcodeQueueSchema.nullable(),
    /** Server time when answering, to measure the offset of the console's clock. */
    serverAt: instantSchema,
  }),
})

/** How far back a replay on the wall may reach, seconds; the ring of a running stream holds a little more. */
export const replaySeconds = { least: 1, most: 35 } as const
export const openReplay = endpoint({
  method: 'post',
  path: '/api/live/replay',
  summary: 'Play the last seconds of a running stream again, out of memory; on record as a replay. The camera’s other stream answers when only that one reaches back so far',
  access: 'camera:live',
  body: z.strictObject({ cameraId: cameraIdSchema, stream: streamKindSchema, decodes: decodesSchema.default(anyBrowserDecodes), secondsBack: z.int().min(replaySeconds.least).max(replaySeconds.most) }),
  result: z.object({
    /** Absolute path with the ticket in it: whole segments with dates, which goes on with every new one. */
    playlistUrl: z.string(),
    expiresAt: instantSchema,
    cameraId: cameraIdSchema,
    stream: streamKindSchema,
    /** The moment to begin with: what was asked for, or the oldest in memory. */
    from: instantSchema,
    serverAt: instantSchema,
  }),
})

/** Decimal without sign; `Number` would take much else. */
const sequenceSchema = z.string().regex(/^\d{1,10}$/).transform(Number).optional()

export const streamStatusSchema = z.object({
  cameraId: cameraIdSchema,
  stream: streamKindSchema,
  form: streamFormSchema,
  state: streamStateSchema,
  fault: faultCodeSchema.nullable(),
  queue: transcodeQueueSchema.nullable(),
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
  /** `at`: the moment that a replay shows; asks for the right to watch as well. */
  query: z.strictObject({ stream: streamKindSchema.default('sub'), at: instantSchema.optional() }),
  result: z.instanceof(Uint8Array),
  produces: 'image/jpeg',
})

/** Where the files of a stream in one of its forms are. */
export const mediaFolderSchema = z.enum(['main', 'sub', 'main-h264', 'sub-h264'])
export type MediaFolder = z.infer<typeof mediaFolderSchema>
export const mediaFolderOf = (stream: StreamKind, form: StreamForm): MediaFolder => (form === 'original' ? stream : `${stream}-h264`)
export const streamOfFolder = (folder: MediaFolder): { stream: StreamKind; form: StreamForm } => ({
  stream: folder === 'main' || folder === 'main-h264' ? 'main' : 'sub',
  form: folder === 'main' || folder === 'sub' ? 'original' : 'h264',
})

/**
 * Playlists, init and media segments. Every one of them asks for the session or the ticket, and the right to the camera.
 * `{edition}-live.m3u8` is the playlist with parts (LL-HLS), `index.m3u8` one of segments only, `{from}-past.m3u8` a replay, `master.m3u8` names codecs.
 */
export const mediaFile = endpoint({
  method: 'get',
  path: '/media/:cameraId/:stream/:file',
  summary: 'A live playlist, init segment, media segment or part',
  access: { ticket: 'camera:live' },
  params: z.strictObject({
    cameraId: cameraIdSchema,
    stream: mediaFolderSchema,
    file: z.string().regex(/^(index\.m3u8|master\.m3u8|\d{1,16}-(live|past)\.m3u8|\d{1,16}-init\.mp4|\d{1,16}-\d{1,10}(\.\d{1,4})?\.m4s)$/),
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
