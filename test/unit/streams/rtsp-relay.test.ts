// The relay between ffmpeg and a camera: what it passes on, what it refuses, what it does not end a pull for.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { CameraConnection } from '../../../streams/ingest/camera-connection.ts'
import { CameraDialer } from '../../../streams/ingest/camera-dialer.ts'
import { RelaySession } from '../../../streams/ingest/relay-session.ts'
import { RtspRelay } from '../../../streams/ingest/rtsp-relay.ts'
import { HandClock } from './packager-fixture.ts'
import { sourceOf } from './plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from './scripted-camera.ts'

const addressPolicy = new AddressPolicy(['127.0.0.0/8'])
const limits = { connectTimeoutMs: 1_000, answerTimeoutMs: 1_000, silenceMs: 5_000, maxBytesPerSecond: 2_000_000 }

describe('the RTSP relay', () => {
  let camera: ScriptedCamera
  let relay: RtspRelay
  afterEach(async () => {
    await relay.close()
    await camera.stop()
  })

  const admit = async (script: CameraScript, relayLimits: Partial<typeof limits> = {}, frameGapMs = 0) => {
    camera = await new ScriptedCamera({ login: 'digest-md5', password: 'canary', ...script }).start()
    relay = new RtspRelay({ clock: systemClock, awake: { ms: () => performance.now(), patience: 1 }, random: randomBytes, dialer: new CameraDialer({ clock: systemClock, random: randomBytes, addressPolicy, limits: { ...limits, ...relayLimits } }), limits: { ...limits, ...relayLimits } })
    let report: (fault: Fault | null) => void = () => {}
    const ended = new Promise<Fault | null>((resolve) => {
      report = resolve
    })
    let lostBytes = 0
    const ticket = await relay.admit(sourceOf(camera), { frameGapMs: () => frameGapMs, onDescribed() {}, onMediaBytes() {}, onLostBytes: (bytes) => void (lostBytes += bytes), onEnd: (fault) => report(fault) })
    return { ticket, ended, lost: () => lostBytes }
  }

  /** Sends requests one after another and gives all that came back until the connection closed or `until` was seen. */
  const talk = (url: string, requests: string[], until: RegExp | ((text: string) => boolean)): Promise<string> => {
    const port = Number(/:(\d+)\//.exec(url)?.[1])
    const isEnough = typeof until === 'function' ? until : (text: string) => until.test(text)
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      let next = 0
      const send = () => {
        const [method, suffix = '', extra = ''] = (requests[next] ?? '').split(' ')
        socket.write(`${method} ${url}${suffix} RTSP/1.0\r\nCSeq: ${++next}\r\n${extra ? `${extra.replaceAll('~', ' ')}\r\n` : ''}\r\n`)
      }
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (isEnough(text)) socket.destroy()
        else if (next < requests.length && (text.match(/RTSP\/1\.0 \d/g) ?? []).length >= next) send()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
      send()
    })
  }
  const SETUP = 'SETUP /t1 Transport:~RTP/AVP/TCP;unicast;interleaved=0-1'

  it('describes the stream with its own addresses only and logs in by itself', async () => {
    const { ticket } = await admit({})
    const text = await talk(ticket.url, ['OPTIONS', 'DESCRIBE'], /m=video[\s\S]*a=control/)
    assert.match(text, new RegExp(`a=control:${ticket.url}/t1`))
    assert.ok(!text.includes(String(camera.port)) && !/canary|img/.test(text.replaceAll(ticket.url, '')))
  })

  it('logs in again when the camera’s nonce has run out', async () => {
    const { ticket } = await admit({ nonceUses: 1, silent: true })
    const text = await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /(RTSP\/1\.0 200[\s\S]*){4}/)
    assert.equal((text.match(/RTSP\/1\.0 200/g) ?? []).length, 4)
    assert.doesNotMatch(text, /RTSP\/1\.0 401/)
  })

  it('passes the answer to PLAY before the media that came with it, never into the middle of a frame', async () => {
    const frame = Buffer.concat([Buffer.from([0x24, 0, 0, 200]), Buffer.alloc(200, 0x6d)])
    const withPlay = { first: Buffer.concat([frame, frame.subarray(0, 90)]), rest: Buffer.concat([frame.subarray(90), frame]) }
    const { ticket } = await admit({ silent: true, withPlay })
    const text = await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /(\$[^$]{203}){3}$/)
    assert.ok(text.endsWith(`\r\n\r\n${frame.toString('latin1').repeat(3)}`))
  })

  it('is good for one connection only, and for no made-up token', async () => {
    const { ticket } = await admit({})
    await talk(ticket.url, ['OPTIONS'], /200 OK/)
    const connections = camera.connections
    assert.equal(await talk(ticket.url, ['OPTIONS'], /200 OK/), '')
    assert.equal(await talk(`${ticket.url.slice(0, -24)}${'A'.repeat(24)}`, ['OPTIONS'], /200 OK/), '')
    assert.equal(camera.connections, connections)
  })

  const faults: [string, CameraScript, Fault['code']][] = [
    ['the camera asks for Basic', { login: 'basic' }, 'auth_downgrade'],
    ['the camera redirects', { redirectTo: 'rtsp://127.0.0.1:9/' }, 'rtsp_redirected'],
    ['a control URL is on another host', { control: 'rtsp://10.0.0.9/track1' }, 'rtsp_redirected'],
    ['the base is on another host', { contentBase: 'rtsp://10.0.0.9/live/' }, 'rtsp_redirected'],
  ]
  for (const [name, script, code] of faults) {
    it(`ends with ${code} when ${name}`, async () => {
      const { ticket, ended } = await admit(script)
      await talk(ticket.url, ['OPTIONS', 'DESCRIBE'], /m=video/)
      assert.equal((await ended)?.code, code)
    })
  }

  it('ends with stream_silent when PLAY is answered and nothing comes', async () => {
    const { ticket, ended } = await admit({ silent: true }, { silenceMs: 200 })
    await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /never/)
    assert.equal((await ended)?.code, 'stream_silent')
  })

  it('waits for a camera of slow pictures as long as they may be apart, and no longer', async () => {
    const { ticket, ended } = await admit({ silent: true }, { silenceMs: 200 }, 600)
    const startedMs = performance.now()
    await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /never/)
    assert.equal((await ended)?.code, 'stream_silent')
    assert.ok(performance.now() - startedMs >= 500, 'it was ended after the usual silence')
  })

  it('gives the camera its place back when the client goes away', async () => {
    const { ticket, ended } = await admit({ silent: true })
    await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /(RTSP\/1\.0 200[\s\S]*){4}/)
    assert.equal(await ended, null)
    while (!camera.requests.some((request) => request.method === 'TEARDOWN')) await new Promise((resolve) => setImmediate(resolve))
  })

  it('refuses UDP transport, which would leave the relay', async () => {
    const { ticket } = await admit({})
    const text = await talk(ticket.url, ['OPTIONS', 'DESCRIBE', 'SETUP /t1 Transport:~RTP/AVP;unicast;client_port=9000-9001'], / 461 /)
    assert.match(text, /461 Unsupported Transport/)
    assert.ok(!camera.requests.some((request) => request.method === 'SETUP'))
  })

  it('slows a camera down that sends more than it may', async () => {
    for (const withPlay of [null, { first: Buffer.alloc(0), rest: flood(64, 64 * 1024 - 4) }]) {
      const script = withPlay ? { silent: true, withPlay } : { loop: { units: [[Buffer.alloc(50_000, 0x41)]], fps: 100 } }
      const { ticket } = await admit(script, { maxBytesPerSecond: 200_000 })
      const startedMs = performance.now()
      // One second's worth may come at once; the rest has to wait. Unslowed, all of it takes a tenth of a second.
      await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], (text) => text.length > 500_000)
      const tookMs = performance.now() - startedMs
      assert.ok(tookMs > 1_000, `${tookMs} ms`)
      await relay.close()
      await camera.stop()
    }
  })

  for (const [condition, refusal] of [['does not answer', { mute: new Set(['GET_PARAMETER']) }], ['refuses', { refuse: new Map([['GET_PARAMETER', '403 Forbidden']]) }]] as const) {
    it(`goes on while media flows when the camera ${condition} to be kept alive`, async () => {
      const { ticket, ended } = await admit({ ...refusal, loop: { units: [[Buffer.alloc(500, 0x41)]], fps: 50 } }, { answerTimeoutMs: 200 })
      const startedMs = performance.now()
      const received = talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY', 'GET_PARAMETER'], () => performance.now() - startedMs > 600)
      const first = await Promise.race([ended, received.then(() => 'still there')])
      assert.equal(first, 'still there', JSON.stringify(first))
      assert.ok(camera.requests.some(({ method }) => method === 'GET_PARAMETER'))
    })
  }

  it('passes on no byte between frames that is none', async () => {
    const { ticket, lost } = await admit({ between: Buffer.from([0, 0]), loop: { units: [[Buffer.alloc(500, 0x41)]], fps: 50 } })
    const text = await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], (all) => all.length > 5_000)
    const media = Buffer.from(text.slice(text.lastIndexOf('\r\n\r\n') + 4), 'latin1')
    for (let at = 0; at + 4 <= media.length; at += 4 + media.readUInt16BE(at + 2)) assert.deepEqual([media[at], media.readUInt16BE(at + 2)], [0x24, 512], `at ${at}`)
    assert.ok(lost() >= 10)
  })

  it('ends with rtsp_silent when a request that the pull needs is not answered', async () => {
    for (const method of ['OPTIONS', 'PLAY']) {
      const { ticket, ended } = await admit({ mute: new Set([method]) }, { answerTimeoutMs: 200 })
      await talk(ticket.url, ['OPTIONS', 'DESCRIBE', SETUP, 'PLAY'], /never/)
      assert.equal((await ended)?.code, 'rtsp_silent')
      await relay.close()
      await camera.stop()
    }
  })
})

