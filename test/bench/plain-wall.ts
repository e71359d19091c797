// Owns the reference of the benches of walls: as many players on one plain page, each plain hls.js on the 2 s segments of an
// `ffmpeg -c copy -f hls` of its own, pulling the same cameras. The page's cells are named as the console's, so that the
// same watches read them.
// Refuses: tuning. Everything that can be left at its default is.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { sleep, systemClock } from '#base/clock.ts'
import { tileWatchScript } from '../e2e/tile-watch.ts'
import { pageWhen } from '../support/browser.ts'
import { markWatchScript, readMark } from './mark-watch.ts'
import type { WallScene } from './wall-scene.ts'

const BEGIN_MS = 90_000

interface Parts {
  scene: WallScene
  shown: readonly number[]
  folder: string
  children: readonly ChildProcess[]
  server: Server
  context: BrowserContext
  page: Page
}

export class PlainWall {
  static readonly title = 'hls.js on 2 s segments'
  readonly page: Page
  /** From the start of the ffmpegs to the first picture of the last player. */
  coldMs = Number.NaN
  readonly #parts: Parts

  private constructor(parts: Parts) {
    this.page = parts.page
    this.#parts = parts
  }

  /** Every player has shown a picture when this answers. @throws Error when one doesn't begin */
  static async open(scene: WallScene, tiles: number, ffmpegPath: string): Promise<PlainWall> {
    const folder = mkdtempSync(join(tmpdir(), 'tianwang-bench-'))
    const shown = scene.shown.slice(0, tiles)
    const startedMs = performance.now()
    const children = shown.map((index, position) => pull(scene, index, join(folder, `${position}.m3u8`), ffmpegPath))
    const server = await serve(folder, tiles)
    const context = await scene.stage.browser.newContext({ viewport: { width: 1920, height: 1080 } })
    const wall = new PlainWall({ scene, shown, folder, children, server, context, page: await context.newPage() })
    try {
      const deadlineMs = performance.now() + BEGIN_MS
      while (readdirSync(folder).filter((name) => name.endsWith('.m3u8')).length < tiles) {
        if (performance.now() > deadlineMs) throw new Error('the reference did not begin')
        await sleep(systemClock, 200)
      }
      await wall.page.addInitScript({ content: `${tileWatchScript};${markWatchScript}` })
      await wall.show()
      wall.coldMs = performance.now() - startedMs
      return wall
    } catch (error) {
      await wall.close()
      throw error
    }
  }

  /** Opens the page anew and waits for a picture of every player. */
  async show(): Promise<void> {
    const { server, page, shown } = this.#parts
    const address = server.address()
    await page.goto(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`)
    await pageWhen(page, `tileWatch.count() === ${shown.length} && tileWatch.all((tile) => tile.frames > 0)`, BEGIN_MS)
  }

  /** From the camera's sending to the pixels; null = no picture or no legible mark. */
  async delayOf(position: number): Promise<number | null> {
    const { page, scene, shown } = this.#parts
    const mark = await readMark(page, position)
    const sentMs = mark && scene.stage.fleet().markTime(shown[position] ?? 0, 'sub', mark.index, mark.atMs)
    return mark && typeof sentMs === 'number' ? mark.atMs - sentMs : null
  }

  async close(): Promise<void> {
    const { context, server, children, folder } = this.#parts
    await context.close()
    server.closeAllConnections()
    server.close()
    await Promise.all(children.map(end))
    rmSync(folder, { recursive: true, force: true })
  }
}

function pull(scene: WallScene, index: number, playlist: string, ffmpegPath: string): ChildProcess {
  const camera = scene.stage.fleet().cameras[index - 1]
  const url = new URL(camera?.rtspUrl.sub ?? '')
  url.username = camera?.username ?? ''
  url.password = camera?.password ?? ''
  return spawn(ffmpegPath, ['-nostdin', '-loglevel', 'quiet', '-rtsp_transport', 'tcp', '-i', url.href, '-map', '0:v:0', '-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_list_size', '6', '-hls_flags', 'delete_segments', playlist], { stdio: 'ignore' })
}

async function serve(folder: string, tiles: number): Promise<Server> {
  const player = readFileSync(new URL(import.meta.resolve('hls.js')).pathname.replace(/hls\.mjs$|hls\.js$/, 'hls.min.js'))
  const perRow = Math.ceil(Math.sqrt(tiles))
  const cells = Array.from({ length: tiles }, (_, at) => `<div class="cell" style="order:${at}"><p class="title"><span class="name">${at}</span></p><video muted autoplay width="${Math.floor(1800 / perRow)}"></video></div>`).join('')
  const look = `.grid{display:grid;grid-template-columns:repeat(${perRow},1fr)} p{margin:0}`
  const html = `<!doctype html><meta charset="utf-8"><style>${look}</style><div class="grid">${cells}</div><script src="/hls.js"></script><script>document.querySelectorAll('video').forEach((video, at) => { const hls = new Hls(); hls.loadSource('/' + at + '.m3u8'); hls.attachMedia(video) })</script>`
  const types: Record<string, string> = { '.m3u8': 'application/vnd.apple.mpegurl', '.ts': 'video/mp2t' }
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1)
    try {
      if (name === '') response.setHeader('content-type', 'text/html').end(html)
      else if (name === 'hls.js') response.setHeader('content-type', 'text/javascript').end(player)
      else if (/^[a-z0-9]+\.(m3u8|ts)$/.test(name)) response.setHeader('content-type', types[extname(name)] ?? '').setHeader('cache-control', 'no-store').end(readFileSync(join(folder, name)))
      else response.writeHead(404).end()
    } catch {
      response.writeHead(404).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
