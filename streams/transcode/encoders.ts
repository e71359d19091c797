// Owns which encoder transcodes use: the first of this machine's that a trial has shown to work, otherwise libx264. One that
// fails at work is set aside for a while and must pass a trial again.
// Refuses: waiting for a trial; until it is over, transcodes are made in software.
import type { Timer } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import { encoderName, hardwareCandidates, type Encoder } from '../ffmpeg/encoder.ts'
import { tryEncoder, type TrialDeps } from './encoder-trial.ts'

export interface EncodersDeps extends TrialDeps {
  logger: Logger
  /** The kernel's render nodes, e.g. `/dev/dri/renderD128`. */
  renderNodes: () => Promise<readonly string[]>
}

/** What every ffmpeg of ours can do. */
export const SOFTWARE: Encoder = { kind: 'software' }
/** A driver that failed may be well again after its reset. */
const SET_ASIDE_MS = 10 * 60_000

export class Encoders {
  readonly #deps: EncodersDeps
  #best: Encoder = SOFTWARE
  #trial: Promise<void> | null = null
  #again: Timer | undefined
  readonly #closed = new AbortController()

  constructor(deps: EncodersDeps) {
    this.#deps = deps
  }

  /** What a transcode that starts now is made with. */
  get best(): Encoder {
    return this.#best
  }

  /** Tries out what there is; resolves when it is known. One trial at a time. */
  find(): Promise<void> {
    this.#trial ??= this.#find()
      .catch((error: unknown) => this.#deps.logger.error({ error }, 'encoders could not be tried out'))
      .finally(() => (this.#trial = null))
    return this.#trial
  }

  /** An encoder did not do its work: those that start from now on are made in software. */
  failed(encoder: Encoder): void {
    if (encoder.kind === 'software' || this.#best !== encoder) return
    this.#best = SOFTWARE
    this.#deps.logger.warn({ encoder: encoderName(encoder) }, 'a hardware encoder failed at work; transcodes go on in software')
    this.#again?.cancel()
    this.#again = this.#deps.clock.after(SET_ASIDE_MS, () => void this.find())
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#again?.cancel()
    await this.#trial
  }

  async #find(): Promise<void> {
    for (const encoder of hardwareCandidates(await this.#deps.renderNodes())) {
      const verdict = await tryEncoder(this.#deps, encoder, this.#closed.signal)
      if (this.#closed.signal.aborted) return
      const told = { encoder: encoderName(encoder), ...('device' in encoder && { device: encoder.device }), verdict }
      if (verdict === 'works') {
        this.#best = encoder
        return this.#deps.logger.info(told, 'transcodes are made by hardware')
      }
      this.#deps.logger.debug(told, 'an encoder did not pass its trial')
    }
    this.#deps.logger.info({ encoder: encoderName(SOFTWARE) }, 'no hardware encoder passed a trial; transcodes are made in software')
  }
}
