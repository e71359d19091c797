// Owns a simulated camera over real sockets without ffmpeg: RTSP and ONVIF as a client meets them, good and bad.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { SimulatedCamera } from '../../fleet/camera.ts'
import { newCounters } from '../../fleet/counters.ts'
import { parseDigestHeader } from '../../fleet/digest.ts'
import { DiscoveryResponder } from '../../fleet/discovery.ts'
import { cameraIdentity } from '../../fleet/identity.ts'
import { passwordDigest } from '../../fleet/onvif/wsse.ts'
import { Pacer } from '../../fleet/pacer.ts'
import { toneFrames } from '../../fleet/rtp/audio.ts'
import { prebuild } from '../../fleet/rtp/prebuilt.ts'
import { tinyLibrary } from './support.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

async function startCamera(index: number): Promise<SimulatedCamera> {
  const camera = new SimulatedCamera({
    identity: cameraIdentity('test', index),
    host: '127.0.0.1',
    onvifPort: 0,
    rtspPort: 0,
    clock: systemClock,
    logger: silentLogger,
    library: tinyLibrary(),
    pacer: new Pacer({ clock: systemClock }),
    prebuilt: prebuild,
    tone: toneFrames(),
    counters: newCounters(),
  })
  await camera.start()
  return camera
}

/** Just enough RTSP to ask and to see what comes back. */
class Client {
  readonly socket: Socket
  /** Resolves when the connection is over, in whatever way. */
  readonly closed: Promise<null>
  #text = ''
  #cseq = 0
  readonly #camera: SimulatedCamera

  constructor(camera: SimulatedCamera) {
    this.#camera = camera
    this.socket = connect({ port: camera.rtspPort, host: '127.0.0.1' })
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve(null)))
    this.socket.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')))
  }

  async ask(method: string, path: string, headers: Record<string, string> = {}): Promise<string> {
    this.#text = ''
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} rtsp://127.0.0.1${path} RTSP/1.0\r\nCSeq: ${++this.#cseq}\r\n${lines.join('')}\r\n`)
    while (!this.#text.includes('\r\n\r\n')) {
      const event = await Promise.race([once(this.socket, 'data').catch(() => null), this.closed])
      if (event === null) return `closed after ${this.#text}`
    }
    return this.#text
  }

  /** Asks, answers the challenge, and gives the second answer. */
  async askLoggedIn(method: string, path: string, headers: Record<string, string> = {}): Promise<string> {
    const challenge = /WWW-Authenticate: (.*)\r/.exec(await this.ask(method, path, headers))?.[1] ?? ''
    const { realm = '', nonce = '' } = parseDigestHeader(challenge) ?? {}
    const { username, password } = this.#camera.state.identity
    const uri = `rtsp://127.0.0.1${path}`
    const response = md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${md5(`${method}:${uri}`)}`)
    return this.ask(method, path, { ...headers, Authorization: `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"` })
  }
}

function soap(camera: SimulatedCamera, operation: string, options: { login?: boolean; password?: string; createdMs?: number; service?: string } = {}): Promise<Response> {
  const { username, password } = camera.state.identity
  const nonce = randomBytes(16).toString('base64')
  const created = new Date(options.createdMs ?? Date.now()).toISOString()
  const token = `<Security><UsernameToken><Username>${username}</Username><Password Type="#PasswordDigest">${passwordDigest(nonce, created, options.password ?? password)}</Password><Nonce>${nonce}</Nonce><Created>${created}</Created></UsernameToken></Security>`
  const header = options.login === false ? '' : `<s:Header>${token}</s:Header>`
  return fetch(`http://127.0.0.1:${camera.onvifPort}/onvif/device_service`, {
    method: 'POST',
    body: `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">${header}<s:Body>${operation}</s:Body></s:Envelope>`,
  })
}

const DEVICE = 'xmlns="http://www.onvif.org/ver10/device/wsdl"'
const MEDIA = 'xmlns="http://www.onvif.org/ver10/media/wsdl"'

