// Owns how hls.js gets pushed media: a loader that answers its requests out of a part store, playlists as soon as they
// have what is awaited. Refuses: the network; silence is the recover ladder's to notice, not a time-out of a request.
import { LoadStats, type HlsConfig, type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext, type LoaderStats } from 'hls.js/light'
import type { Awaited, PartStore } from './part-store.ts'

/** A name only: relative names of parts are resolved on it, and nothing of it is ever asked for. */
export const pushPlaylistUrl = 'https://media.push.invalid/index.m3u8'

/** The loader class of one store, as hls.js' setting `loader` wants it. */
export function pushLoader(store: PartStore): HlsConfig['loader'] {
  return class extends PushLoader {
    constructor() {
      super(store)
    }
  }
}

class PushLoader implements Loader<LoaderContext> {
  context: LoaderContext | null = null
  // hls.js keeps this very object before it asks: it is changed, never replaced.
  readonly stats: LoaderStats = new LoadStats()
  readonly #store: PartStore
  #callbacks: LoaderCallbacks<LoaderContext> | null = null
  #leave: () => void = () => undefined

  constructor(store: PartStore) {
    this.#store = store
  }

  load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    this.context = context
    this.#callbacks = callbacks
    this.stats.loading.start = performance.now()
    const url = new URL(context.url)
    const name = url.pathname.split('/').at(-1) ?? ''
    if (context.responseType !== 'arraybuffer') {
      const awaited = awaitedBy(url.searchParams)
      const answer = () => {
        const text = this.#store.playlist(awaited)
        if (text !== null) this.#succeed(text, text.length)
        return text !== null
      }
      // Never within `load`: hls.js is not ready for its own answer.
      queueMicrotask(() => {
        if (this.#callbacks !== null && !answer()) this.#leave = this.#store.onChange(answer)
      })
    } else {
      queueMicrotask(() => {
        const bytes = this.#store.file(name)
        if (bytes !== null) this.#succeed(bytes, bytes.byteLength)
        else this.#fail()
      })
    }
  }

  abort(): void {
    const { context } = this
    const callbacks = this.#take()
    if (callbacks === null || context === null) return
    this.stats.aborted = true
    callbacks.onAbort?.(this.stats, context, null)
  }

  destroy(): void {
    this.#take()
    this.context = null
  }

  getCacheAge(): number {
    return 0
  }
  getResponseHeader(): null {
    return null
  }

  #take(): LoaderCallbacks<LoaderContext> | null {
    this.#leave()
    const callbacks = this.#callbacks
    this.#callbacks = null
    return callbacks
  }

  #succeed(data: string | ArrayBuffer, length: number): void {
    const { context, stats } = this
    const callbacks = this.#take()
    if (callbacks === null || context === null) return
    stats.loading.first = stats.loading.end = performance.now()
    stats.loaded = stats.total = length
    if (data instanceof ArrayBuffer) callbacks.onProgress?.(stats, context, data, null)
    callbacks.onSuccess({ url: context.url, data, code: 200 }, stats, context, null)
  }

  #fail(): void {
    const { context } = this
    const callbacks = this.#take()
    if (callbacks !== null && context !== null) callbacks.onError({ code: 404, text: 'not pushed, or gone' }, context, null, this.stats)
  }
}

function awaitedBy(query: URLSearchParams): Awaited | null {
  const msn = query.get('_HLS_msn')
  const part = query.get('_HLS_part')
  return msn === null ? null : { msn: Number(msn), part: part === null ? null : Number(part) }
}
