// Players that know nothing of this console, on its HTTP origin: each is given the address with its ticket and nothing else,
// and must show twenty seconds of what is live, as it comes, asking for no segment twice.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { systemClock } from '#base/clock.ts'
import { api } from '#contract/api.ts'
import { sessionIdSchema } from '#contract/ids.ts'
import { StreamTickets } from '../../backend/access/index.ts'
import { keyFile } from '../../backend/storage/index.ts'
import { findFfmpeg } from '../fleet/index.ts'
import { FRAMES_PER_SECOND } from '../fleet/scenes/scene.ts'
import { ffmpegThere, openScene, type Scene } from '../integration/acceptance-scene.ts'
import { openNarrowLine } from '../support/narrow-line.ts'
import { assertFollows, assertParts, readPlaylist } from '../support/playlist-rules.ts'

/** More than a playlist lists of the past, so that most of it is made while the player runs. */
const FRAMES = 20 * FRAMES_PER_SECOND
const WITHIN_MS = 60_000

interface Run {
  /** Which playlist. */
  file: 'live' | 'index' | 'master'
  /** Comes with the session's cookie, and its address has no ticket. */
  byCookie?: true
  /** @param url of the playlist, with its ticket if there is one */
  args: (url: string, cookie: string) => string[]
}

interface Player {
  name: string
  command: string
  runs: Run[]
  /** Frames by what it has told so far, for one that does not end by itself when it has shown enough. */
  shown?: (stdout: string) => number
  judge: (told: Told) => void
}

interface Told {
  stdout: string
  stderr: string
  tookMs: number
}