describe('one pull through the relay', () => {
  /** A camera and an ffmpeg of which the test says when they read. */
  const setUp = () => {
    const clock = new HandClock()
    const written: (() => void)[] = []
    const client = Object.assign(new Duplex({ read() {}, write: (_chunk, _encoding, done) => void written.push(done) }), { setNoDelay: () => client })
    const camera = { reads: true, onMedia: (_run: Buffer) => false, onTalk: (_bytes: number) => {}, pause: () => void (camera.reads = false), resume: () => void (camera.reads = true), close() {} }
    const session = new RelaySession({
      clock,
      awake: { ms: () => clock.monotonicMs(), patience: 1 },
      limits: { silenceMs: 5_000, maxBytesPerSecond: 100_000 },
      client: client as unknown as Socket,
      camera: camera as unknown as CameraConnection,
      target: { url: 'rtsp://127.0.0.1/live', address: '127.0.0.1', port: 554, tls: false },
      publicUrl: 'rtsp://127.0.0.1:1/token',
      frameGapMs: () => 0,
      onDescribed() {},
      onMediaBytes() {},
      onLostBytes() {},
      onEnd() {},
    })
    const clientTakes = async () => {
      while (written.length > 0) {
        written.shift()?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return { clock, camera, session, clientTakes }
  }

  it('does not read on for a client that has room again while the camera has had its budget', async () => {
    const { clock, camera, session, clientTakes } = setUp()
    for (let piece = 0; piece < 3; piece++) camera.onMedia(flood(1, 49_996))
    assert.equal(camera.reads, false)
    await clientTakes()
    assert.equal(camera.reads, false, 'the budget is for nothing')
    clock.advance(450)
    assert.equal(camera.reads, false)
    clock.advance(100)
    assert.equal(camera.reads, true)
    session.abort(null)
  })

  it('takes what a camera says from the budget of its media', () => {
    const { clock, camera, session } = setUp()
    camera.onTalk(100_000)
    assert.equal(camera.reads, true)
    camera.onTalk(50_000)
    assert.equal(camera.reads, false)
    clock.advance(550)
    assert.equal(camera.reads, true)
    session.abort(null)
    camera.onTalk(1_000_000)
    assert.equal(camera.reads, true, 'of a pull that has ended nothing is counted')
  })

  it('does not read on for a camera that has its budget again while the client has no room', async () => {
    const { clock, camera, session, clientTakes } = setUp()
    for (let piece = 0; piece < 3; piece++) camera.onMedia(flood(1, 49_996))
    clock.advance(550)
    assert.equal(camera.reads, false)
    await clientTakes()
    assert.equal(camera.reads, true)
    session.abort(null)
  })
})

/** So many interleaved frames of so many bytes. */
function flood(count: number, bytes: number): Buffer {
  const frame = Buffer.alloc(4 + bytes, 0x80)
  frame[0] = 0x24
  frame[1] = 0
  frame.writeUInt16BE(bytes, 2)
  return Buffer.concat(Array.from({ length: count }, () => frame))
}
