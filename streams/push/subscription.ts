// Owns one stream on its way to one viewer: what waits, how much is unanswered, what is left out when it falls behind.
// Refuses: sockets; deciding whose turn it is among several.
import type { Decodes } from '#contract/live.ts'
import type { PushHeader, PushMode, PushPriority } from '#contract/media-push.ts'
import type { LiveWindow } from '../hls/live-window.ts'
import { frameItem, initHeader, mediaHeader, newestGroup, partItem, type MediaItem, type PushItem, type TrackItem } from './push-item.ts'

/** What is pushed. */
export interface PushedStream {
  readonly window: LiveWindow
  readonly transcoded: boolean
  /** Somebody watches. */
  touch(): void
}

export interface SubscriptionWish {
  id: number
  mode: PushMode
  priority: PushPriority
  /** Media that may be on its way unanswered. */
  windowMs: number
  /** What the viewer's player can do; left out = what every browser can. */
  decodes?: Decodes
}

export interface Sending {
  header: PushHeader
  payload: Buffer
  /** Goes out before it, when it is an init segment. */
  track: TrackItem | null
}

/** Waiting media of more than this is given up for a newer key frame. */
const MOST_WAITING_MS: Record<PushPriority, number> = { selected: 2_000, visible: 1_200, background: 600 }
/** So much never waits, key frame or not: with long groups of pictures the line has to do without for a while. */
const HARD_LIMIT_MS = 20_000
const SEQUENCES = 2 ** 32

export class Subscription {
  readonly stream: PushedStream
  readonly wish: SubscriptionWish
  readonly #offs: (() => void)[]
  #queue: PushItem[] = []
  #waitingMs = 0
  /** Sent and not answered, oldest first. */
  #unanswered: { sequence: number; durationMs: number }[] = []
  #unansweredMs = 0
  #nextSequence = 0
  #needsKey = false
  #discontinuity = true
  /** Epoch of the last init segment that is queued or sent; media of another is not understood. */
  #epoch: number | null = null
  #answeredAtMs: number
  droppedItems = 0

  constructor(stream: PushedStream, wish: SubscriptionWish, options: { nowMs: number; wake: () => void }) {
    this.stream = stream
    this.wish = wish
    this.#answeredAtMs = options.nowMs
    const { window } = stream
    const init = window.init(window.newestEpoch)
    if (init) this.#add({ kind: 'track', epoch: window.newestEpoch, init })
    const group = newestGroup(window, wish.mode)
    this.#needsKey = group.length === 0
    for (const item of group) this.#add(item)
    const take = (item: PushItem) => {
      this.#add(item)
      options.wake()
    }
    this.#offs = [
      window.on('epoch', ({ epoch, init: begun }) => take({ kind: 'track', epoch, init: begun })),
      wish.mode === 'parts'
        ? window.on('part', ({ segment, part, index, segmentEnd }) => take(partItem(segment, part, index, segmentEnd)))
        : window.on('frame', ({ segment, frame }) => take(frameItem(segment, frame))),
    ]
  }

  get waitingMs(): number {
    return this.#waitingMs
  }

  /** Something can go out now, as far as this viewer's answers say. */
  get ready(): boolean {
    return this.#queue.length > 0 && (this.#unanswered.length === 0 || this.#unansweredMs < this.wish.windowMs)
  }

  /** How long nothing was answered while something should have been, ms. */
  silentMs(nowMs: number): number {
    return this.#unanswered.length === 0 ? 0 : nowMs - this.#answeredAtMs
  }

  /** The next message; null when nothing waits. */
  take(nowMs: number): Sending | null {
    const item = this.#queue.shift()
    if (!item) return null
    const sequence = this.#nextSequence
    this.#nextSequence = (sequence + 1) % SEQUENCES
    if (this.#unanswered.length === 0) this.#answeredAtMs = nowMs
    if (item.kind === 'track') {
      this.#unanswered.push({ sequence, durationMs: 0 })
      this.#discontinuity = true
      return { header: initHeader(item, this.wish.id, sequence), payload: item.init.bytes, track: item }
    }
    this.#waitingMs -= item.durationMs
    this.#unanswered.push({ sequence, durationMs: item.durationMs })
    this.#unansweredMs += item.durationMs
    const header = mediaHeader(item, { id: this.wish.id, sequence, discontinuity: this.#discontinuity })
    this.#discontinuity = false
    return { header, payload: item.payload(), track: null }
  }

  /** All up to this sequence were taken in. */
  answer(sequence: number, nowMs: number): void {
    const first = this.#unanswered[0]
    if (!first) return
    // Counted from the oldest one in a ring, so that the numbers may go round; what was never sent answers nothing.
    const count = ((sequence - first.sequence + SEQUENCES) % SEQUENCES) + 1
    if (count > this.#unanswered.length) return
    for (const { durationMs } of this.#unanswered.splice(0, count)) this.#unansweredMs -= durationMs
    this.#answeredAtMs = nowMs
  }

  close(): void {
    for (const off of this.#offs) off()
    this.#queue = []
  }

  #add(item: PushItem): void {
    if (item.kind === 'track') {
      this.#epoch = item.epoch
      this.#queue.push(item)
      return
    }
    if (item.epoch !== this.#epoch || (this.#needsKey && !item.key)) return
    this.#needsKey = false
    this.#queue.push(item)
    this.#waitingMs += item.durationMs
    this.#shorten()
  }

  /** Leaves out what is too late, up to the newest key frame. */
  #shorten(): void {
    if (this.#waitingMs <= MOST_WAITING_MS[this.wish.priority]) return
    const key = this.#queue.findLastIndex((item) => item.kind !== 'track' && item.key)
    const keeps = key >= 0 ? key : this.#waitingMs > HARD_LIMIT_MS ? this.#queue.length : 0
    const given = this.#queue.slice(0, keeps)
    const media = given.filter((item): item is MediaItem => item.kind !== 'track')
    if (media.length === 0) return
    const track = given.findLast((item) => item.kind === 'track')
    this.#queue = [...(track ? [track] : []), ...this.#queue.slice(keeps)]
    for (const item of media) this.#waitingMs -= item.durationMs
    this.droppedItems += media.length
    this.#discontinuity = true
    this.#needsKey = key < 0
  }
}
