// Owns proof of the ONVIF port against a device of our own: identification, both logins, the clock, what is refused.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { AddressPolicy } from '#base/address-policy.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'
import { createOnvifPort, type OnvifCredential } from '../../backend/onvif/index.ts'
import { envelope, FakeDevice, soapFault, type FakeDeviceOptions } from '../unit/onvif/fake-device.ts'

describe('the ONVIF port', () => {
  const port = createOnvifPort({
    clock: systemClock,
    random: randomBytes,
    logger: silentLogger,
    addressPolicy: new AddressPolicy(['127.0.0.0/8']),
  })
  const login = (password: string, username = 'admin'): OnvifCredential => ({ username, password: new Secret(password) })
  let device: FakeDevice | undefined
  const start = async (options: FakeDeviceOptions) => {
    device = await FakeDevice.start(options)
    return { device, target: { host: '127.0.0.1', port: device.port, tls: false } }
  }
  afterEach(async () => {
    await device?.stop()
    device = undefined
  })

  it('identifies a device whose login has characters that XML and ASCII do not', async () => {
    const { target } = await start({ username: 'ad"<&min', password: 'pw-密码<&>' })
    const outcome = await port.identify(target, login('pw-密码<&>', 'ad"<&min'))
    assert.equal(outcome.kind, 'identified', JSON.stringify(outcome))
    if (outcome.kind !== 'identified') return
    const { profiles, streamPaths, clockOffsetMs, ...rest } = outcome.device
    assert.deepEqual(rest, { manufacturer: 'Maker', model: 'M1', firmware: '2.0', serial: 'S-1', mac: '02-AA-BB-CC-DD-EE', hasPtz: false })
    assert.deepEqual(
      profiles.map((profile) => [profile.stream, profile.token, profile.codec, profile.width, profile.fps]),
      [
        ['main', 'p0', 'h264', 1920, 25],
        ['sub', 'p1', 'h264', 640, 25],
      ],
    )
    assert.deepEqual(streamPaths.main, { port: 8554, path: '/live?channel=1&q=2', tls: false })
    assert.ok(clockOffsetMs !== null && Math.abs(clockOffsetMs) < 1_500, `offset ${clockOffsetMs}`)
  })

  it('measures the clock without a login and uses the offset for the login', async () => {
    const { device, target } = await start({ password: 'pw', clockOffsetMs: -3_600_000 })
    const outcome = await port.ping(target, login('pw'))
    assert.equal(outcome.kind, 'answered', JSON.stringify(outcome))
    assert.ok(Math.abs((outcome.clockOffsetMs ?? 0) + 3_600_000) < 1_500)
    assert.deepEqual(device.seen.map((one) => one.operation), ['GetSystemDateAndTime', 'GetDeviceInformation'])
    assert.doesNotMatch(device.seen[0]?.body ?? '', /Security|admin/)
  })

  it('never uses a nonce twice and never sends the password', async () => {
    const { device, target } = await start({ password: 'pw-secret' })
    await port.identify(target, login('pw-secret'))
    const nonces = device.seen.flatMap((one) => /<wsse:Nonce[^>]*>([^<]+)</.exec(one.body)?.[1] ?? [])
    assert.ok(nonces.length >= 5)
    assert.equal(new Set(nonces).size, nonces.length)
    assert.ok(device.seen.every((one) => !one.body.includes('pw-secret')))
  })

  for (const digestAlgorithm of ['MD5', 'SHA-256'] as const) {
    it(`answers HTTP Digest with ${digestAlgorithm} when the device asks for it`, async () => {
      const { device, target } = await start({ password: 'pw', login: 'digest', digestAlgorithm })
      const outcome = await port.identify(target, login('pw'))
      assert.equal(outcome.kind, 'identified', JSON.stringify(outcome))
      assert.ok(device.seen.some((one) => one.authorization?.startsWith('Digest ')))
      assert.ok(device.seen.every((one) => !/^Basic/i.test(one.authorization ?? '')))
    })
    it(`asks once more and no further when HTTP Digest with ${digestAlgorithm} is refused`, async () => {
      const { device, target } = await start({ password: 'pw', login: 'digest', digestAlgorithm })
      const outcome = await port.ping(target, login('wrong'))
      assert.equal(outcome.kind === 'fault' && outcome.fault.code, 'onvif_refused')
      assert.equal(device.seen.length, 3)
    })
  }

  it('sends nothing to a device that asks for Basic', async () => {
    const { device, target } = await start({ password: 'pw', login: 'basic' })
    const outcome = await port.ping(target, login('pw'))
    assert.equal(outcome.kind === 'fault' && outcome.fault.code, 'auth_downgrade')
    assert.ok(device.seen.every((one) => one.authorization === undefined))
  })

  it('says that the login is refused when the password is wrong, and blames the clock only when that is far off', async () => {
    const { device, target } = await start({ password: 'pw' })
    const wrong = await port.ping(target, login('other'))
    assert.equal(wrong.kind === 'fault' && wrong.fault.code, 'onvif_refused')
    assert.equal(wrong.kind === 'fault' && wrong.fault.retry, 'after-change')
    device.options.clockOffsetMs = 86_400_000
    const skewed = await port.ping(target, login('other'))
    assert.equal(skewed.kind === 'fault' && skewed.fault.code, 'clock_skew')
  })

  it('identifies an open device without any login and a closed one not', async () => {
    const { device, target } = await start({})
    assert.equal((await port.identify(target, null)).kind, 'identified')
    device.options.password = 'pw'
    const closed = await port.identify(target, null)
    assert.equal(closed.kind === 'fault' && closed.fault.code, 'onvif_refused')
    assert.ok(closed.kind === 'fault' && closed.clockOffsetMs !== null)
  })

  it('asks as a stranger: by what an open device gives, at most three times of a closed one, and never with a login', async () => {
    const { device, target } = await start({})
    assert.deepEqual(await port.askAsStranger(target), { kind: 'answered', operation: 'GetDeviceInformation' })
    device.options.password = 'pw'
    device.seen.length = 0
    const closed = await port.askAsStranger(target)
    assert.equal(closed.kind === 'fault' && closed.fault.code, 'onvif_refused')
    assert.ok(device.seen.length >= 1 && device.seen.length <= 3, `${device.seen.length} requests`)
    assert.ok(device.seen.every(({ authorization, body }) => authorization === undefined && !/Security|admin/.test(body)))
  })

  it('tells a device that guards what it is and gives a stranger its streams', async () => {
    const { target } = await start({ replies: { GetDeviceInformation: (_, response) => void response.writeHead(400).end(soapFault('NotAuthorized')) } })
    assert.deepEqual(await port.askAsStranger(target), { kind: 'answered', operation: 'GetProfiles' })
  })

  it('tells a device that asks a stranger for Basic, and one that does not answer', async () => {
    const { device, target } = await start({ password: 'pw', login: 'basic' })
    const basic = await port.askAsStranger(target)
    assert.equal(basic.kind === 'fault' && basic.fault.code, 'auth_downgrade')
    assert.ok(device.seen.every(({ authorization }) => authorization === undefined))
    const elsewhere = await port.askAsStranger({ host: '10.0.0.1', port: 80, tls: false })
    assert.equal(elsewhere.kind === 'fault' && elsewhere.fault.code, 'address_refused')
  })

  it('falls back to GetCapabilities when the device does not know GetServices', async () => {
    const { device, target } = await start({
      replies: {
        GetServices: (_, response) => void response.writeHead(500).end(soapFault('ActionNotSupported')),
        GetCapabilities: (_, response) =>
          void response.end(
            envelope(
              `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://127.0.0.1:${target.port}/media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
            ),
          ),
      },
    })
    assert.equal((await port.identify(target, null)).kind, 'identified')
    assert.ok(device.seen.some((one) => one.operation === 'GetCapabilities'))
  })

  it('connects to no address outside the camera networks', async () => {
    for (const host of ['10.0.0.1', '0x7f.1', '2130706433', 'localhost', '169.254.169.254', '::1']) {
      const outcome = await port.readClock({ host, port: 80, tls: false })
      assert.equal(outcome.kind === 'fault' && outcome.fault.code, 'address_refused', host)
    }
  })

  it('says unreachable when nothing listens', async () => {
    const { device, target } = await start({})
    const free = target.port
    await device.stop()
    const outcome = await port.ping({ ...target, port: free }, login('pw'))
    assert.equal(outcome.kind === 'fault' && outcome.fault.code, 'unreachable')
    await start({})
  })
})
