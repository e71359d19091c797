// Transcoding through the media plane with a real ffmpeg: H.265 for who plays it, H.264 for who does not, of one pull; the
// queue for places; what a killed encoder and an encoder that breaks at work leave behind.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { AppError } from '#base/app-error.ts'
import type { Decodes } from '#contract/live.ts'
import { readPushHeader, type PushNotice } from '#contract/media-push.ts'
import type { FormKey, MediaLimits, MediaPlane, StreamReport, StreamSource } from '#streams'
import { locateFfmpeg } from '../../streams/ffmpeg/locate.ts'
import { encodeLoop, nextReport, openPlane, playlistOf, sourceOf, type Loop } from '../unit/streams/plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from '../unit/streams/scripted-camera.ts'

const run = promisify(execFile)
const playsH265: Decodes = { h264: 2 ** 28, h265: 2 ** 28 }

describe('a transcode', function () {
  this.timeout(60_000)
  let loop: Loop
  let plane: MediaPlane
  const cameras: ScriptedCamera[] = []

  before(async function () {
    if (!(await locateFfmpeg(process.env))) this.skip()
    loop = await encodeLoop({ codec: 'h265' })
  })
  afterEach(async () => {
    await plane?.close()
    for (const camera of cameras.splice(0)) await camera.stop()
  })

  const begin = async (script: CameraScript = {}, limits: Partial<MediaLimits> = {}) => {
    plane = await openPlane({ limits })
    return another(script)
  }
  const another = async (script: CameraScript = {}): Promise<StreamSource> => {
    const camera = await new ScriptedCamera({ loop, encoding: 'H265', ...script }).start()
    cameras.push(camera)
    return sourceOf(camera, { cameraId: `camera-${cameras.length}`, codec: 'h265' })
  }
  const pulls = (at = 0) => cameras[at]?.requests.filter(({ method }) => method === 'PLAY').length
  const is = (wanted: Partial<StreamReport>) => (report: StreamReport) => Object.entries(wanted).every(([key, value]) => report[key as keyof StreamReport] === value)
  const running = (form: 'original' | 'h264', cameraId = 'camera-1') => nextReport(plane, is({ form, cameraId, state: 'running' }))
  const h264 = (source: StreamSource): FormKey => ({ cameraId: source.cameraId, stream: source.stream, form: 'h264' })
  const text = async (key: FormKey, name: string) => Buffer.from((await plane.file(key, name, { waitMs: 10_000, uriSuffix: '' })).bytes).toString('utf8')

  it('is not made for who plays H.265, and ffmpeg decodes what that viewer gets without a complaint', async () => {
    const source = await begin()
    const report = await plane.open(source, playsH265)
    assert.deepEqual([report.form, report.transcoded], ['original', false])
    assert.match(await text(source, 'master.m3u8'), /CODECS="hvc1\.1\.6\.L\d+\.[0-9A-F.]+",RESOLUTION=320x180/)
    await playlistOf(plane, source)
    const decoded = await decodedBy(plane, source, 3)
    assert.equal(decoded.codec, 'hevc')
    assert.ok(decoded.frames >= 50, `${decoded.frames} frames`)
    assert.deepEqual(decoded.complaints, [])
    assert.equal((await plane.transcoding()).taken, 0)
  })

  it('is made of the frames of the one pull, while another viewer gets the same stream as it is', async () => {
    const source = await begin()
    await plane.open(source, playsH265)
    const report = await plane.open(source)
    assert.deepEqual([report.form, report.transcoded], ['h264', true])
    await running('h264')
    assert.match(await text(h264(source), 'master.m3u8'), /CODECS="avc1\.[0-9a-f]{6}"/)
    const [made, original] = [await decodedBy(plane, h264(source), 3), await decodedBy(plane, source, 1)]
    assert.deepEqual([made.codec, original.codec], ['h264', 'hevc'])
    assert.ok(made.frames >= 50, `${made.frames} frames`)
    assert.deepEqual(made.complaints, [])
    assert.equal(pulls(), 1)
  })

  it('dates its pictures by when they came from the camera, not by when they were made', async () => {
    const source = await begin()
    await plane.open(source, playsH265)
    await plane.open(source)
    await running('h264')
    const dates = async (key: FormKey) => [...(await text(key, 'index.m3u8')).matchAll(/PROGRAM-DATE-TIME:(\S+)/g)].map((match) => Date.parse(match[1] ?? ''))
    const newest = Math.max(...(await dates(h264(source))))
    // The burst with which it begins has its pictures' own dates, from before the transcode was asked for.
    assert.ok(newest <= Date.now() && newest > Date.now() - 5_000)
    const reports = await plane.reports()
    const [made, original] = ['h264', 'original'].map((form) => reports.find((report) => report.form === form)?.newestFrameMs ?? 0)
    assert.ok(Math.abs((made ?? 0) - (original ?? 0)) < 1_500, `${made} and ${original}`)
  })

  it('waits in the queue with its position told, begins when the place is free, and is refused beyond the queue', async () => {
    const first = await begin({}, { transcodes: 1, transcodeQueue: 1, transcodeLingerMs: 1_000 })
    const [second, third] = [await another(), await another()]
    await plane.open(first)
    await running('h264')
    const begun = running('h264', second.cameraId)
    // Watched still: what its start took is no part of how long it is kept without a viewer once another waits.
    await plane.open(first)
    const waiting = await plane.open(second)
    assert.deepEqual([waiting.state, waiting.queue], ['queued', { position: 1, waiting: 1, taken: 1, limit: 1 }])
    assert.equal(pulls(1), 0, 'the camera is not pulled for one who waits')
    await assert.rejects(plane.open(third), (error: unknown) => error instanceof AppError && error.code === 'transcode_limit' && error.retryAfterSeconds !== undefined)
    assert.deepEqual(await plane.transcoding(), { encoder: 'libx264', taken: 1, limit: 1, waiting: 1, mostWaiting: 1, refused: 1 })
    // The first one's viewers are gone; the second one's keep asking.
    await plane.open(second)
    await begun
    assert.equal((await plane.open(second)).queue, null)
    const reports = await plane.reports()
    assert.deepEqual(reports.filter(({ form, state }) => form === 'h264' && state !== 'idle').map(({ cameraId, state }) => `${cameraId} ${state}`), ['camera-1 stopped', 'camera-2 running'])
  })

  it('has its picture back within 5 s after its process was killed, and the pull goes on untouched', async () => {
    const source = await begin()
    await plane.open(source)
    await running('h264')
    const states: string[] = []
    plane.on('state', (report) => void (report.form === 'original' && states.push(report.state)))
    const lost = nextReport(plane, is({ form: 'h264', state: 'backing-off' }))
    const killedMs = performance.now()
    process.kill(await transcodeOf(), 'SIGKILL')
    await lost
    await running('h264')
    assert.ok(performance.now() - killedMs < 5_000)
    assert.match(await text(h264(source), 'index.m3u8'), /#EXT-X-DISCONTINUITY\n#EXT-X-MAP/)
    assert.deepEqual([states, pulls()], [[], 1])
    assert.equal((await plane.transcoding()).encoder, 'libx264')
  })

  it('goes over to fresh processes unseen, in good time before the old ones have grown', async () => {
    const source = await begin({}, { transcodeFrames: 50 })
    await plane.open(source)
    await running('h264')
    const states: string[] = []
    plane.on('state', (report) => void (report.form === 'h264' && states.push(report.state)))
    const first = await transcodeOf()
    const decoded = await decodedBy(plane, h264(source), 8)
    assert.notEqual(await transcodeOf(), first)
    assert.ok(decoded.frames >= 180, `${decoded.frames} frames of 8 s`)
    assert.deepEqual([decoded.complaints, states, pulls()], [[], [], 1])
    const list = await text(h264(source), 'index.m3u8')
    assert.doesNotMatch(list.replace(/#EXT-X-DISCONTINUITY-SEQUENCE/g, ''), /#EXT-X-DISCONTINUITY/)
    // The first ones of a stream are short, so that a picture is there soon.
    const steps = [...list.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1])).slice(2)
    assert.ok(steps.every((seconds) => Math.abs(seconds - 1) < 0.05), steps.join(' '))
  })

  it('runs after the processes that carry pictures as they are', async () => {
    const source = await begin()
    await plane.open(source)
    await running('h264')
    const { stdout } = await run('ps', ['-o', 'ni=', '-p', String(await transcodeOf())])
    assert.ok(Number(stdout) > 0, stdout)
  })

  it('ends with the camera and comes back with it, without a place being lost', async () => {
    const source = await begin({}, { transcodes: 1 })
    await plane.open(source)
    await running('h264')
    const lost = nextReport(plane, (report) => report.form === 'h264' && report.state === 'backing-off' && report.fault !== null)
    await cameras[0]?.stop()
    await lost
    assert.equal((await plane.transcoding()).taken, 1)
    const back = running('h264')
    await cameras[0]?.start()
    await back
  })

  it('goes on with the new picture when the camera changes its size', async () => {
    const smaller = await encodeLoop({ codec: 'h265', size: '160x96' })
    const source = await begin()
    await plane.open(source)
    await running('h264')
    const lost = nextReport(plane, is({ form: 'h264', state: 'backing-off' }))
    cameras[0]?.switchNow(smaller)
    await lost
    await running('h264')
    assert.match(await text(h264(source), 'master.m3u8'), /RESOLUTION=160x96/)
    assert.equal(pulls(), 1)
  })

  it('makes a picture that is too large for a viewer smaller, and gives it as it is when no place is free', async () => {
    const large = await encodeLoop({ size: '1920x1088', fps: 10, gop: 10 })
    const script = { loop: large, encoding: 'H264' }
    const source = { ...(await begin(script, { transcodes: 1 })), codec: 'h264' as const, pixels: 1920 * 1088 }
    const small: Decodes = { h264: 1280 * 720, h265: 0 }
    assert.equal((await plane.open(source)).form, 'original')
    assert.equal((await plane.open(source, small)).form, 'h264')
    await running('h264')
    const [, width = 0, height = 0] = /RESOLUTION=(\d+)x(\d+)/.exec(await text(h264(source), 'master.m3u8')) ?? []
    assert.ok(Number(width) * Number(height) <= 1280 * 720 && Number(width) > 1200, `${width}x${height}`)
    const other = { ...(await another(script)), codec: 'h264' as const, pixels: 1920 * 1088 }
    assert.equal((await plane.open(other, small)).form, 'original')
  })

  it('takes the place of what a pushed viewer cannot play as soon as that is known', async () => {
    const source = { ...(await begin()), codec: null }
    const [notices, kinds]: [PushNotice[], string[]] = [[], []]
    let heard: () => void = () => {}
    const push = plane.push({
      bufferedBytes: () => 0,
      media: (header, _payload, sent) => {
        kinds.push(readPushHeader(Uint8Array.from(header).buffer)?.kind ?? 'none')
        sent()
      },
      track: (notice) => void notices.push(notice),
      ended: (id, reason) => {
        notices.push({ type: 'ended', id, reason })
        heard()
      },
    })
    const wish = { id: 1, cameraId: source.cameraId, stream: source.stream, decodes: { h264: 2 ** 28, h265: 0 }, mode: 'parts', priority: 'visible', windowMs: 10_000 } as const
    const first = await plane.open(source)
    assert.equal(first.form, 'original')
    const ended = new Promise<void>((resolve) => (heard = resolve))
    push.subscribe({ ...wish, form: first.form })
    await ended
    assert.deepEqual([notices, kinds], [[{ type: 'ended', id: 1, reason: 'other-form' }], []])
    const second = await plane.open(source)
    assert.equal(second.form, 'h264')
    push.subscribe({ ...wish, form: second.form })
    await running('h264')
    assert.ok(notices.some((notice) => notice.type === 'track' && notice.transcoded && notice.codecs.startsWith('avc1.')))
    assert.equal(pulls(), 1)
    push.close()
  })
})

/** What ffmpeg makes of so many seconds of the origin's playlist. */
async function decodedBy(plane: MediaPlane, key: FormKey, seconds: number): Promise<{ codec: string; frames: number; complaints: string[] }> {
  const server = createServer((request, response) => {
    plane.file(key, (request.url ?? '').slice(1), { waitMs: 20_000, uriSuffix: '' }).then(
      (file) => response.setHeader('content-type', file.contentType).end(file.bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const ffmpeg = await locateFfmpeg(process.env)
  try {
    const url = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}/index.m3u8`
    const { stderr } = await run(ffmpeg?.ffmpegPath ?? '', ['-hide_banner', '-v', 'info', '-t', String(seconds), '-i', url, '-f', 'null', '-'])
    // ffmpeg reads the init segment again with every playlist that it loads, and says so of itself.
    const complaints = stderr.split('\n').filter((line) => /error|invalid|missing|concealing|corrupt/i.test(line))
    return { codec: /Video: (\w+)/.exec(stderr)?.[1] ?? '', frames: Number([...stderr.matchAll(/frame=\s*(\d+)/g)].at(-1)?.[1] ?? 0), complaints }
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

/** The ffmpeg of ours that reads its pictures from a pipe. */
async function transcodeOf(): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)])
  const line = stdout.split('\n').find((one) => one.includes('-i pipe:0') && one.includes('libx264'))
  return Number(line?.trim().split(' ')[0] ?? Number.NaN)
}