const has = (command: string): boolean => {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const mpvOptions = ['--no-config', '--vo=null', '--ao=null', '--no-terminal', `--frames=${FRAMES}`]
const ffmpeg = findFfmpeg(process.env) ?? 'ffmpeg'

/** ffmpeg and ffprobe read the init segment again with every playlist that they load, and say so of themselves. */
const complaintsOf = (stderr: string) => stderr.split('\n').filter((line) => line.trim() && !/duplicated MOOV|Last message repeated/.test(line))

const players: Player[] = [
  {
    name: 'ffmpeg',
    command: ffmpeg,
    runs: (['live', 'index', 'master'] as const).map((file) => ({ file, args: (url) => ['-hide_banner', '-nostats', '-v', 'warning', '-progress', 'pipe:1', '-i', url, '-frames:v', String(FRAMES), '-f', 'null', '-'] })),
    judge({ stdout, stderr }) {
      assert.equal(Number([...stdout.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1]), FRAMES)
      assert.deepEqual(complaintsOf(stderr), [])
    },
  },
  {
    // Decodes nothing but what tells it of the stream; reads the packets of as many frames as the others show.
    name: 'ffprobe',
    command: 'ffprobe',
    runs: (['live', 'index', 'master'] as const).map((file) => ({ file, args: (url) => ['-hide_banner', '-v', 'warning', '-show_streams', '-show_packets', '-read_intervals', `%+#${FRAMES}`, '-of', 'compact', url] })),
    judge({ stdout, stderr }) {
      assert.deepEqual(complaintsOf(stderr), [])
      const streams = stdout.split('\n').filter((line) => line.startsWith('stream|'))
      assert.equal(streams.length, 1)
      for (const fact of ['codec_name=h264', 'width=640', 'height=360', 'has_b_frames=0', 'r_frame_rate=15/1']) assert.ok(streams[0]?.split('|').includes(fact), `${fact} in ${streams[0]}`)
      const packets = stdout.split('\n').filter((line) => line.startsWith('packet|'))
      assert.equal(packets.length, FRAMES)
      assert.match(packets[0] ?? '', /\|flags=K/)
      const times = packets.map((line) => Number(/\|dts=(\d+)\|/.exec(line)?.[1]))
      assert.ok(times.every((dts, at) => at === 0 || dts > (times[at - 1] ?? Infinity)), 'decode times go on')
    },
  },
  {
    // The old demuxer (hlsdemux) leaves the timeline of fragmented MP4 as it is and would show a picture as late as the
    // stream is old, so its sink does not look at the clock here; playbin3 has the new one. Neither is told to end after so
    // many frames: the old one takes a sink that has enough for a broken download, and asks for the segment again.
    name: 'GStreamer',
    command: 'gst-launch-1.0',
    runs: [
      ...(['live', 'index', 'master'] as const).map((file) => ({
        file,
        args: (url: string) => ['-v', 'souphttpsrc', `location=${url}`, '!', 'hlsdemux', '!', 'qtdemux', '!', 'h264parse', '!', 'avdec_h264', '!', 'identity', 'silent=false', '!', 'fakesink', 'sync=false'],
      })),
      { file: 'master', args: (url) => ['-v', 'playbin3', `uri=${url}`, 'video-sink=identity silent=false ! fakesink sync=true'] },
    ],
    shown: (stdout) => stdout.split('last-message = chain').length - 1,
    judge: ({ stdout, stderr }) => assert.doesNotMatch(`${stdout}${stderr}`, /ERROR|WARNING/),
  },
  {
    name: 'mpv',
    command: 'mpv',
    runs: [
      ...(['live', 'index', 'master'] as const).map((file) => ({ file, args: (url: string) => [...mpvOptions, url] })),
      { file: 'index', byCookie: true, args: (url, cookie) => [...mpvOptions, `--http-header-fields=Cookie: ${cookie}`, url] },
    ],
    judge: () => undefined,
  },
]

describe('the HTTP origin', function () {
  this.timeout(WITHIN_MS + 20_000)
  let scene: Scene

  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene()
  })
  after(() => scene?.close())

  for (const player of players) {
    const { name, command, runs, judge } = player
    it(`is played live by ${name}, through each of its playlists`, async function () {
      if (!has(command)) return this.skip()
      const client = await scene.server.signIn('supervisor')
      const [camera] = scene.cameras
      assert.ok(camera)
      const opened = (await client.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
      // Warm, with a list of usual length: a player that comes to a cold stream has less to begin with.
      const paths = { live: opened.playlistUrl, index: opened.segmentsUrl, master: opened.segmentsUrl.replace('index.m3u8', 'master.m3u8') }
      for (let listed = 0; listed < 6; ) listed = (await client.get(opened.segmentsUrl)).text.split('#EXTINF').length - 1
      await Promise.all(
        runs.map(async (run) => {
          const line = await openNarrowLine(scene.server.origin)
          try {
            const path = run.byCookie ? paths[run.file].split('?', 1)[0] ?? '' : paths[run.file]
            const told = await play(player, run.args(`${line.origin}${path}`, client.cookie))
            judge(told)
            // Twelve seconds of the past may be in the list; the rest can only come as it is made.
            assert.ok(told.tookMs > 6_000, `${name} was through ${run.file} in ${told.tookMs} ms: that was not live`)
            const segments = [...line.asked.keys()].filter((path) => path.endsWith('.m4s'))
            assert.ok(segments.length >= 15, `${name} asked for ${segments.length} segments of ${run.file}`)
            const again = [...line.asked].filter(([path, count]) => path.endsWith('.m4s') && count > 1)
            assert.deepEqual(again, [], `${name}, ${run.file}`)
          } finally {
            await line.close()
          }
        }),
      )
    })
  }

  it('gives a player that asks for a delta the whole playlist, and refuses directives that it does not know', async () => {
    const client = await scene.server.signIn('supervisor')
    const [camera] = scene.cameras
    assert.ok(camera)
    const { playlistUrl } = (await client.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
    let whole = (await client.get(playlistUrl)).text
    assert.doesNotMatch(whole, /CAN-SKIP-UNTIL/)
    for (const wish of ['_HLS_skip=YES', '_HLS_skip=v2', '_HLS_msn=0&_HLS_skip=YES', `_HLS_msn=${readPlaylist(whole).mediaSequence + readPlaylist(whole).segments.length}&_HLS_skip=YES`]) {
      const { status, text } = await client.get(`${playlistUrl}&${wish}`)
      assert.equal(status, 200, wish)
      assert.doesNotMatch(text, /EXT-X-SKIP/, wish)
      assertFollows(readPlaylist(whole), readPlaylist(text))
      assertParts(text)
      whole = text
    }
    for (const wish of ['_HLS_skip=NO', '_HLS_skip=', '_HLS_push=1', '_HLS_report=x', '_HLS_MSN=1', '_HLS_msn=0&_HLS_later=1', '_HLS_msn=-1', '_HLS_msn=0&_HLS_msn=1']) {
      const { status, code } = await client.get(`${playlistUrl}&${wish}`)
      assert.deepEqual([status, code], [400, 'invalid_request'], wish)
    }
  })

  it('ends for a player whose ticket runs out, with an answer that says so', async () => {
    const client = await scene.server.signIn('supervisor')
    const [camera] = scene.cameras
    assert.ok(camera)
    const opened = (await client.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
    const [path = '', query = ''] = opened.segmentsUrl.split('?')
    const sessionId = sessionIdSchema.parse(new URLSearchParams(query).get('ticket')?.split('.')[0])
    const tickets = new StreamTickets({ key: keyFile(scene.server.dataDir, 'stream-ticket', randomBytes), clock: systemClock })
    const ticket = tickets.issue({ sessionId, cameraId: camera.id, stream: 'sub', expiresAtMs: Date.now() + 6_000 })
    const args = ['-hide_banner', '-nostats', '-v', 'warning', '-i', `${scene.server.origin}${path}?ticket=${ticket}`, '-f', 'null', '-']
    const { stderr, tookMs } = await play({ command: ffmpeg }, args, { mayFail: true })
    assert.match(stderr, /401 Unauthorized/)
    assert.ok(tookMs > 5_000 && tookMs < 50_000, `it ended after ${tookMs} ms`)
    assert.equal((await client.get(`${path}?ticket=${ticket}`)).code, 'stream_ticket_refused')
    assert.equal((await client.get(path)).status, 200, 'the cookie is still good')
  })
})

function play({ command, shown }: Pick<Player, 'command' | 'shown'>, args: string[], { mayFail = false } = {}): Promise<Told> {
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let [stdout, stderr, enough] = ['', '', false]
    const late = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS)
    child.stdout.on('data', (text: Buffer) => {
      stdout += text.toString()
      if (enough || shown === undefined || shown(stdout) < FRAMES) return
      enough = true
      child.kill('SIGKILL')
    })
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(late)
      if (enough || code === 0 || (mayFail && code !== null)) resolve({ stdout, stderr, tookMs: performance.now() - startedMs })
      else reject(new Error(`${command} ended with ${signal ?? code}, ${shown ? `${shown(stdout)} frames shown` : 'not through'}: ${stderr.slice(-2_000)}`))
    })
  })
}
