// Owns the bench of delay: from the camera's sending of a frame to the pixels on the screen, of a wall's tiles, of the focus
// tile, and of the reference in the same run (`ffmpeg -c copy -f hls` with 2 s segments, read by plain hls.js).
// Refuses: what a tile says of itself; the frame mark in the decoded picture counts.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { sleep, systemClock } from '#base/clock.ts'
import { tilesOf, tileWatchScript } from '../e2e/tile-watch.ts'
import { pageWhen } from '../support/browser.ts'
import { markWatchScript, readMark } from './mark-watch.ts'
import { quantile, table, type Row } from './table.ts'
import { WallScene } from './wall-scene.ts'

const BETWEEN_LOOKS_MS = 100
const SETTLE_MS = 5_000
const REFERENCE = 'hls.js on 2 s segments'

/** @param options.ms how long each is looked at */
export async function delays(options: { tiles: number; ms: number; ffmpegPath: string }): Promise<string> {
  const { tiles, ms, ffmpegPath } = options
  const scene = await WallScene.open(tiles)
  try {
    await scene.arrange(tiles)
    await scene.page.goto('/wall')
    await pageWhen(scene.page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.frames > 0)`, 60_000)
    await sleep(systemClock, SETTLE_MS)
    const wall = await look(tiles, ms, async (position) => (await scene.frameOf(position))?.delayMs ?? null)
    const stalls = (await tilesOf(scene.page)).reduce((sum, tile) => sum + tile.stalls, 0)

    await scene.page.locator('.grid > .cell').first().dblclick({ position: { x: 80, y: 120 } })
    await sleep(systemClock, SETTLE_MS)
    const focus = await look(1, ms, async () => (await scene.frameOf(0))?.delayMs ?? null)
    await scene.page.goto('/home')

    const theirs = await reference(scene, options, ffmpegPath)
    const rows: Row[] = []
    for (const [share, name, target, focusTarget] of [[0.5, 'p50', 1.2, 0.5], [0.95, 'p95', 1.8, 0.8]] as const) {
      const compared = { name: REFERENCE, value: quantile(theirs, share) / 1000 }
      rows.push({ measure: `wall of ${tiles}, ${name}`, value: quantile(wall, share) / 1000, unit: 's', reference: compared, target: Math.min(target, compared.value / 3) })
      rows.push({ measure: `focus tile, ${name}`, value: quantile(focus, share) / 1000, unit: 's', reference: compared, target: focusTarget })
    }
    return table('Delay by the frame mark in decoded pixels', rows, [
      `${wall.length} looks at the wall, ${focus.length} at the focus tile, ${theirs.length} at the reference's ${tiles} players; ${stalls} stalls on the wall. The wall must be three times quicker than the reference as well. Camera and browser share a clock; encoding in the camera is not part of it.`,
    ])
  } finally {
    await scene.close()
  }
}

async function look(tiles: number, ms: number, delayOf: (position: number) => Promise<number | null>): Promise<number[]> {
  const seen: number[] = []
  const endMs = performance.now() + ms
  for (let turn = 0; performance.now() < endMs; turn++) {
    const delayMs = await delayOf(turn % tiles)
    if (delayMs !== null) seen.push(delayMs)
    await sleep(systemClock, BETWEEN_LOOKS_MS)
  }
  return seen
}

/** As many players on one plain page, each on an ffmpeg of its own. */
async function reference(scene: WallScene, { tiles, ms }: { tiles: number; ms: number }, ffmpegPath: string): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tianwang-bench-'))
  const fleet = scene.stage.fleet()
  const shown = scene.shown.slice(0, tiles)
  const children = shown.map((index, position) => {
    const camera = fleet.cameras[index - 1]
    const url = new URL(camera?.rtspUrl.sub ?? '')
    url.username = camera?.username ?? ''
    url.password = camera?.password ?? ''
    return spawn(ffmpegPath, ['-nostdin', '-loglevel', 'quiet', '-rtsp_transport', 'tcp', '-i', url.href, '-map', '0:v:0', '-c', 'copy', '-f', 'hls', '-hls_time', '2', '-hls_list_size', '6', '-hls_flags', 'delete_segments', join(folder, `${position}.m3u8`)], { stdio: 'ignore' })
  })
  const server = await serve(folder, tiles)
  const address = server.address()
  const context = await scene.stage.browser.newContext({ viewport: { width: 1920, height: 1080 } })
  try {
    const deadlineMs = performance.now() + 60_000
    while (readdirSync(folder).filter((name) => name.endsWith('.m3u8')).length < tiles) {
      if (performance.now() > deadlineMs) throw new Error('the reference did not begin')
      await sleep(systemClock, 200)
    }
    const page = await context.newPage()
    await page.addInitScript({ content: `${tileWatchScript};${markWatchScript}` })
    await page.goto(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`)
    await pageWhen(page, `tileWatch.count() === ${tiles} && tileWatch.all((tile) => tile.frames > 0)`, 60_000)
    await sleep(systemClock, SETTLE_MS)
    return await look(tiles, ms, async (position) => {
      const mark = await readMark(page, position)
      const sentMs = mark && fleet.markTime(shown[position] ?? 0, 'sub', mark.index, mark.atMs)
      return mark && typeof sentMs === 'number' ? mark.atMs - sentMs : null
    })
  } finally {
    await context.close()
    server.closeAllConnections()
    server.close()
    await Promise.all(children.map(end))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function serve(folder: string, tiles: number): Promise<Server> {
  const player = readFileSync(new URL(import.meta.resolve('hls.js')).pathname.replace(/hls\.mjs$|hls\.js$/, 'hls.min.js'))
  const cells = Array.from({ length: tiles }, (_, at) => `<div class="cell" style="order:${at}"><p class="title"><span class="name">${at}</span></p><video muted autoplay width="600"></video></div>`).join('')
  const html = `<!doctype html><meta charset="utf-8"><div class="grid">${cells}</div><script src="/hls.js"></script><script>document.querySelectorAll('video').forEach((video, at) => { const hls = new Hls(); hls.loadSource('/' + at + '.m3u8'); hls.attachMedia(video) })</script>`
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
