// Owns the words spoken through the media plane's door: plain data in, plain data out, everything asynchronous,
// so that a plane on another machine can stand behind the same interface.
// Refuses: users, SQL, HTTP. Who may see what is decided before this door is reached.
import type { Secret } from '#base/secret.ts'
import type { Fault } from '#contract/faults.ts'
import type { Decodes, StreamForm, StreamKind, StreamState, TranscodeQueue } from '#contract/live.ts'
import type { PushMode, PushPriority } from '#contract/media-push.ts'
import type { PushSink } from './push/push-viewer.ts'

/** A camera stream as structured fields; the RTSP URL is rebuilt from them, never taken as a string. */
export interface StreamSource {
  cameraId: string
  stream: StreamKind
  tls: boolean
  /** IP literal inside the allowed camera networks. */
  host: string
  port: number
  /** Path with query, starting with `/`. */
  path: string
  credential: { username: string; password: Secret } | null
  /** What ONVIF said; null = not known, the SDP decides. */
  codec: 'h264' | 'h265' | 'mjpeg' | 'other' | null
  /** Width × height as ONVIF said; left out or null = not known, the stream decides. */
  pixels?: number | null
}

export interface StreamKey {
  cameraId: string
  stream: StreamKind
}

/** One of the forms that a stream is given out in. */
export interface FormKey extends StreamKey {
  /** Left out = as the camera sends it. */
  form?: StreamForm
}

export interface StreamReport extends StreamKey {
  form: StreamForm
  state: StreamState
  fault: Fault | null
  /** UTC ms since when the state holds. */
  sinceMs: number
  transcoded: boolean
  /** Null unless it waits for a place to be transcoded. */
  queue: TranscodeQueue | null
  /** Number in the name of the playlist that is current, `{edition}-live.m3u8`. */
  edition: number
  viewersSeenMs: number
  bytesReceived: number
  /** Media held in memory for players and for pictures of the past. */
  ringBytes: number
  /** UTC ms of the newest frame; null before the first. */
  newestFrameMs: number | null
}

/** What memory has of a stream in one form, also for a while after its pull has failed. */
export interface HeldMedia {
  stream: StreamKind
  form: StreamForm
  /** UTC ms of the oldest picture that a player can begin with, and of the newest. */
  fromMs: number
  toMs: number
}

export interface MediaFile {
  bytes: Uint8Array
  contentType: string
  /** A segment never changes under its name; a playlist does. */
  immutable: boolean
}

export interface FileOptions {
  /** How long a playlist may wait for the first segment. */
  waitMs: number
  /** Appended to every URI in a playlist. */
  uriSuffix: string
  signal?: AbortSignal
  /** `_HLS_msn` and `_HLS_part`: answer when this media is in the playlist. */
  msn?: number | null
  part?: number | null
}

export interface Picture {
  jpeg: Uint8Array
  width: number
  height: number
  /** UTC ms (server time) of the moment that the picture shows. */
  pictureMs: number
}

export type { PushSink }

/** What a look at a camera's picture proved. */
export type PictureProof =
  | {
      kind: 'picture'
      /** UTC ms when the newest of the compared pictures was decoded. */
      provenMs: number
      changing: boolean
      black: boolean
      width: number
      height: number
      codec: 'h264' | 'h265' | 'mjpeg' | 'other'
      /** Whether a running stream was used instead of a pull of its own. */
      shared: boolean
    }
  | { kind: 'fault'; fault: Fault }

/** What RTSP DESCRIBE proved, without media. */
export type RtspProof =
  | { kind: 'answered'; codec: 'h264' | 'h265' | 'mjpeg' | 'other'; hasAudio: boolean; tookMs: number }
  | { kind: 'fault'; fault: Fault; tookMs: number }

/** How the machine's transcoding stands. */
export interface TranscodingReport {
  /** ffmpeg's name of the encoder, e.g. `libx264`, `h264_vaapi`. */
  encoder: string
  taken: number
  limit: number
  waiting: number
  mostWaiting: number
  /** Since the start. */
  refused: number
}

