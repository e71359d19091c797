// Owns proof of TLS by the server itself: HTTP/2 for everything that a console asks, HTTP/1.1 and WebSockets beside it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { io } from 'socket.io-client'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { silentLogger, type Logger } from '#base/logger.ts'
import { api } from '#contract/api.ts'
import { mediaPushPath, pushNoticeSchema } from '#contract/media-push.ts'
import { Http2Client } from '../support/http2-client.ts'
import { makeCertificate, type TestCertificate } from '../support/certificate.ts'
import { ensureConsole } from '../../scripts/ensure-console.ts'
import { ffmpegThere, openScene, within, type Scene } from './acceptance-scene.ts'

describe('a server with a certificate', function () {
  this.timeout(60_000)
  let certificate: TestCertificate
  let scene: Scene
  let origin: string
  let client: Http2Client
  const clients: Http2Client[] = []
  /** What the server wrote down as a failure. */
  const failures: string[] = []
  const connect = () => {
    const made = new Http2Client(origin, certificate.certificate)
    clients.push(made)
    return made
  }

  before(async function () {
    this.timeout(180_000)
    const made = ffmpegThere ? makeCertificate() : null
    if (made === null) return this.skip()
    certificate = made
    await ensureConsole()
    const logger: Logger = { ...silentLogger, error: (_fields, message) => void failures.push(message), child: () => logger }
    scene = await openScene({ logger, config: { server: { tlsCertificateFile: made.certificateFile, tlsKeyFile: made.keyFile, secureCookies: 'always' } } })
    origin = scene.server.origin
    client = connect()
    await client.signIn('supervisor')
  })
  after(async () => {
    for (const one of clients) one.close()
    await scene?.close()
    certificate?.remove()
  })

  it('speaks HTTP/2, gives a cookie for this host only, and tells browsers to stay with TLS', async () => {
    assert.equal(client.protocol, 'h2')
    assert.match(client.cookie, /^__Host-tianwang=/)
    const answer = await client.get('/api/session')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'self'/)
  })

  it('answers lists compressed, files of the console, and problems as such', async () => {
    const list = await client.get('/api/cameras?pageSize=200', { 'accept-encoding': 'gzip' })
    assert.equal(list.headers['content-encoding'], 'gzip')
    assert.equal(list.as(api.listCameras.result).total, 6)
    const index = await client.get('/wall')
    assert.match(index.text, /<div id="console">/)
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(index.text)?.[1] ?? ''
    const asset = await client.get(script)
    assert.deepEqual([asset.status, asset.headers['cache-control']], [200, 'public, max-age=31536000, immutable'])
    const missing = await client.get('/api/cameras/01arz3ndektsv4rrffq69g5fav')
    assert.deepEqual([missing.status, missing.code, missing.headers['content-type']], [404, 'not_found', 'application/problem+json; charset=utf-8'])
    assert.equal((await client.get('/api/nothing')).code, 'not_found')
    assert.equal((await client.get('/api/%2e%2e/x')).code, 'bad_path')
  })

  it('refuses over HTTP/2 what it refuses over HTTP/1.1: a foreign page, a missing token, another type, too large a body', async () => {
    const wall = { tiles: 4, cameraIds: [] }
    const put = (headers: Record<string, string>, body: unknown = wall) => client.request('PUT', '/api/wall', body, headers)
    assert.equal((await put({})).status, 204)
    assert.equal((await put({ origin: 'https://elsewhere.example' })).code, 'origin_refused')
    assert.equal((await put({ 'x-csrf-token': 'x' })).code, 'csrf_refused')
    assert.equal((await put({ 'content-type': 'text/plain' })).code, 'unsupported_type')
    assert.equal((await put({}, 'a,b')).code, 'unsupported_type')
    assert.equal((await put({}, { ...wall, more: 'x'.repeat(2_000_000) })).code, 'body_too_large')
    const stranger = connect()
    assert.equal((await stranger.get('/api/cameras')).code, 'not_signed_in')
  })

  it('lets a hundred playlists wait for their parts on one connection while lists are answered', async () => {
    const [camera] = scene.cameras
    assert.ok(camera)
    const { playlistUrl } = (await client.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
    const hinted = ({ text }: { text: string }) => /PRELOAD-HINT:TYPE=PART,URI="\d+-(\d+)\.\d+\.m4s/.exec(text)?.[1] ?? ''
    const before = await client.get(playlistUrl)
    assert.equal(before.status, 200, before.code)
    // At the end of a segment the one after the next is nearly two seconds away.
    const first = await client.get(`${playlistUrl}&_HLS_msn=${hinted(before)}`)
    const msn = hinted(first)
    const waiting = Array.from({ length: 100 }, () => client.get(`${playlistUrl}&_HLS_msn=${Number(msn) + 1}`))
    const asked = await client.get('/api/units')
    assert.equal(asked.status, 200)
    const still = await Promise.race([waiting[0], Promise.resolve(null)])
    assert.equal(still, null, 'the list came before the playlists')
    for (const answer of await Promise.all(waiting)) {
      assert.equal(answer.status, 200)
      assert.ok(answer.text.includes(`-${Number(msn) + 1}.m4s`), answer.text)
    }
    const file = `${playlistUrl.replace(/[^/]+$/, '')}${/URI="([^"]+\.m4s[^"]*)"/.exec(first.text)?.[1] ?? ''}`
    const media = await client.get(file)
    assert.deepEqual([media.status, media.headers['content-type'], media.bytes.subarray(4, 8).toString('latin1')], [200, 'video/mp4', 'moof'])
    // The segment that is open by then: of one that closed long ago any part is answered.
    const open = hinted(await client.get(playlistUrl))
    assert.ok(open !== '')
    for (const wish of [`_HLS_msn=${open}&_HLS_part=900`, `_HLS_msn=${Number(open) + 99}`, '_HLS_part=0']) assert.equal((await client.get(`${playlistUrl}&${wish}`)).code, 'invalid_request', wish)
    assert.equal((await client.get(`${playlistUrl}&_HLS_msn=0&_HLS_part=3`)).status, 200)
  })

  it('forgets a request whose stream is reset while it waits', async () => {
    const [camera] = scene.cameras
    assert.ok(camera)
    const { playlistUrl } = (await client.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
    const first = await client.get(playlistUrl)
    const msn = Number(/PRELOAD-HINT:TYPE=PART,URI="\d+-(\d+)\./.exec(first.text)?.[1])
    const waiting = Array.from({ length: 150 }, () => client.open('GET', `${playlistUrl}&_HLS_msn=${msn + 1}`))
    for (const stream of waiting) stream.close(8)
    await Promise.all(waiting.map((stream) => once(stream, 'close')))
    // The same connection, the same playlist: places and answers are not mixed up.
    const after = await client.get(playlistUrl)
    assert.equal(after.status, 200)
    assert.match(after.text, /^#EXTM3U/)
  })

  it('sends pictures and exports as they are over HTTP/2', async () => {
    const [camera] = scene.cameras
    assert.ok(camera)
    const picture = await client.get(`/api/cameras/${camera.id}/snapshot?stream=sub`)
    assert.deepEqual([picture.status, picture.headers['content-type'], picture.bytes.subarray(0, 2).toString('hex')], [200, 'image/jpeg', 'ffd8'])
    const auditor = connect()
    await auditor.signIn('auditor')
    const lines = await auditor.get('/api/audit/export')
    assert.equal(lines.status, 200, lines.text.slice(0, 300))
    assert.ok(lines.text.trim().split('\n').every((line) => z.object({}).safeParse(JSON.parse(line)).success))
  })

  it('ends an answer that its asker gives up in the middle, and takes that for no failure', async () => {
    const auditor = connect()
    await auditor.signIn('auditor')
    for (let count = 0; count < 20; count++) {
      const stream = auditor.open('GET', '/api/audit/export')
      await once(stream, 'response')
      stream.close(8)
      await once(stream, 'close')
    }
    assert.equal((await auditor.get('/api/session')).status, 200)
    assert.deepEqual(failures, [])
  })

  it('opens the media socket and socket.io, by WebSocket and by polling, on the same port', async () => {
    const headers = { cookie: client.cookie, origin }
    const socket = new WebSocket(`${origin.replace('https', 'wss')}${mediaPushPath}`, { headers, ca: certificate.certificate })
    const [hello] = (await within(5_000, 'the greeting', once(socket, 'message'))) as [Buffer]
    assert.equal(pushNoticeSchema.parse(JSON.parse(hello.toString())).type, 'hello')
    socket.terminate()
    for (const transport of ['websocket', 'polling']) {
      const events = io(origin, { transports: [transport], reconnection: false, forceNew: true, extraHeaders: headers, ca: certificate.certificate.toString() })
      await within(5_000, transport, new Promise<void>((resolve, reject) => {
        events.once('connect', resolve)
        events.once('connect_error', reject)
      }))
      events.disconnect()
    }
    const foreign = new WebSocket(`${origin.replace('https', 'wss')}${mediaPushPath}`, { headers: { ...headers, origin: 'https://elsewhere.example' }, ca: certificate.certificate })
    const [error] = (await once(foreign, 'error')) as [Error]
    assert.match(error.message, /403/)
  })

  it('lets socket.io poll over HTTP/2', async () => {
    const opened = await client.get('/socket.io/?EIO=4&transport=polling', { origin })
    assert.equal(opened.status, 200)
    assert.match(opened.text, /^0\{"sid":/)
    assert.equal((await client.get('/socket.io/?EIO=4&transport=polling', { origin: 'https://elsewhere.example' })).status, 403)
  })

  it('answers players that know HTTP/1.1 only', async () => {
    const answer = await new Promise<{ version: string; status: number | undefined }>((resolve, reject) => {
      get(`${origin}/healthz`, { ca: certificate.certificate }, (response) => {
        response.resume()
        resolve({ version: response.httpVersion, status: response.statusCode })
      }).on('error', reject)
    })
    assert.deepEqual(answer, { version: '1.1', status: 200 })
  })

  it('cuts the waiting requests of a person who signs out', async () => {
    const leaving = connect()
    await leaving.signIn('operatorA')
    const [camera] = scene.cameras
    assert.ok(camera)
    const { playlistUrl } = (await leaving.request('POST', '/api/live', { cameraId: camera.id, stream: 'sub' })).as(api.openLive.result)
    const first = await leaving.get(playlistUrl)
    const msn = Number(/PRELOAD-HINT:TYPE=PART,URI="\d+-(\d+)\./.exec(first.text)?.[1])
    const waiting = leaving.get(`${playlistUrl}&_HLS_msn=${msn + 1}`)
    assert.equal((await leaving.request('DELETE', '/api/session')).status, 204)
    assert.equal((await within(5_000, 'the refusal', waiting)).status, 401)
  })
})
