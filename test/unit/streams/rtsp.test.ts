// RTSP towards cameras: cutting the byte stream, Digest, addresses, SDP, and what the probe refuses.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import { Secret } from '#base/secret.ts'
import type { Fault } from '#contract/faults.ts'
import { chooseChallenge, digestAuthorization } from '../../../streams/ingest/rtsp-digest.ts'
import { resolveOnTarget, rtspTarget } from '../../../streams/ingest/rtsp-address.ts'
import { probeRtsp } from '../../../streams/ingest/rtsp-probe.ts'
import { RtspSplitter } from '../../../streams/ingest/rtsp-splitter.ts'
import { readSdp, rewriteSdp } from '../../../streams/ingest/sdp.ts'
import { StreamFault } from '../../../streams/stream-fault.ts'
import type { RtspProof, StreamSource } from '#streams'
import { randomOf } from './packager-fixture.ts'
import { sourceOf } from './plane-fixture.ts'
import { ScriptedCamera, type CameraScript } from './scripted-camera.ts'

const addressPolicy = new AddressPolicy(['127.0.0.0/8'])

describe('the RTSP splitter', () => {
  const collect = () => {
    const seen = { messages: [] as string[], media: [] as Buffer[], lost: 0, talk: 0, malformed: [] as string[] }
    const splitter = new RtspSplitter({
      onMessage: (message) => seen.messages.push(`${message.startLine}|${message.body.toString('latin1')}`),
      onMedia: (run) => seen.media.push(run),
      onLost: (bytes) => (seen.lost += bytes),
      onTalk: (bytes) => (seen.talk += bytes),
      onMalformed: (reason) => seen.malformed.push(reason),
    })
    for (const channels of ['0-1', '2-3']) splitter.expectChannels(`RTP/AVP/TCP;unicast;interleaved=${channels}`)
    return { seen, splitter }
  }
  const frame = (length: number) => Buffer.concat([Buffer.from([0x24, 0, length >> 8, length & 255]), Buffer.alloc(length, 0x52)])
  const stream = Buffer.concat([Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nabc'), frame(10), frame(0), Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n'), frame(1500)])

  it('finds the same messages and media bytes however the stream is cut', () => {
    for (const step of [1, 2, 3, 5, 7, 64, stream.length]) {
      const { seen, splitter } = collect()
      for (let at = 0; at < stream.length; at += step) splitter.push(stream.subarray(at, at + step))
      assert.deepEqual(seen.messages, ['RTSP/1.0 200 OK|abc', 'RTSP/1.0 200 OK|'], `step ${step}`)
      assert.deepEqual(Buffer.concat(seen.media), Buffer.concat([frame(10), frame(0), frame(1500)]), `step ${step}`)
      assert.equal(seen.talk + Buffer.concat(seen.media).length, stream.length, `step ${step}`)
    }
  })

  it('reads the head of a message once, in however many pieces its body comes', () => {
    const { seen, splitter } = collect()
    const reads = mock.method(Buffer.prototype, 'toString')
    splitter.push(Buffer.from('RTSP/1.0 200 OK\r\nX: y\r\nContent-Length: 1000\r\n\r\n'))
    for (let at = 0; at < 999; at++) splitter.push(Buffer.from([0x61]))
    const count = reads.mock.callCount()
    reads.mock.restore()
    assert.deepEqual([count, seen.messages.length], [1, 0])
    splitter.push(Buffer.from([0x62]))
    assert.deepEqual(seen.messages, [`RTSP/1.0 200 OK|${'a'.repeat(999)}b`])
  })

  it('reads sixty-four header lines, of one name as of many', () => {
    const { seen, splitter } = collect()
    const lines = Array.from({ length: 32 }, (_, index) => `X: ${index}\r\nY${index}: z\r\n`)
    splitter.push(Buffer.from(`RTSP/1.0 200 OK\r\n${lines.join('')}\r\n`))
    assert.deepEqual([seen.malformed, seen.messages.length], [[], 1])
  })

  it('hands media on as a slice of the chunk that it came in', () => {
    const { seen, splitter } = collect()
    const chunk = frame(1000)
    splitter.push(chunk)
    assert.equal(seen.media[0]?.buffer, chunk.buffer)
  })

  describe('between frames', () => {
    /** An interleaved frame as cameras send them: RTP or RTCP of version 2 in it. */
    const packet = (length: number, channel = 0) => Buffer.concat([Buffer.from([0x24, channel, length >> 8, length & 255, 0x80]), Buffer.alloc(length - 1, 0x24)])
    const media = [packet(400), packet(40, 1)]
    const answer = Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 3\r\n\r\n')
    const inPieces = (bytes: Buffer, look: (collected: ReturnType<typeof collect>['seen'], step: number) => void) => {
      for (const step of [1, 2, 3, 5, 64, bytes.length]) {
        const { seen, splitter } = collect()
        for (let at = 0; at < bytes.length; at += step) splitter.push(bytes.subarray(at, at + step))
        look(seen, step)
      }
    }

    const junk: [string, Buffer][] = [
      ['two zero bytes', Buffer.from([0, 0])],
      ['text that is no message', Buffer.from('boundary--\r\n')],
      ['capitals that are no message', Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')],
      ['a word', Buffer.from('A ')],
      ['a word with a slash', Buffer.from('AB/x')],
      ['another protocol’s first line', Buffer.from('HTTP/1.1 200 OK')],
      ['a method without an address', Buffer.from('OPTIONS rts ')],
      ['a method that is too short', Buffer.from('GO rtsp://camera/')],
      ['another version’s answer', Buffer.from('RTSP/2.0 200 OK')],
      ['a frame of a channel that nobody set up', Buffer.from([0x24, 7, 0, 200, 0x80])],
      ['the same, no further than its channel', Buffer.from([0x24, 7])],
      ['a frame of a channel that was set up, with neither RTP nor RTCP in it', Buffer.from([0x24, 3, 0, 200, 0x10])],
      ['what begins like a frame of no known channel', Buffer.from([0, 0x24, 7, 0, 1, 0x80])],
      ['what begins like a frame with neither RTP nor RTCP in it', Buffer.from([0, 0x24, 0, 0, 9, 0])],
      ['the rest of a frame that was longer than it said', packet(900).subarray(4)],
    ]
    for (const [name, bytes] of junk) {
      it(`passes over ${name}, counts it as lost and goes on with the next frame or message`, () => {
        inPieces(Buffer.concat([...media, bytes, ...media, bytes, answer, ...media]), (seen, step) => {
          assert.deepEqual(seen, { messages: ['RTSP/1.0 200 OK|'], media: seen.media, lost: 2 * bytes.length, talk: answer.length, malformed: [] }, `step ${step}`)
          assert.ok(Buffer.concat(seen.media).equals(Buffer.concat([...media, ...media, ...media])), `step ${step}`)
        })
      })
    }

    it('gives out frames of channels that were set up, when the first of them comes only later', () => {
      const setUp = Buffer.from('RTSP/1.0 200 OK\r\nTransport: RTP/AVP/TCP;unicast;interleaved=8-9;ssrc=1\r\n\r\n')
      const late = [packet(50, 3), packet(40, 8), packet(30, 9)]
      inPieces(Buffer.concat([setUp, ...media, ...late, answer, ...late]), (seen, step) => {
        assert.deepEqual([seen.lost, seen.malformed, seen.messages.length], [0, [], 2], `step ${step}`)
        assert.ok(Buffer.concat(seen.media).equals(Buffer.concat([...media, ...late, ...late])), `step ${step}`)
      })
    })

    it('counts line ends around messages as what the camera says, not as lost', () => {
      const ends = Buffer.from('\r\n\n')
      inPieces(Buffer.concat([ends, answer, ends, ...media, ends, answer, ends, ...media]), (seen, step) => {
        assert.deepEqual([seen.messages.length, seen.lost, seen.talk, seen.malformed], [2, 0, 2 * answer.length + 4 * ends.length, []], `step ${step}`)
        assert.ok(Buffer.concat(seen.media).equals(Buffer.concat([...media, ...media])), `step ${step}`)
      })
    })

    it('reads requests of a camera’s own', () => {
      const requests = ['OPTIONS rtsp://camera/live RTSP/1.0', 'ANNOUNCE * RTSP/1.0', 'SET_PARAMETER rtsps://camera/live RTSP/1.0']
      inPieces(Buffer.concat(requests.flatMap((line) => [...media, Buffer.from(`${line}\r\nCSeq: 1\r\n\r\n`)])), (seen, step) => {
        assert.deepEqual([seen.messages, seen.lost, seen.malformed], [requests.map((line) => `${line}|`), 0, []], `step ${step}`)
      })
    })

    it('passes over as much as a frame can be long, and no more in a row', () => {
      const longest = Buffer.alloc(65_535 + 4)
      inPieces(Buffer.concat([...media, longest, ...media, longest, ...media]), (seen, step) => {
        assert.deepEqual([seen.malformed, seen.lost, Buffer.concat(seen.media).length], [[], 2 * longest.length, 3 * 448], `step ${step}`)
      })
      inPieces(Buffer.concat([...media, longest, Buffer.alloc(1), ...media]), (seen, step) => {
        assert.deepEqual([seen.malformed.length, Buffer.concat(seen.media).length], [1, 448], `step ${step}`)
      })
    })

    it('gives every byte out once, as media or as lost, whatever comes', () => {
      const random = randomOf(5)
      for (let round = 0; round < 300; round++) {
        const { seen, splitter } = collect()
        const pieces = Array.from({ length: 30 }, () => (random() < 0.7 ? packet(1 + Math.floor(random() * 50), random() < 0.8 ? 0 : 1) : Buffer.from(Array.from({ length: Math.floor(random() * 20) }, () => (random() < 0.3 ? 0x24 : 0x80 + Math.floor(random() * 128))))))
        const bytes = Buffer.concat([...media, ...pieces, ...media])
        for (let at = 0; at < bytes.length; ) {
          const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 60))
          splitter.push(bytes.subarray(at, end))
          at = end
        }
        const given = Buffer.concat(seen.media).length
        assert.deepEqual(seen.malformed, [])
        assert.ok(given + seen.lost <= bytes.length && given + seen.lost > bytes.length - 5, `${given} and ${seen.lost} of ${bytes.length}`)
      }
    })

    it('refuses the same before any media, where nothing is known to go on with', () => {
      const { seen, splitter } = collect()
      splitter.push(Buffer.concat([Buffer.from([0, 0]), ...media]))
      assert.deepEqual([seen.malformed.length, seen.media.length], [1, 0])
    })
  })

  for (const [name, bytes] of [
    ['headers that do not end', Buffer.from(`RTSP/1.0 200 OK\r\nX: ${'y'.repeat(20_000)}`)],
    ['more than sixty-four header lines', Buffer.from(`RTSP/1.0 200 OK\r\n${'a:\r\n'.repeat(65)}\r\n`)],
    ['a body of more than 64 KiB', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n')],
    ['a length that is no number', Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n')],
    ['bytes that are not RTSP', Buffer.from([0xff, 0x00, 0x01])],
  ] as const) {
    it(`refuses ${name}`, () => {
      const { seen, splitter } = collect()
      splitter.push(bytes)
      assert.equal(seen.malformed.length, 1)
      assert.equal(seen.messages.length, 0)
    })
  }
})