export interface PushWish extends StreamKey {
  form: StreamForm
  /** As it was given to `open`; when the stream turns out to be something else, the subscription ends with `other-form`. */
  decodes: Decodes
  /** Chosen by the viewer; in use until it is unsubscribed or has ended. */
  id: number
  mode: PushMode
  priority: PushPriority
  /** Media that may be on its way unanswered. */
  windowMs: number
}

/** One viewer's pushed streams. What it sends is described in contract/media-push.ts. */
export interface MediaPush {
  /** Media of an opened stream from its newest key frame on. @throws AppError not_found, too_many_tries (id in use, too many) */
  subscribe(wish: PushWish): void
  unsubscribe(id: number): void
  setPriority(id: number, priority: PushPriority): void
  /** The viewer has taken in all up to this sequence. */
  answer(id: number, sequence: number): void
  close(): void
}

export interface MediaPlaneEvents {
  state: StreamReport
}

export interface MediaPlane {
  /** Where ffmpeg is and what it is; null = none was found, live and patrol then fault with transcoder_missing. */
  capability(): { ffmpegPath: string; version: string; origin: 'env' | 'path' | 'npm' } | null
  /**
   * Starts the one pull of this camera stream, or joins it; for a viewer who does not play what the camera sends, a transcode
   * of it too, which may have to wait in a queue. Answers as soon as that is settled, before a picture.
   * @param decodes what the viewer's player can do; left out = what every browser can
   * @returns the report of the form that this viewer gets
   * @throws AppError transcode_limit (the queue is full), transcoder_missing, camera_address_refused
   */
  open(source: StreamSource, decodes?: Decodes): Promise<StreamReport>
  /**
   * A file of a running stream; counts as being watched. `{edition}-live.m3u8` is the playlist with parts and takes delivery
   * directives, `index.m3u8` one of segments only, `{from}-past.m3u8` one of all that memory has since that moment (UTC ms), `master.m3u8` names the codecs; `{epoch}-init.mp4`, `{epoch}-{msn}.m4s` and
   * `{epoch}-{msn}.{part}.m4s` are media. An edition's playlist ends when the stream needs another target for its parts.
   * @throws AppError invalid_request (directives too far ahead), stream_starting (503), camera_offline (503), not_found
   */
  file(key: FormKey, name: string, options: FileOptions): Promise<MediaFile>
  /**
   * JPEG of the frame shown at `atMs` (or the newest), decoded from memory at full stream size; a stream that does not
   * run is pulled for the newest only. @throws AppError no_picture, transcoder_missing
   */
  picture(source: StreamSource, atMs: number | 'newest'): Promise<Picture>
  /** What of a camera's last seconds is in memory that a viewer plays, of each of its streams the form that it would be given. */
  held(cameraId: string, decodes: Decodes): Promise<HeldMedia[]>
  /** Decodes key frames: of the running stream if there is one, otherwise by a short pull of its own. Never throws for a camera's fault. */
  prove(source: StreamSource): Promise<PictureProof>
  /** The ladder's RTSP rung: OPTIONS/DESCRIBE with Digest, no media. Never throws for a camera's fault. */
  probe(source: StreamSource, options: { timeoutMs: number }): Promise<RtspProof>
  /** Opens a way to push media to one viewer; it is watching as long as it subscribes. */
  push(sink: PushSink): MediaPush
  /** Every stream in every form that is given out. */
  reports(): Promise<StreamReport[]>
  transcoding(): Promise<TranscodingReport>
  /** Ends a pull at once, e.g. because the camera's address or credential changed. */
  stop(key: StreamKey): Promise<void>
  on<Name extends keyof MediaPlaneEvents>(event: Name, listener: (payload: MediaPlaneEvents[Name]) => void): () => void
  close(): Promise<void>
}
