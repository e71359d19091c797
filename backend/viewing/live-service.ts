// Owns watching: opening a stream, giving out its files and pictures, each time to who may, each time on record.
// Refuses: pulling and packaging, which are the media plane's; giving a file before the audit knows of the watcher.
import { AppError, missing } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId } from '#contract/ids.ts'
import { mediaFolderOf, streamOfFolder, type Decodes, type MediaFolder, type StreamForm, type StreamKind } from '#contract/live.ts'
import type { MediaFile, MediaPlane, Picture, StreamReport, StreamSource } from '#streams'
import { may, type StreamTickets } from '../access/index.ts'
import type { AuditTrail } from '../audit/index.ts'
import type { Principal } from '../http/index.ts'
import type { Camera, CameraService } from '../registry/index.ts'
import { toInstant, type Storage } from '../storage/index.ts'
import type { CameraPlace, CameraPlaces } from './camera-places.ts'
import { heldFor, pastFileFrom, pastFileName, type ReplayWish } from './replay.ts'
import type { WatchLedger } from './watch-ledger.ts'

export interface LiveServiceDeps {
  storage: Storage
  clock: Clock
  trail: AuditTrail
  logger: Logger
  cameraService: CameraService
  mediaPlane: MediaPlane
  tickets: StreamTickets
  /** The principal with the rights of now; null when the session is over. */
  again: (principal: Principal) => Promise<Principal | null>
  places: CameraPlaces
  watches: WatchLedger
  /** How long a ticket in a URL is good; the console opens again before. */
  ticketMs: number
}

export interface LiveWish {
  cameraId: CameraId
  stream: StreamKind
  /** What the viewer's player can do. */
  decodes: Decodes
}

export interface WatchedLive {
  cameraId: CameraId
  /** The camera’s main stream when it has no other. */
  stream: StreamKind
  report: StreamReport
}

export interface OpenedLive extends WatchedLive {
  playlistUrl: string
  segmentsUrl: string
  expiresAtMs: number
}

export interface OpenedReplay {
  cameraId: CameraId
  stream: StreamKind
  playlistUrl: string
  expiresAtMs: number
  /** UTC ms of the moment to begin with. */
  fromMs: number
}

/** How long a playlist waits for the first picture; below the ten seconds after which hls.js asks again. */
const firstPictureWaitMs = 8_000

export class LiveService {
  readonly #deps: LiveServiceDeps
  readonly #off: () => void