describe('RTSP Digest', () => {
  it('answers the example of RFC 7616 §3.9.1 with SHA-256 and with MD5', () => {
    for (const [algorithm, expected] of [
      ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
      ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ] as const) {
      const value = digestAuthorization({
        challenge: { realm: 'http-auth@example.org', nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v', opaque: null, algorithm, qopAuth: true, stale: false },
        username: 'Mufasa',
        password: new Secret('Circle of Life'),
        method: 'GET',
        uri: '/dir/index.html',
        nonceCount: 1,
        cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      })
      assert.match(value, new RegExp(`response="${expected}"`))
    }
  })

  it('takes SHA-256 before MD5, Digest before Basic, and nothing when only Basic is offered', () => {
    const md5 = 'Digest realm="a", nonce="n"'
    const sha = 'Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth,auth-int"'
    const chosen = chooseChallenge(['Basic realm="a"', md5, sha])
    assert.ok(chosen.kind === 'digest' && chosen.challenge.algorithm === 'SHA-256' && chosen.challenge.qopAuth)
    assert.equal(chooseChallenge(['Basic realm="a"', md5]).kind, 'digest')
    assert.equal(chooseChallenge(['Basic realm="a"']).kind, 'basic-only')
    assert.equal(chooseChallenge(['Bearer x']).kind, 'unknown')
  })

  it('reads no more of a challenge than cameras send', () => {
    const challenge = (bytes: number) => `Digest realm="a", opaque="${'o'.repeat(bytes)}", nonce="n"`
    assert.equal(chooseChallenge([challenge(3_000)]).kind, 'digest')
    assert.equal(chooseChallenge([challenge(5_000)]).kind, 'unknown')
  })

  it('reads a challenge in one go, whatever it is made of', () => {
    const tookMs = (offer: string) => {
      const fromMs = performance.now()
      for (let round = 0; round < 10; round++) chooseChallenge([offer])
      return performance.now() - fromMs
    }
    const fewestMs = (offer: string) => Math.min(...Array.from({ length: 5 }, () => tookMs(offer)))
    const [letters, words] = [fewestMs(`Digest ${'a'.repeat(4_000)}`), fewestMs(`Digest ${'a,'.repeat(2_000)}`)]
    assert.ok(letters < 20 * words, `${letters} ms for letters, ${words} ms for words`)
  })
})

describe('a camera’s RTSP address', () => {
  const source = (overrides: Partial<StreamSource>): StreamSource => ({ cameraId: 'c', stream: 'sub', tls: false, host: '127.0.0.1', port: 554, path: '/live?x=1', credential: null, codec: null, ...overrides })

  it('is rebuilt from its fields', () => {
    assert.equal(rtspTarget(source({}), addressPolicy).url, 'rtsp://127.0.0.1:554/live?x=1')
    assert.equal(rtspTarget(source({ tls: true, port: 322 }), addressPolicy).url, 'rtsps://127.0.0.1:322/live?x=1')
  })

  for (const overrides of [{ host: '192.0.2.1' }, { host: 'localhost' }, { host: '0x7f.0.0.1' }, { port: 0 }, { port: 70_000 }, { port: 1.5 }, { path: 'live' }, { path: '/a b' }, { path: '/a\r\nX: y' }, { path: '/摄' }, { path: `/${'a'.repeat(1024)}` }]) {
    it(`is refused with ${JSON.stringify(overrides).slice(0, 40)}`, () => {
      assert.throws(() => rtspTarget(source(overrides), addressPolicy), StreamFault)
    })
  }

  it('lets the device name tracks on itself and on nobody else', () => {
    const target = rtspTarget(source({ path: '/live' }), addressPolicy)
    const resolve = (reference: string) => resolveOnTarget(target, `${target.url}/`, reference)
    assert.equal(resolve('track1'), 'rtsp://127.0.0.1:554/live/track1')
    assert.equal(resolve('*'), 'rtsp://127.0.0.1:554/live/')
    assert.equal(resolve('rtsp://127.0.0.1/other/t?x'), 'rtsp://127.0.0.1:554/other/t?x')
    for (const elsewhere of ['rtsp://127.0.0.2/x', 'rtsp://admin:pw@127.0.0.1/x', 'http://127.0.0.1/x', 'rtsp://127.0.0.1.evil/x', 'track 1', 'rtsp://localhost/x']) {
      assert.equal(resolve(elsewhere), null, elsewhere)
    }
  })
})

describe('an SDP', () => {
  const sdp = (video: string) => `v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=<img src=x>\r\na=control:*\r\n${video}`

  it('tells the codec and whether there is audio', () => {
    assert.deepEqual(readSdp(sdp('m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 8\r\n')), { codec: 'h264', hasAudio: true })
    assert.equal(readSdp(sdp('m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n')).codec, 'h265')
    assert.equal(readSdp(sdp('m=video 0 RTP/AVP 26\r\n')).codec, 'mjpeg')
    assert.equal(readSdp(sdp('m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n')).codec, 'other')
  })

  it('is refused without video and when it is no SDP', () => {
    assert.throws(() => readSdp(sdp('m=audio 0 RTP/AVP 8\r\n')), /stream_missing/)
    assert.throws(() => readSdp('<html>'), /rtsp_malformed/)
  })

  it('loses its titles and gets our control URLs', () => {
    const rewritten = rewriteSdp(sdp('i=title\r\nm=video 0 RTP/AVP 96\r\na=control:track1\r\n'), (control, section) => `<${control}:${section}>`)
    assert.doesNotMatch(rewritten, /img|title/)
    assert.match(rewritten, /a=control:<\*:0>[\s\S]*a=control:<track1:1>/)
  })
})

describe('the RTSP probe', () => {
  let camera: ScriptedCamera
  afterEach(() => camera.stop())
  const probe = async (script: CameraScript, timeoutMs = 1_000): Promise<RtspProof> => {
    camera = await new ScriptedCamera({ password: 'canary', ...script }).start()
    const connection = { clock: systemClock, newNonce: () => randomBytes(4).toString('hex') }
    return probeRtsp({ connection, addressPolicy }, sourceOf(camera), timeoutMs)
  }
  const secretForms = ['canary', Buffer.from('admin:canary').toString('base64'), createHash('md5').update('canary').digest('hex')]

  for (const login of ['none', 'digest-md5', 'digest-sha256', 'both'] as const) {
    it(`reads the stream’s codec from a camera with login ${login}, never sending the password`, async () => {
      const proof = await probe({ login })
      assert.ok(proof.kind === 'answered' && proof.codec === 'h264', JSON.stringify(proof))
      const sent = JSON.stringify(camera.requests.map((request) => [...request.headers]))
      for (const form of secretForms) assert.ok(!sent.includes(form))
      assert.ok(!camera.requests.some((request) => ['SETUP', 'PLAY'].includes(request.method)))
    })
  }

  const refusals: [string, CameraScript, Fault['code']][] = [
    ['asks for Basic only', { login: 'basic' }, 'auth_downgrade'],
    ['sends us elsewhere', { redirectTo: 'rtsp://127.0.0.1:1/x' }, 'rtsp_redirected'],
    ['answers with endless headers', { describeRaw: Buffer.from(`RTSP/1.0 200 OK\r\nX: ${'a'.repeat(40_000)}`) }, 'rtsp_malformed'],
    ['announces a huge SDP', { describeRaw: Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 9999999\r\n\r\n') }, 'rtsp_malformed'],
    ['talks without end', { describeRaw: Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n'.repeat(20_000)) }, 'rtsp_malformed'],
    ['sends media that nobody asked for', { describeRaw: Buffer.alloc(600_000, Buffer.from([0x24, 0, 0, 1, 0x80])) }, 'rtsp_malformed'],
    ['speaks HTTP', { describeRaw: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') }, 'rtsp_malformed'],
    ['says 404', { describeRaw: Buffer.from('RTSP/1.0 404 Not Found\r\nCSeq: 2\r\n\r\n') }, 'stream_missing'],
  ]
  for (const [name, script, code] of refusals) {
    it(`is ${code} when the camera ${name}`, async () => {
      const proof = await probe(script)
      assert.ok(proof.kind === 'fault')
      assert.equal(proof.fault.code, code)
      if (code === 'auth_downgrade') assert.ok(!camera.requests.some((request) => request.headers.has('authorization')))
      if (code === 'rtsp_redirected') assert.equal(camera.connections, 1)
    })
  }

  it('is rtsp_refused after one try when the password is wrong', async () => {
    camera = await new ScriptedCamera({ login: 'digest-md5', password: 'right' }).start()
    const source = { ...sourceOf(camera), credential: { username: 'admin', password: new Secret('wrong') } }
    const proof = await probeRtsp({ connection: { clock: systemClock, newNonce: () => 'ab' }, addressPolicy }, source, 1_000)
    assert.ok(proof.kind === 'fault' && proof.fault.code === 'rtsp_refused')
    assert.equal(camera.requests.filter((request) => request.headers.has('authorization')).length, 1)
  })

  it('is rtsp_silent within its deadline when no answer comes', async () => {
    const startedMs = performance.now()
    const proof = await probe({ mute: new Set(['DESCRIBE']) }, 300)
    assert.ok(proof.kind === 'fault' && proof.fault.code === 'rtsp_silent', JSON.stringify(proof))
    assert.ok(performance.now() - startedMs < 900)
  })

  it('is rtsp_silent also when its timer fires a moment before the time, as Node’s do', async () => {
    camera = await new ScriptedCamera({ mute: new Set(['DESCRIBE']), password: 'canary' }).start()
    const early = { ...systemClock, after: (delayMs: number, run: () => void) => systemClock.after(delayMs - 5, run) }
    const proof = await probeRtsp({ connection: { clock: early, newNonce: () => 'ab' }, addressPolicy }, sourceOf(camera), 300)
    assert.ok(proof.kind === 'fault' && proof.fault.code === 'rtsp_silent', JSON.stringify(proof))
  })

  it('gives up instead of going round when the camera calls every nonce stale', async () => {
    const proof = await probe({ login: 'digest-md5', nonceUses: 0 })
    assert.ok(proof.kind === 'fault' && proof.fault.code === 'rtsp_refused')
    assert.ok(camera.requests.length <= 4)
  })
})