describe('simulated camera', () => {
  let camera: SimulatedCamera
  const clients: Client[] = []
  const client = () => {
    const made = new Client(camera)
    clients.push(made)
    return made
  }
  beforeEach(async () => {
    camera = await startCamera(1)
  })
  afterEach(async () => {
    for (const { socket } of clients.splice(0)) socket.destroy()
    await camera.close()
  })

  describe('over RTSP', () => {
    it('says OPTIONS to anybody, describes only after a login', async () => {
      const rtsp = client()
      assert.match(await rtsp.ask('OPTIONS', '/main'), /^RTSP\/1.0 200 .*Public: .*GET_PARAMETER/s)
      assert.match(await rtsp.ask('DESCRIBE', '/main'), /^RTSP\/1.0 401 .*Digest realm=/s)
      assert.match(await rtsp.askLoggedIn('DESCRIBE', '/main'), /^RTSP\/1.0 200 .*Content-Base.*a=rtpmap:96 H264\/90000.*sprop-parameter-sets=Z01AHw==,aAE=/s)
    })

    it('plays interleaved and stops at TEARDOWN', async () => {
      const rtsp = client()
      await rtsp.askLoggedIn('DESCRIBE', '/sub')
      const setup = await rtsp.askLoggedIn('SETUP', '/sub/trackID=1', { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' })
      const session = /Session: ([0-9a-f]+);timeout=60/.exec(setup)?.[1] ?? ''
      assert.match(await rtsp.askLoggedIn('PLAY', '/sub', { Session: session }), /RTSP\/1.0 200 .*RTP-Info: url=.*trackID=1;seq=\d+;rtptime=\d+/s)
      const [media] = await once(rtsp.socket, 'data')
      assert.equal(media[0], 0x24)
      assert.equal(camera.viewers, 1)
      assert.match(await rtsp.askLoggedIn('TEARDOWN', '/sub', { Session: session }), /RTSP\/1.0 200/)
      assert.equal(camera.viewers, 0)
    })

    it('refuses UDP, unknown paths, unknown methods and strange sessions', async () => {
      const rtsp = client()
      assert.match(await rtsp.askLoggedIn('SETUP', '/sub/trackID=1', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' }), /^RTSP\/1.0 461/)
      assert.match(await rtsp.askLoggedIn('DESCRIBE', '/nothing'), /^RTSP\/1.0 404/)
      assert.match(await rtsp.ask('RECORD', '/main'), /^RTSP\/1.0 405/)
      assert.match(await rtsp.askLoggedIn('PLAY', '/sub', { Session: 'abc' }), /^RTSP\/1.0 454/)
    })

    it('refuses the old password once it was changed, and ends what ran', async () => {
      const rtsp = client()
      await rtsp.askLoggedIn('DESCRIBE', '/main')
      camera.state.set({ name: 'wrong-password' })
      await rtsp.closed
      assert.match(await client().askLoggedIn('DESCRIBE', '/main'), /^RTSP\/1.0 401/)
    })

    it('redirects to another host', async () => {
      camera.state.set({ name: 'redirect' })
      assert.match(await client().askLoggedIn('DESCRIBE', '/main'), /^RTSP\/1.0 302 .*Location: rtsp:\/\/192\.0\.2\.10/s)
    })

    it('asks for Basic only', async () => {
      camera.state.set({ name: 'basic-auth' })
      const answer = await client().ask('DESCRIBE', '/main')
      assert.match(answer, /^RTSP\/1.0 401 .*WWW-Authenticate: Basic/s)
      assert.doesNotMatch(answer, /Digest/)
    })

    it('breaks off in the middle of an answer', async () => {
      camera.state.set({ name: 'reset' })
      assert.match(await client().ask('OPTIONS', '/main'), /^closed after/)
    })

    it('describes H.265 after a codec change', async () => {
      camera.state.set({ name: 'codec-change' })
      assert.match(await client().askLoggedIn('DESCRIBE', '/main'), /H265\/90000.*sprop-vps=/s)
    })

    it('refuses connections while off, on both ports, and takes them on the same ports afterwards', async () => {
      const ports = [camera.rtspPort, camera.onvifPort]
      const rtsp = client()
      await rtsp.ask('OPTIONS', '/main')
      camera.state.set({ name: 'off' })
      await rtsp.closed
      for (const port of ports) {
        const socket = connect({ port, host: '127.0.0.1' })
        const [error] = await once(socket, 'error')
        assert.equal(error.code, 'ECONNREFUSED')
      }
      camera.state.clear('off')
      await camera.start()
      assert.deepEqual([camera.rtspPort, camera.onvifPort], ports)
      assert.match(await client().ask('OPTIONS', '/main'), /200/)
    })
  })

  describe('over ONVIF', () => {
    it('tells the time to anybody, and who it is only after a login', async () => {
      const time = await (await soap(camera, `<GetSystemDateAndTime ${DEVICE}/>`, { login: false })).text()
      assert.match(time, new RegExp(`<tt:Year>${new Date().getUTCFullYear()}<`))
      const refused = await soap(camera, `<GetDeviceInformation ${DEVICE}/>`, { login: false })
      assert.equal(refused.status, 401)
      assert.match(await refused.text(), /ter:NotAuthorized/)
      const told = await (await soap(camera, `<GetDeviceInformation ${DEVICE}/>`)).text()
      assert.match(told, new RegExp(`<tds:SerialNumber>${camera.state.identity.serial}<`))
    })

    it('refuses a wrong password, and a right one made with a clock that is off', async () => {
      assert.equal((await soap(camera, `<GetDeviceInformation ${DEVICE}/>`, { password: 'x' })).status, 400)
      camera.state.set({ name: 'clock-off', value: 7200 })
      assert.equal((await soap(camera, `<GetDeviceInformation ${DEVICE}/>`)).status, 400)
      assert.equal((await soap(camera, `<GetDeviceInformation ${DEVICE}/>`, { createdMs: Date.now() + 7_200_000 })).status, 200)
    })

    it('gives two profiles, and addresses on the host that was asked', async () => {
      const profiles = await (await soap(camera, `<GetProfiles ${MEDIA}/>`)).text()
      assert.equal(profiles.match(/<trt:Profiles /g)?.length, 2)
      const { main } = camera.state.identity.profileTokens
      const uri = await (await soap(camera, `<GetStreamUri ${MEDIA}><ProfileToken>${main}</ProfileToken></GetStreamUri>`)).text()
      assert.ok(uri.includes(`<tt:Uri>rtsp://127.0.0.1:${camera.rtspPort}/`))
      camera.state.set({ name: 'off-host-uri' })
      assert.match(await (await soap(camera, `<GetStreamUri ${MEDIA}><ProfileToken>${main}</ProfileToken></GetStreamUri>`)).text(), /rtsp:\/\/192\.0\.2\.10/)
    })

    it('refuses unknown profiles, unknown operations and what is not SOAP', async () => {
      assert.match(await (await soap(camera, `<GetStreamUri ${MEDIA}><ProfileToken>x</ProfileToken></GetStreamUri>`)).text(), /ter:NoProfile/)
      assert.match(await (await soap(camera, `<Reboot ${DEVICE}/>`)).text(), /ter:ActionNotSupported/)
      const plain = await fetch(`http://127.0.0.1:${camera.onvifPort}/onvif/device_service`, { method: 'POST', body: 'hello' })
      assert.equal(plain.status, 400)
    })

    it('answers what is not XML when malformed, and breaks off when reset', async () => {
      camera.state.set({ name: 'malformed-soap' })
      assert.match(await (await soap(camera, `<GetSystemDateAndTime ${DEVICE}/>`)).text(), /<<</)
      camera.state.clear()
      camera.state.set({ name: 'reset' })
      await assert.rejects(soap(camera, `<GetSystemDateAndTime ${DEVICE}/>`).then((response) => response.text()))
    })

    it('turns, says that it moves, and stops', async () => {
      const ptz = 'xmlns="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
      const profile = `<ProfileToken>${camera.state.identity.profileTokens.main}</ProfileToken>`
      const status = async () => (await soap(camera, `<GetStatus ${ptz}>${profile}</GetStatus>`)).text()
      await soap(camera, `<ContinuousMove ${ptz}>${profile}<Velocity><tt:PanTilt x="1" y="0"/></Velocity></ContinuousMove>`)
      assert.match(await status(), /<tt:PanTilt>MOVING/)
      await soap(camera, `<Stop ${ptz}>${profile}</Stop>`)
      assert.match(await status(), /<tt:PanTilt>IDLE/)
      assert.match(await (await soap(camera, `<GotoPreset ${ptz}>${profile}<PresetToken>9</PresetToken></GotoPreset>`)).text(), /ter:NoToken/)
    })

    it('gives events to a pull point until it is unsubscribed', async () => {
      const events = 'xmlns="http://www.onvif.org/ver10/events/wsdl"'
      const created = await (await soap(camera, `<CreatePullPointSubscription ${events}/>`)).text()
      const address = /<wsa:Address>http:\/\/[^/]+(\/onvif\/subscription\/\d+)</.exec(created)?.[1] ?? ''
      const at = (operation: string) => {
        const nonce = randomBytes(16).toString('base64')
        const made = new Date().toISOString()
        const { username, password } = camera.state.identity
        const body = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header><Security><UsernameToken><Username>${username}</Username><Password Type="#PasswordDigest">${passwordDigest(nonce, made, password)}</Password><Nonce>${nonce}</Nonce><Created>${made}</Created></UsernameToken></Security></s:Header><s:Body>${operation}</s:Body></s:Envelope>`
        return fetch(`http://127.0.0.1:${camera.onvifPort}${address}`, { method: 'POST', body }).then((response) => response.text())
      }
      assert.match(await at(`<PullMessages ${events}><Timeout>PT1S</Timeout><MessageLimit>5</MessageLimit></PullMessages>`), /PropertyOperation="Initialized".*IsMotion/s)
      assert.match(await at('<Unsubscribe xmlns="http://docs.oasis-open.org/wsn/b-2"/>'), /UnsubscribeResponse/)
      assert.match(await at(`<PullMessages ${events}/>`), /ResourceUnknownFault/)
    })

    it('gives its picture only by HTTP Digest', async () => {
      const url = `http://127.0.0.1:${camera.onvifPort}/onvif/snapshot`
      const refused = await fetch(url)
      assert.equal(refused.status, 401)
      const { realm = '', nonce = '' } = parseDigestHeader(refused.headers.get('www-authenticate') ?? '') ?? {}
      const { username, password } = camera.state.identity
      const response = md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:00000001:c:auth:${md5('GET:/onvif/snapshot')}`)
      const given = await fetch(url, { headers: { authorization: `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="/onvif/snapshot", qop=auth, nc=00000001, cnonce="c", response="${response}"` } })
      assert.deepEqual([given.status, given.headers.get('content-type')], [200, 'image/jpeg'])
    })
  })
})

describe('fleet discovery', () => {
  const probe = (types: string, id: string) =>
    `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>${id}</w:MessageID></e:Header><e:Body><d:Probe><d:Types>${types}</d:Types></d:Probe></e:Body></e:Envelope>`

  it('answers a unicast probe with one message for each powered device, and not probes for other kinds', async () => {
    const cameras = await Promise.all([1, 2, 3].map(startCamera))
    const discovery = new DiscoveryResponder({ cameras, host: '127.0.0.1', port: 0, clock: systemClock, logger: silentLogger })
    await discovery.start()
    const socket = createSocket('udp4')
    try {
      cameras[1]?.state.set({ name: 'off' })
      const answers: string[] = []
      const both = new Promise<void>((resolve) => socket.on('message', (message) => (answers.push(message.toString()), answers.length === 2 && resolve())))
      socket.send(probe('dn:NetworkVideoDisplay', 'other'), discovery.port ?? 0, '127.0.0.1')
      socket.send('not xml', discovery.port ?? 0, '127.0.0.1')
      socket.send(probe('dn:NetworkVideoTransmitter', 'ours'), discovery.port ?? 0, '127.0.0.1')
      await both
      for (const [i, camera] of [cameras[0], cameras[2]].entries()) {
        assert.ok(answers[i]?.includes(`http://127.0.0.1:${camera?.onvifPort}/onvif/device_service`))
        assert.ok(answers[i]?.includes('<w:RelatesTo>ours</w:RelatesTo>'))
      }
    } finally {
      socket.close()
      await discovery.close()
      await Promise.all(cameras.map((camera) => camera.close()))
    }
  })
})

describe('a camera that is switched', () => {
  it('is as it was told once it has settled: off refuses, on accepts, however quickly they follow', async () => {
    const camera = await startCamera(1)
    const accepts = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(camera.rtspPort, '127.0.0.1')
        socket.once('connect', () => (socket.destroy(), resolve(true)))
        socket.once('error', () => resolve(false))
      })
    try {
      for (let turn = 0; turn < 20; turn++) {
        camera.state.set({ name: 'off', value: 0 })
        await camera.settled()
        assert.equal(await accepts(), false)
        camera.state.clear('off')
        await camera.settled()
        assert.equal(await accepts(), true)
      }
    } finally {
      await camera.close()
    }
  })
})
