// Proves how hls.js' requests go over the page's line: in turn, playlists of whole segments when the next one is due,
// places given back however a request ends.
import assert from 'node:assert/strict'
import Hls, { type Loader, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext, type LoaderStats } from 'hls.js/light'
import { HttpLine } from '../../../../frontend/src/player/http/http-line.ts'
import { lineLoader } from '../../../../frontend/src/player/http/line-loader.ts'
import { nextSegmentMs } from '../../../../frontend/src/player/http/segment-clock.ts'

type Ended = 'success' | 'error' | 'timeout' | 'abort'

/** What hls.js' own loader would be asked for; answered by hand. */
class AskedLoader implements Loader<LoaderContext> {
  static asked: AskedLoader[] = []
  context: LoaderContext | null = null
  readonly stats: LoaderStats = {
    aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 },
  }
  callbacks: LoaderCallbacks<LoaderContext> | null = null
  load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
    this.context = context
    this.callbacks = callbacks
    AskedLoader.asked.push(this)
  }
  answer(ended: Ended, data: string | ArrayBuffer = ''): void {
    const { context, callbacks, stats } = this
    assert.ok(context && callbacks)
    if (ended === 'success') callbacks.onSuccess({ url: context.url, data, code: 200 }, stats, context, null)
    if (ended === 'error') callbacks.onError({ code: 503, text: '' }, context, null, stats)
    if (ended === 'timeout') callbacks.onTimeout(stats, context, null)
    if (ended === 'abort') callbacks.onAbort?.(stats, context, null)
  }
  abort(): void {
    this.answer('abort')
  }
  destroy(): void {}
}

const policy = { maxTimeToFirstByteMs: 1, maxLoadTimeMs: 1, timeoutRetry: null, errorRetry: null }
const soon = () => new Promise((resolve) => setImmediate(resolve))
const plain = (at: string, seconds: number) => `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PROGRAM-DATE-TIME:${at}\n#EXTINF:${seconds},\n1-1.m4s?ticket=x\n`

function setUp(serverNowMs = () => 0) {
  AskedLoader.asked = []
  const LineLoader = lineLoader({ line: new HttpLine(false), serverNowMs, inner: AskedLoader })
  const ended: string[] = []
  const ask = (url: string, responseType = 'arraybuffer') => {
    const loader = new LineLoader(Hls.DefaultConfig)
    const note = (how: Ended) => () => void ended.push(`${how} ${url}`)
    loader.load({ url, responseType, type: 'level' as LoaderContext['type'] }, { loadPolicy: policy, maxRetry: 0, timeout: 0, retryDelay: 0, maxRetryDelay: 0 }, { onSuccess: note('success'), onError: note('error'), onTimeout: note('timeout'), onAbort: note('abort') })
    return loader
  }
  const asked = () => AskedLoader.asked.map(({ context }) => context?.url)
  return { ask, asked, ended }
}

describe('the loader on the line', () => {
  it('asks for four things at once and for the next when one is answered, refused, too late or given up', async () => {
    const { ask, asked, ended } = setUp()
    const loaders = Array.from({ length: 9 }, (_, at) => ask(`/${at}`))
    await soon()
    assert.deepEqual(asked(), ['/0', '/1', '/2', '/3'])
    for (const [at, how] of (['success', 'error', 'timeout'] as const).entries()) AskedLoader.asked[at]?.answer(how)
    loaders[3]?.abort()
    await soon()
    assert.deepEqual(asked().slice(4), ['/4', '/5', '/6', '/7'])
    loaders[4]?.destroy()
    await soon()
    assert.deepEqual(asked().slice(8), ['/8'])
    assert.deepEqual(ended, ['success /0', 'error /1', 'timeout /2', 'abort /3'])
  })

  it('never asks for what was given up while it waited, and says that it was', async () => {
    const { ask, asked, ended } = setUp()
    for (let at = 0; at < 4; at++) ask(`/${at}`)
    const [waiting, destroyed] = [ask('/4'), ask('/5')]
    await soon()
    waiting.abort()
    destroyed.destroy()
    for (let at = 0; at < 4; at++) AskedLoader.asked[at]?.answer('success')
    await soon()
    assert.equal(asked().length, 4)
    assert.equal(waiting.stats.aborted, true)
    assert.deepEqual(ended.slice(0, 1), ['abort /4'])
    assert.ok(!ended.some((line) => line.includes('/5')))
  })

  it('asks for a playlist of whole segments again only when the next one is due, without taking a place meanwhile', async () => {
    const { ask, asked } = setUp(() => Date.parse('2026-01-01T00:00:01.900Z'))
    ask('/index.m3u8', 'text')
    await soon()
    AskedLoader.asked[0]?.answer('success', plain('2026-01-01T00:00:00.000Z', 1))
    const startedMs = performance.now()
    ask('/index.m3u8', 'text')
    for (let at = 0; at < 4; at++) ask(`/${at}`)
    await soon()
    assert.deepEqual(asked().slice(1), ['/0', '/1', '/2', '/3'])
    for (let at = 1; at < 5; at++) AskedLoader.asked[at]?.answer('success')
    while (asked().length < 6) await soon()
    const tookMs = performance.now() - startedMs
    assert.ok(tookMs > 170, `${tookMs} ms`)
  })

  it('lets a playlist wait at the server where that is what it is for', () => {
    const list = plain('2026-01-01T00:00:00.000Z', 1)
    assert.equal(nextSegmentMs(list), Date.parse('2026-01-01T00:00:02.000Z'))
    assert.equal(nextSegmentMs(list.replace('#EXTM3U', '#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1')), null)
    assert.equal(nextSegmentMs(`${list}#EXT-X-ENDLIST\n`), null)
    assert.equal(nextSegmentMs('#EXTM3U\n'), null)
    assert.equal(nextSegmentMs(''), null)
  })
})
