// Owns a media plane for tests of the rooms above it: answers as told, remembers what it was asked.
// Refuses: cameras and ffmpeg; the real one has its own tests.
import { AppError } from '#base/app-error.ts'
import { TypedEmitter } from '#base/emitter.ts'
import type { Decodes } from '#contract/live.ts'
import type { FormKey, HeldMedia, MediaFile, MediaPlane, MediaPlaneEvents, MediaPush, Picture, PictureProof, PushSink, PushWish, RtspProof, StreamKey, StreamReport, StreamSource, TranscodingReport } from '#streams'

export const noPicture = () => new AppError('missing', 'no_picture', 'There is no picture of that moment.')

function noWish(): never {
  throw new Error('no such subscription')
}

export class FakeMediaPlane implements MediaPlane {
  readonly opened: StreamSource[] = []
  readonly decodes: (Decodes | undefined)[] = []
  /** What the next ones are told to get. */
  next: Partial<StreamReport> = {}
  readonly files: { key: FormKey; name: string; uriSuffix: string }[] = []
  readonly stopped: StreamKey[] = []
  readonly pictures: { cameraId: string; stream: string; atMs: number | 'newest' }[] = []
  picturesAtOnce = 0
  mostPicturesAtOnce = 0
  onPicture: (source: StreamSource, atMs: number | 'newest') => Promise<Picture> = async (source, atMs) => ({
    jpeg: Buffer.from(`jpeg of ${source.cameraId}`),
    width: 640,
    height: 360,
    pictureMs: atMs === 'newest' ? 0 : atMs,
  })
  /** Called while a file is asked for, before it is given. */
  whileAsked: (() => void) | undefined
  readonly #events = new TypedEmitter<MediaPlaneEvents>((error) => {
    throw error
  })

  capability() {
    return { ffmpegPath: '/usr/bin/ffmpeg', version: '5.1', origin: 'path' as const }
  }

  async open(source: StreamSource, decodes?: Decodes): Promise<StreamReport> {
    this.opened.push(source)
    this.decodes.push(decodes)
    return { ...this.report(source, 'starting'), ...this.next }
  }

  async file(key: FormKey, name: string, options: { waitMs: number; uriSuffix: string }): Promise<MediaFile> {
    this.files.push({ key, name, uriSuffix: options.uriSuffix })
    this.whileAsked?.()
    const playlist = name.endsWith('.m3u8')
    return { bytes: Buffer.from(name), contentType: playlist ? 'application/vnd.apple.mpegurl' : 'video/mp4', immutable: !playlist }
  }

  async picture(source: StreamSource, atMs: number | 'newest'): Promise<Picture> {
    this.pictures.push({ cameraId: source.cameraId, stream: source.stream, atMs })
    this.mostPicturesAtOnce = Math.max(this.mostPicturesAtOnce, ++this.picturesAtOnce)
    return this.onPicture(source, atMs).finally(() => this.picturesAtOnce--)
  }

  async prove(): Promise<PictureProof> {
    throw new Error('not asked for here')
  }

  async probe(): Promise<RtspProof> {
    throw new Error('not asked for here')
  }

  /** Viewers that are connected, and what they subscribe to. */
  readonly viewers = new Map<PushSink, Map<number, PushWish>>()
  readonly answers: { id: number; sequence: number }[] = []

  push(sink: PushSink): MediaPush {
    const wishes = new Map<number, PushWish>()
    this.viewers.set(sink, wishes)
    return {
      subscribe: (wish) => void wishes.set(wish.id, wish),
      unsubscribe: (id) => void wishes.delete(id),
      setPriority: (id, priority) => void wishes.set(id, { ...(wishes.get(id) ?? noWish()), priority }),
      answer: (id, sequence) => void this.answers.push({ id, sequence }),
      close: () => void this.viewers.delete(sink),
    }
  }

  /** What is in memory, by camera. */
  readonly memory = new Map<string, HeldMedia[]>()

  async held(cameraId: string): Promise<HeldMedia[]> {
    return this.memory.get(cameraId) ?? []
  }

  async reports(): Promise<StreamReport[]> {
    return []
  }

  async transcoding(): Promise<TranscodingReport> {
    return { encoder: 'libx264', taken: 0, limit: 2, waiting: 0, mostWaiting: 4, refused: 0 }
  }

  async stop(key: StreamKey): Promise<void> {
    this.stopped.push(key)
  }

  on<Name extends keyof MediaPlaneEvents>(event: Name, listener: (payload: MediaPlaneEvents[Name]) => void): () => void {
    return this.#events.on(event, listener)
  }

  tell(report: StreamReport): void {
    this.#events.emit('state', report)
  }

  report({ cameraId, stream }: StreamKey, state: StreamReport['state']): StreamReport {
    return { cameraId, stream, form: 'original', state, fault: null, sinceMs: 1_000, transcoded: false, queue: null, edition: 7, viewersSeenMs: 0, bytesReceived: 0, ringBytes: 0, newestFrameMs: null }
  }

  async close(): Promise<void> {}
}
