// Owns telling the control plane that a stream's state has changed, with the unit whose people may hear it.
// Refuses: publishing; app.ts joins this to the event hub.
import type { TypedEmitter } from '#base/emitter.ts'
import type { Logger } from '#base/logger.ts'
import type { ServerEventPayload } from '#contract/events.ts'
import { cameraIdSchema } from '#contract/ids.ts'
import type { MediaPlane, StreamReport } from '#streams'
import { toInstant } from '../storage/index.ts'
import type { CameraPlaces } from './camera-places.ts'

export interface StreamStateEvents {
  /** For everybody with camera:live whose scope has `unitId`. */
  stream: ServerEventPayload<'stream:state'>
}

export interface StreamStatesDeps {
  mediaPlane: MediaPlane
  places: CameraPlaces
  logger: Logger
  events: Pick<TypedEmitter<StreamStateEvents>, 'emit'>
}

export class StreamStates {
  readonly #deps: StreamStatesDeps
  readonly #off: () => void
  #told: Promise<void> = Promise.resolve()

  constructor(deps: StreamStatesDeps) {
    this.#deps = deps
    // One after another: a look-up that takes longer must not let an old state overtake a new one.
    this.#off = deps.mediaPlane.on('state', (report) => {
      this.#told = this.#told.then(() => this.#tell(report)).catch((error: unknown) => deps.logger.error({ error }, 'a stream state could not be told'))
    })
  }

  close(): void {
    this.#off()
  }

  async #tell(report: StreamReport): Promise<void> {
    const cameraId = cameraIdSchema.parse(report.cameraId)
    const place = await this.#deps.places.of(cameraId)
    if (place === null) return
    this.#deps.events.emit('stream', {
      cameraId,
      stream: report.stream,
      form: report.form,
      state: report.state,
      fault: report.fault?.code ?? null,
      queue: report.queue,
      since: toInstant(report.sinceMs),
      unitId: place.unitId,
    })
  }
}