  constructor(deps: LiveServiceDeps) {
    this.#deps = deps
    // Another device, path or login: the running pull shows the wrong thing or keeps a login alive that was changed.
    this.#off = deps.cameraService.events.on('changed', ({ cameraId, streamsChanged }) => {
      if (streamsChanged) void this.#stop(cameraId)
    })
  }

  /**
   * Starts or joins the pull and gives the playlist's address. Opening again before `expiresAtMs` renews the ticket.
   * @throws AppError not_found, stream_refused (the camera has no stream), and what `MediaPlane.open` throws
   */
  async open(principal: Principal, wanted: LiveWish, from: { ip: string }): Promise<OpenedLive> {
    const { cameraId, stream, report } = await this.watch(principal, wanted, from)
    const { url, expiresAtMs } = this.#address(principal, { cameraId, stream, form: report.form })
    return { playlistUrl: url(`${report.edition}-live.m3u8`), segmentsUrl: url('index.m3u8'), expiresAtMs, report, cameraId, stream }
  }

  /**
   * The last seconds again, out of the memory of a stream that runs or ran until a moment ago. On record as a replay
   * before its address is given. @throws AppError not_found, no_permission, purpose_needed, no_picture (nothing is in memory)
   */
  async replay(principal: Principal, wish: ReplayWish, from: { ip: string }): Promise<OpenedReplay> {
    const { cameraService, mediaPlane, watches, clock } = this.#deps
    const camera = await cameraService.get(principal, wish.cameraId, 'camera:view')
    if (!may(principal, 'camera:live', camera.unitId, camera.id)) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    const place = { cameraId: camera.id, unitId: camera.unitId }
    // Before it is said whether there is anything.
    await watches.assertPurpose(principal, place)
    const held = heldFor(wish, await mediaPlane.held(camera.id, wish.decodes), clock.now())
    if (held === null) throw new AppError('missing', 'no_picture', errorCodes.no_picture)
    const { stream, form, fromMs } = held
    await watches.watching(principal, { ...place, cameraName: camera.archive.name, stream, replayFromMs: fromMs }, from.ip)
    const { url, expiresAtMs } = this.#address(principal, { cameraId: camera.id, stream, form })
    return { playlistUrl: url(pastFileName(fromMs)), expiresAtMs, cameraId: camera.id, stream, fromMs }
  }

  /** Starts or joins the pull, on record. @throws AppError as `open` */
  async watch(principal: Principal, wanted: LiveWish, from: { ip: string }): Promise<WatchedLive> {
    const { cameraService, mediaPlane, watches } = this.#deps
    const camera = await cameraService.get(principal, wanted.cameraId, 'camera:view')
    if (!may(principal, 'camera:live', camera.unitId, camera.id)) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    await watches.assertPurpose(principal, { cameraId: camera.id, unitId: camera.unitId })
    const source = await this.#sourceOf(camera, wanted.stream)
    const { stream } = source
    const report = await mediaPlane.open(source, wanted.decodes)
    await watches.watching(principal, { cameraId: camera.id, cameraName: camera.archive.name, unitId: camera.unitId, stream }, from.ip)
    return { cameraId: camera.id, stream, report }
  }

  /** The principal with the rights of now; null when the session is over. */
  again(principal: Principal): Promise<Principal | null> {
    return this.#deps.again(principal)
  }

  /**
   * A playlist, init or segment. Right, scope and ticket are asked every time; a file is given only on record.
   * @param ticket as it stood in the address, null for a caller by cookie; goes into the playlist's addresses again
   */
  async file(
    principal: Principal,
    wanted: { cameraId: CameraId; folder: MediaFolder; file: string; msn?: number | undefined; part?: number | undefined },
    from: { ip: string; ticket: string | null; signal: AbortSignal },
  ): Promise<MediaFile> {
    const { watches, mediaPlane } = this.#deps
    const { cameraId } = wanted
    const { stream, form } = streamOfFolder(wanted.folder)
    if (principal.ticket !== null && (principal.ticket.cameraId !== cameraId || principal.ticket.stream !== stream)) throw missing()
    const asked = await this.#placeFor(principal, cameraId)
    const replayFromMs = pastFileFrom(wanted.file)
    if (replayFromMs !== null) await watches.assertPurpose(principal, { cameraId, unitId: asked.unitId, replayFromMs })
    watches.touch(principal.sessionId, cameraId, stream)
    const file = await mediaPlane.file({ cameraId, stream, form }, wanted.file, {
      waitMs: firstPictureWaitMs,
      uriSuffix: from.ticket === null ? '' : `?ticket=${encodeURIComponent(from.ticket)}`,
      signal: from.signal,
      msn: wanted.msn ?? null,
      part: wanted.part ?? null,
    })
    // The wait may have been long: what the right was when it began does not count.
    const now = await this.#deps.again(principal)
    if (now === null) throw new AppError('unauthenticated', 'not_signed_in', errorCodes.not_signed_in)
    const place = await this.#placeFor(now, cameraId)
    // Who comes by cookie, or back after a silence, may not have an open interval: no picture without one.
    const watched = { cameraId, cameraName: place.name, unitId: place.unitId, stream }
    if (replayFromMs !== null) await watches.watching(principal, { ...watched, replayFromMs }, from.ip)
    else if (wanted.file.endsWith('.m3u8')) await watches.watching(principal, watched, from.ip)
    else await watches.given(principal, watched, from.ip)
    return file
  }

  /**
   * The newest picture, or the one that a replay shows; the latter asks for the right to watch as well.
   * @throws AppError not_found, no_permission, purpose_needed, stream_refused, no_picture, transcoder_missing
   */
  async snapshot(principal: Principal, wanted: { cameraId: CameraId; stream: StreamKind; atMs: number | null }, from: { ip: string }): Promise<Picture> {
    const { storage, trail, cameraService, mediaPlane, watches } = this.#deps
    const camera = await cameraService.get(principal, wanted.cameraId, 'camera:view')
    if (!may(principal, 'camera:snapshot', camera.unitId, camera.id)) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    const { atMs } = wanted
    if (atMs !== null && !may(principal, 'camera:live', camera.unitId, camera.id)) throw new AppError('forbidden', 'no_permission', errorCodes.no_permission)
    const beyond = await watches.assertPurpose(principal, { cameraId: camera.id, unitId: camera.unitId, ...(atMs === null ? {} : { replayFromMs: atMs }) })
    const source = await this.#sourceOf(camera, wanted.stream)
    const picture = await mediaPlane.picture(source, atMs ?? 'newest')
    await storage.transaction((tx) =>
      trail.record(
        tx,
        { ...principal, ip: from.ip },
        {
          action: 'snapshot.view',
          targetKind: 'camera',
          targetId: camera.id,
          targetName: camera.archive.name,
          purpose: beyond.purpose ?? '',
          detail: { stream: source.stream, pictureAt: toInstant(picture.pictureMs), ...(atMs === null ? {} : { replay: true }), ...beyond },
        },
      ),
    )
    return picture
  }

  close(): void {
    this.#off()
  }

  /** Addresses of one stream's files, with a ticket in each. */
  #address(principal: Principal, { cameraId, stream, form }: { cameraId: CameraId; stream: StreamKind; form: StreamForm }): { url: (file: string) => string; expiresAtMs: number } {
    const { clock, tickets, ticketMs } = this.#deps
    const expiresAtMs = Math.min(clock.now() + ticketMs, principal.expiresAtMs)
    const ticket = tickets.issue({ sessionId: principal.sessionId, cameraId, stream, expiresAtMs })
    return { url: (file) => `/media/${cameraId}/${mediaFolderOf(stream, form)}/${file}?ticket=${ticket}`, expiresAtMs }
  }

  /** Where the camera is, if the principal may watch it now. */
  async #placeFor(principal: Principal, cameraId: CameraId): Promise<CameraPlace> {
    const place = await this.#deps.places.of(cameraId)
    if (place === null || !may(principal, 'camera:live', place.unitId, cameraId)) throw missing()
    return place
  }

  async #sourceOf(camera: Camera, stream: StreamKind): Promise<StreamSource> {
    const source = await this.#deps.cameraService.sourceOf(camera, stream)
    if (source === null) throw new AppError('unavailable', 'stream_refused', errorCodes.stream_refused)
    return source
  }

  async #stop(cameraId: CameraId): Promise<void> {
    const { mediaPlane, logger } = this.#deps
    for (const stream of ['main', 'sub'] as const) {
      await mediaPlane.stop({ cameraId, stream }).catch((error: unknown) => logger.error({ error, cameraId, stream }, 'a pull could not be stopped'))
    }
  }
}
