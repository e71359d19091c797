// Owns that the wall is remembered: read until it could be read, saved after it changed, and never saved before it was read,
// so that an empty wall that only could not be read never takes the place of the kept one.
// Refuses: arranging; what was arranged before the wall was there is joined with it by whoever hears `onRead`.
import type { Wall } from '#contract/layouts.ts'
import { asProblem, type ApiProblem } from '../../api/api-problem.ts'
import { againAfterMs, isPassing, type After } from '../../api/try-again.ts'

/** What the user is told of: a reading or a saving that failed, also while it is tried again. */
export interface Trouble {
  problem: ApiProblem
  /** It is tried again by itself. */
  again: boolean
}
export type MemoryState =
  | { kind: 'unread' }
  | { kind: 'reading'; trouble: Trouble | undefined }
  | { kind: 'unreadable'; trouble: Trouble }
  | { kind: 'saved' }
  /** Waits a moment for further changes. */
  | { kind: 'changed'; trouble: Trouble | undefined }
  /** `stale`: it changed again since what is on its way. */
  | { kind: 'saving'; stale: boolean; trouble: Trouble | undefined }
  | { kind: 'unsaved'; trouble: Trouble }

export interface WallMemoryDeps {
  read: (signal: AbortSignal) => Promise<Wall>
  save: (wall: Wall, signal: AbortSignal) => Promise<unknown>
  /** The wall as it is arranged now. */
  present: () => Wall
  /** The kept wall is there. @returns whether the wall now is another than that, and so is to be saved */
  onRead: (kept: Wall) => boolean
  /** The kept wall was asked again, while nothing of the present one was unsaved. */
  onReadAgain: (kept: Wall) => void
  onState: (state: MemoryState) => void
  after: After
}

export const SAVE_AFTER_MS = 800

export class WallMemory {
  readonly #deps: WallMemoryDeps
  #state: MemoryState = { kind: 'unread' }
  #call = new AbortController()
  #unwait: () => void = () => undefined
  #failures = 0

  constructor(deps: WallMemoryDeps) {
    this.#deps = deps
  }

  /** Reads the wall unless it was, or is being, read. */
  start(): void {
    if (this.#state.kind === 'unread' || this.#state.kind === 'unreadable') void this.#read()
  }

  /** The wall was arranged. */
  changed(): void {
    const state = this.#state
    if (state.kind === 'saving') this.#become({ ...state, stale: true })
    else if (state.kind === 'saved' || state.kind === 'changed' || state.kind === 'unsaved') this.#saveSoon(state.kind === 'saved' ? undefined : state.trouble)
  }

  /** What failed is tried at once: somebody asked for it, or the server is back. */
  tryNow(): void {
    if (this.#state.kind === 'unreadable') void this.#read()
    else if (this.#state.kind === 'unsaved') void this.#save()
  }

  /** The page or the session is about to end. */
  async saveNow(): Promise<void> {
    if (['changed', 'saving', 'unsaved'].includes(this.#state.kind)) await this.#save()
  }

  /** What the caller may see has changed: places that were left empty may have their cameras again. */
  async readAgain(): Promise<void> {
    if (this.#state.kind !== 'saved') return
    this.#call = new AbortController()
    const { signal } = this.#call
    const kept = await this.#deps.read(signal).catch(() => undefined)
    // Whatever was arranged meanwhile is newer than the answer; and who could not be asked is asked at the next change.
    if (kept !== undefined && !signal.aborted && this.#state.kind === 'saved') this.#deps.onReadAgain(kept)
  }

  /** The user is gone: nothing that is under way counts any more. */
  forget(): void {
    this.#call.abort()
    this.#unwait()
    this.#failures = 0
    this.#become({ kind: 'unread' })
  }

  async #read(): Promise<void> {
    const { signal } = this.#begin({ kind: 'reading', trouble: troubleOf(this.#state) })
    try {
      const kept = await this.#deps.read(signal)
      if (signal.aborted) return
      this.#failures = 0
      if (this.#deps.onRead(kept)) this.#saveSoon(undefined)
      else this.#become({ kind: 'saved' })
    } catch (thrown) {
      if (!signal.aborted) this.#failed('unreadable', asProblem(thrown))
    }
  }

  #saveSoon(trouble: Trouble | undefined): void {
    this.#begin({ kind: 'changed', trouble })
    this.#unwait = this.#deps.after(SAVE_AFTER_MS, () => void this.#save())
  }

  async #save(): Promise<void> {
    const { signal } = this.#begin({ kind: 'saving', stale: false, trouble: troubleOf(this.#state) })
    try {
      await this.#deps.save(this.#deps.present(), signal)
      if (signal.aborted) return
      this.#failures = 0
      if (this.#state.kind === 'saving' && this.#state.stale) this.#saveSoon(undefined)
      else this.#become({ kind: 'saved' })
    } catch (thrown) {
      if (!signal.aborted) this.#failed('unsaved', asProblem(thrown))
    }
  }

  #failed(kind: 'unreadable' | 'unsaved', problem: ApiProblem): void {
    const again = isPassing(problem)
    this.#become({ kind, trouble: { problem, again } })
    if (again) this.#unwait = this.#deps.after(againAfterMs(this.#failures++), () => this.tryNow())
  }

  /** Whatever waited or was under way gives way to what begins now. */
  #begin(state: MemoryState): AbortController {
    this.#unwait()
    this.#call.abort()
    this.#call = new AbortController()
    this.#become(state)
    return this.#call
  }

  #become(state: MemoryState): void {
    this.#state = state
    this.#deps.onState(state)
  }
}

export const troubleOf = (state: MemoryState): Trouble | undefined => ('trouble' in state ? state.trouble : undefined)
