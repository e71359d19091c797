// Owns how hls.js asks the HTTP origin: each request waits for a place on the page's line, and the playlist of whole
// segments is asked for when the next one is due, so that no connection is held by waiting for it.
// Refuses: time-outs, retries and reading what comes; hls.js' own loader does the asking.
import Hls, { type HlsConfig, type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext, type LoaderStats } from 'hls.js/light'
import type { HttpLine } from './http-line.ts'
import { SegmentClock } from './segment-clock.ts'

export interface LineLoaderDeps {
  line: Pick<HttpLine, 'enter'>
  serverNowMs: () => number
  /** hls.js' own; another one in tests. */
  inner?: HlsConfig['loader']
}

/** The loader class of one player, as hls.js' setting `loader` wants it. */
export function lineLoader(deps: LineLoaderDeps): HlsConfig['loader'] {
  const segments = new SegmentClock(deps.serverNowMs)
  return class extends LineLoader {
    constructor(config: HlsConfig) {
      super(deps, segments, config)
    }
  }
}

class LineLoader implements Loader<LoaderContext> {
  context: LoaderContext | null = null
  readonly #deps: LineLoaderDeps
  readonly #segments: SegmentClock
  readonly #inner: Loader<LoaderContext>
  // hls.js keeps this very object before it asks; its own loader fills it.
  readonly stats: LoaderStats
  readonly #over = new AbortController()
  #callbacks: LoaderCallbacks<LoaderContext> | null = null
  #asked = false
  #leave: () => void = () => undefined

  constructor(deps: LineLoaderDeps, segments: SegmentClock, config: HlsConfig) {
    this.#deps = deps
    this.#segments = segments
    this.#inner = new (deps.inner ?? Hls.DefaultConfig.loader)(config)
    this.stats = this.#inner.stats
  }

  load(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    this.context = context
    this.#callbacks = callbacks
    void this.#ask(context, config, callbacks)
  }

  abort(): void {
    const [callbacks, { context }] = [this.#callbacks, this]
    this.#end()
    if (this.#asked) this.#inner.abort()
    else if (callbacks !== null && context !== null) {
      this.stats.aborted = true
      callbacks.onAbort?.(this.stats, context, null)
    }
  }

  destroy(): void {
    this.#inner.destroy()
    this.#end()
    this.context = null
  }

  getCacheAge(): number | null {
    return this.#inner.getCacheAge?.() ?? null
  }

  getResponseHeader(name: string): string | null {
    return this.#inner.getResponseHeader?.(name) ?? null
  }

  async #ask(context: LoaderContext, config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): Promise<void> {
    const { signal } = this.#over
    const isPlaylist = context.responseType !== 'arraybuffer'
    if (isPlaylist) await this.#segments.untilDue(signal)
    const leave = await this.#deps.line.enter(signal)
    if (leave === undefined) return
    if (signal.aborted) return leave()
    this.#leave = leave
    this.#asked = true
    const { onSuccess, onError, onTimeout, onAbort } = callbacks
    // The place is free before hls.js hears of it: it may ask for the next thing at once.
    const after = <Arguments extends unknown[]>(tell: (...args: Arguments) => void) => (...args: Arguments) => {
      leave()
      tell(...args)
    }
    this.#inner.load(context, config, {
      ...callbacks,
      onSuccess: after((response, ...rest) => {
        if (isPlaylist && typeof response.data === 'string') this.#segments.heard(response.data)
        onSuccess(response, ...rest)
      }),
      onError: after(onError),
      onTimeout: after(onTimeout),
      ...(onAbort ? { onAbort: after(onAbort) } : {}),
    })
  }

  #end(): void {
    this.#callbacks = null
    this.#over.abort()
    this.#leave()
  }
}
