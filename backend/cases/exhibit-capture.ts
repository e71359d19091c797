// Owns taking the pictures of a tag: of each camera the moment, kept on disk with its SHA-256, or the reason why not.
// Refuses: failing. A tag without pictures is worth more than none.
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { ErrorCode } from '#contract/errors.ts'
import type { ExhibitId } from '#contract/ids.ts'
import type { MediaPlane, Picture, StreamSource } from '#streams'
import type { Camera, CameraService } from '../registry/index.ts'
import { sha256Of, type ExhibitFiles } from './exhibit-files.ts'
import type { Exhibit, MissingExhibit } from './tag.ts'

export interface ExhibitCaptureDeps {
  clock: Clock
  random: RandomBytes
  logger: Logger
  mediaPlane: MediaPlane
  cameraService: CameraService
  files: ExhibitFiles
}

export interface Captured {
  exhibits: Exhibit[]
  missing: MissingExhibit[]
}

const atOnce = 4
const perCameraMs = 6_000
/** All cameras together: 36 cameras that do not answer must not keep a person waiting for a minute. */
const allMs = 20_000
/** A moment so short ago may be shown by a picture taken now; `pictureAt` of the exhibit tells the true moment. */
const asGoodAsNowMs = 5_000

export class ExhibitCapture {
  readonly #deps: ExhibitCaptureDeps

  constructor(deps: ExhibitCaptureDeps) {
    this.#deps = deps
  }

  /** @param atMs UTC ms, server time. Never throws for a camera's sake; reasons are error codes. */
  async take(cameras: readonly Camera[], atMs: number): Promise<Captured> {
    const { clock } = this.#deps
    const exhibits: Exhibit[] = []
    const missing: MissingExhibit[] = []
    const startedMs = clock.monotonicMs()
    const left = [...cameras]
    const work = async () => {
      for (let camera = left.shift(); camera !== undefined; camera = left.shift()) {
        const outcome = clock.monotonicMs() - startedMs >= allMs ? ('no_picture' as const) : await this.#ofOne(camera, atMs)
        if (typeof outcome === 'string') missing.push({ cameraId: camera.id, reason: outcome })
        else exhibits.push(outcome)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    return { exhibits, missing }
  }

  /** Takes the files away again when their tag could not be kept. */
  async discard(exhibits: readonly Exhibit[]): Promise<void> {
    for (const exhibit of exhibits) {
      await this.#deps.files.remove(exhibit).catch((error: unknown) => this.#deps.logger.warn({ error, exhibitId: exhibit.id }, 'a picture without a tag could not be removed'))
    }
  }

  async #ofOne(camera: Camera, atMs: number): Promise<Exhibit | ErrorCode> {
    const { clock, random, files, logger } = this.#deps
    try {
      const picture = await this.#withDeadline(this.#picture(camera, atMs))
      const capturedAtMs = clock.now()
      const exhibit: Exhibit = {
        id: newId<ExhibitId>(capturedAtMs, random),
        cameraId: camera.id,
        cameraName: camera.archive.name,
        pictureAtMs: Math.round(picture.pictureMs),
        capturedAtMs,
        sha256: sha256Of(picture.jpeg),
        bytes: picture.jpeg.byteLength,
        width: picture.width,
        height: picture.height,
        clockOffsetMs: camera.clockOffsetMs,
      }
      await files.write(exhibit, picture.jpeg)
      return exhibit
    } catch (error) {
      if (error instanceof AppError) return error.code
      logger.error({ error, cameraId: camera.id }, 'an exhibit could not be kept')
      return 'internal'
    }
  }

  /** The full picture of the main stream if it is in memory, else the sub stream's, else (for just now) a fresh one. */
  async #picture(camera: Camera, atMs: number): Promise<Picture> {
    const { clock, mediaPlane } = this.#deps
    const sources = await this.#sourcesOf(camera)
    const [best] = sources
    if (best === undefined) throw new AppError('unavailable', 'stream_refused', 'The camera has no stream.')
    const tries: [StreamSource, number | 'newest'][] = sources.map((source) => [source, atMs])
    if (Math.abs(clock.now() - atMs) <= asGoodAsNowMs) tries.push([best, 'newest'])
    let why: unknown
    for (const [source, moment] of tries) {
      try {
        return await mediaPlane.picture(source, moment)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        why = error
      }
    }
    throw why
  }

  async #sourcesOf(camera: Camera): Promise<StreamSource[]> {
    const main = await this.#deps.cameraService.sourceOf(camera, 'main')
    const sub = await this.#deps.cameraService.sourceOf(camera, 'sub')
    return [main, sub].filter((source, place): source is StreamSource => source !== null && (place === 0 || source.stream !== main?.stream))
  }

  #withDeadline(picture: Promise<Picture>): Promise<Picture> {
    return new Promise((resolve, reject) => {
      const timer = this.#deps.clock.after(perCameraMs, () => reject(new AppError('unavailable', 'no_picture', 'The picture took too long.')))
      picture.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}
