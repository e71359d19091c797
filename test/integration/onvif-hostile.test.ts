// Owns proof that a hostile or broken device costs only its own call: bounded, named, never a crash or a leak.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { createOnvifPort } from '../../backend/onvif/index.ts'
import { envelope, FakeDevice, type Reply } from '../unit/onvif/fake-device.ts'

const port = createOnvifPort({ clock: systemClock, random: randomBytes, logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8', '10.0.0.0/8']) })
const credential = { username: 'admin', password: new Secret('pw-secret') }

describe('a hostile device', () => {
  let device: FakeDevice | undefined
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await device?.stop()
    device = undefined
    for (const close of closing.splice(0)) await close()
  })
  const clockOf = async (reply: Reply, deadlineMs = 400) => {
    device = await FakeDevice.start({ replies: { GetSystemDateAndTime: reply } })
    return port.readClock({ host: '127.0.0.1', port: device.port, tls: false }, { deadlineMs })
  }
  const identified = async (replies: Record<string, Reply>) => {
    device = await FakeDevice.start({ replies })
    return port.identify({ host: '127.0.0.1', port: device.port, tls: false }, credential, { deadlineMs: 2_000 })
  }
  const says = (body: string): Reply => (_, response) => void response.end(envelope(body))
  const codeOf = (outcome: { kind: string; fault?: { code: string } }) => outcome.fault?.code ?? outcome.kind

  const malformed: [string, Reply][] = [
    ['an HTML page', (_, response) => void response.end('<html><body>login<br></body></html>')],
    ['nothing at all', (_, response) => void response.end()],
    ['bytes that are not text', (_, response) => void response.end(randomBytes(4_096))],
    ['JSON', (_, response) => void response.end('{"__proto__":{"polluted":1}}')],
    ['an answer to another question', says('<tds:GetUsersResponse/>')],
    ['a DOCTYPE with entities', (_, response) => void response.end(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;&b;">]>${envelope('&d;').slice(21)}`)],
    ['an entity that is not predefined', says('<tds:GetSystemDateAndTimeResponse>&constructor;</tds:GetSystemDateAndTimeResponse>')],
    ['elements nested 100,000 deep', says('<a>'.repeat(100_000))],
    ['100,000 elements', says(`<tds:GetSystemDateAndTimeResponse>${'<a/>'.repeat(100_000)}</tds:GetSystemDateAndTimeResponse>`)],
    ['2,000 attributes', says(`<tds:GetSystemDateAndTimeResponse ${Array.from({ length: 2_000 }, (_, i) => `a${i}=""`).join(' ')}/>`)],
    ['a redirect', (_, response) => void response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end()],
    ['a compressed answer', (_, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x')],
    ['a reset in the middle', (_, response) => void response.writeHead(200, { 'Content-Length': 9_000 }).write('<s:', () => response.socket?.resetAndDestroy())],
    ['a body that never ends', (_, response) => {
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        response.once('drain', flood)
      }
      flood()
    }],
  ]
  for (const [name, reply] of malformed) {
    it(`is onvif_malformed when it answers with ${name}`, async () => {
      assert.equal(codeOf(await clockOf(reply, 3_000)), 'onvif_malformed')
    })
  }

  it('is onvif_silent when it accepts and says nothing, within the deadline', async () => {
    const outcome = await clockOf(() => {}, 250)
    assert.equal(codeOf(outcome), 'onvif_silent')
    assert.ok(outcome.tookMs < 1_000, `${outcome.tookMs} ms`)
  })

  it('is onvif_silent when it drips a byte at a time past the deadline', async () => {
    const outcome = await clockOf((_, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    }, 300)
    assert.equal(codeOf(outcome), 'onvif_silent')
    assert.ok(outcome.tookMs < 1_000, `${outcome.tookMs} ms`)
  })

  it('is onvif_malformed when it does not speak HTTP', async () => {
    const server: Server = createServer((socket) => void socket.on('error', () => {}).end('SSH-2.0-camera\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(async () => void server.close())
    const outcome = await port.readClock({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false })
    assert.equal(codeOf(outcome), 'onvif_malformed')
  })

  it('is not waited for after the caller gave up, and that is not held against the device', async () => {
    const controller = new AbortController()
    device = await FakeDevice.start({ replies: { GetSystemDateAndTime: () => controller.abort() } })
    const outcome = await port.readClock({ host: '127.0.0.1', port: device.port, tls: false }, { signal: controller.signal })
    assert.equal(codeOf(outcome), 'probe_failed')
  })

  const services = (xaddr: string) =>
    says(`<tds:GetServicesResponse><tds:Service><tds:Namespace>http://www.onvif.org/ver10/media/wsdl</tds:Namespace><tds:XAddr>${xaddr}</tds:XAddr></tds:Service></tds:GetServicesResponse>`)
  for (const xaddr of ['http://10.0.0.9/onvif/media', 'http://192.0.2.1/', 'http://localhost/', 'http://a:b@127.0.0.1/', 'http://0x7f000001/', 'ftp://127.0.0.1/', 'http://[::ffff:127.0.0.1]/']) {
    it(`is address_refused when its media service is at ${xaddr}`, async () => {
      assert.equal(codeOf(await identified({ GetServices: services(xaddr) })), 'address_refused')
      assert.equal(device?.seen.at(-1)?.operation, 'GetServices')
    })
  }

  const uri = (text: string) => says(`<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${text}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`)
  for (const text of ['http://127.0.0.1/live', 'file:///etc/passwd', 'rtsp://127.0.0.2/live', 'rtsp://admin:pw@127.0.0.1/live', 'rtsp://127.0.0.1/a&#10;b', 'rtsp://127.0.0.1:0/x', `rtsp://127.0.0.1/${'x'.repeat(1_024)}`, '', 'rtsp://127.0.0.1/a b']) {
    it(`is address_refused when its stream is at ${JSON.stringify(text.slice(0, 40))}`, async () => {
      assert.equal(codeOf(await identified({ GetStreamUri: uri(text) })), 'address_refused')
    })
  }
  it('may have its stream on any port of its own address', async () => {
    const outcome = await identified({ GetStreamUri: uri('rtsps://127.0.0.1:10554') })
    assert.equal(outcome.kind, 'identified')
    assert.deepEqual(outcome.kind === 'identified' && outcome.device.streamPaths.main, { port: 10_554, path: '/', tls: true })
  })

  it('cannot pollute prototypes by tag or attribute names', async () => {
    const outcome = await identified({
      GetDeviceInformation: says(
        '<tds:GetDeviceInformationResponse __proto__="1" constructor="2"><__proto__><polluted>yes</polluted></__proto__><constructor><prototype><polluted>1</polluted></prototype></constructor><tds:Model>ok</tds:Model></tds:GetDeviceInformationResponse>',
      ),
    })
    assert.equal(outcome.kind === 'identified' && outcome.device.model, 'ok')
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  it('has its texts cleaned and cut', async () => {
    const outcome = await identified({
      GetDeviceInformation: says(
        `<tds:GetDeviceInformationResponse><tds:Manufacturer>A\u202eB\u0085C&#x200b;&lt;img src=x&gt;</tds:Manufacturer><tds:Model>${'长'.repeat(5_000)}</tds:Model><tds:SerialNumber>cafe&#x301;</tds:SerialNumber></tds:GetDeviceInformationResponse>`,
      ),
    })
    assert.ok(outcome.kind === 'identified')
    assert.equal(outcome.device.manufacturer, 'ABC<img src=x>')
    assert.equal(outcome.device.model.length, 128)
    assert.equal(outcome.device.serial, 'caf\u00e9')
  })

  it('never gets the password, and no fault tells it', async () => {
    const outcome = await identified({ GetServices: services('http://10.0.0.9/pw') })
    assert.ok(device?.seen.every((one) => !one.body.includes('pw-secret')))
    assert.doesNotMatch(JSON.stringify(outcome), /pw-secret/)
  })
})
