// Owns proof of discovery on the loopback interface: multicast, unicast probe and HTTP scan against devices of our own.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { AddressPolicy } from '#base/address-policy.ts'
import { AppError } from '#base/app-error.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { createDiscovery, createOnvifPort, type DiscoveryRequest } from '../../backend/onvif/index.ts'
import { envelope, FakeDevice } from '../unit/onvif/fake-device.ts'

const addressPolicy = new AddressPolicy(['127.0.0.0/8'])
const deps = { clock: systemClock, logger: silentLogger, addressPolicy }

function matches(...devices: { endpoint: string; xaddrs: string; name?: string }[]): string {
  const match = (one: { endpoint: string; xaddrs: string; name?: string }) =>
    `<d:ProbeMatch><a:EndpointReference><a:Address>${one.endpoint}</a:Address></a:EndpointReference><d:Scopes>onvif://www.onvif.org/name/${one.name ?? ''}</d:Scopes><d:XAddrs>${one.xaddrs}</d:XAddrs></d:ProbeMatch>`
  return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><d:ProbeMatches>${devices.map(match).join('')}</d:ProbeMatches></s:Body></s:Envelope>`
}

describe('discovery', () => {
  const opened: { socket: Socket | undefined; device: FakeDevice | undefined } = { socket: undefined, device: undefined }
  const probes: string[] = []
  afterEach(async () => {
    opened.socket?.close()
    await opened.device?.stop()
    opened.socket = undefined
    opened.device = undefined
    probes.length = 0
  })
  const answerProbes = async (...answers: string[]) => {
    const socket = createSocket('udp4')
    socket.bind(0, '0.0.0.0')
    await once(socket, 'listening')
    socket.addMembership('239.255.255.250', '127.0.0.1')
    socket.on('message', (message, from) => {
      probes.push(message.toString())
      for (const answer of answers) socket.send(answer, from.port, from.address)
    })
    opened.socket = socket
    return socket.address().port
  }
  /** Ends the search as soon as `count` devices are found; all else would only wait for stragglers. */
  const search = async (probePort: number, request: DiscoveryRequest, count = 1, mostMs = 60_000) => {
    const enough = new AbortController()
    const late = systemClock.after(mostMs, () => enough.abort())
    const discovery = createDiscovery({
      ...deps,
      random: () => 0,
      onvif: createOnvifPort({ ...deps, random: randomBytes }),
      interfaces: () => ['127.0.0.1'],
      probePort,
      library: { probe: async () => [] },
    })
    let seen = 0
    return discovery
      .discover({
        ...request,
        signal: enough.signal,
        onFound: () => {
          if (++seen === count) enough.abort()
        },
      })
      .finally(() => late.cancel())
  }

  it('finds several devices that answer in one datagram and in several, each once', async () => {
    const one = { endpoint: 'urn:1', xaddrs: 'http://127.0.0.1:8001/onvif/device_service', name: 'East%20Gate' }
    const two = { endpoint: 'urn:2', xaddrs: 'http://127.0.0.1:8002/onvif/device_service' }
    const three = { endpoint: 'urn:3', xaddrs: 'http://127.0.0.1:8003/onvif/device_service' }
    const again = { endpoint: 'urn:1', xaddrs: 'http://127.0.0.5:8001/onvif/device_service' }
    const port = await answerProbes(matches(one, two), 'not xml', matches(again), '<a>'.repeat(500), matches(three))
    const { found } = await search(port, { multicast: true, ranges: [], ports: [] }, 3)
    assert.deepEqual(found.map((device) => [device.target.port, device.foundBy, device.name]), [
      [8001, 'multicast', 'East Gate'],
      [8002, 'multicast', ''],
      [8003, 'multicast', ''],
    ])
  })

  it('drops and counts addresses outside the camera networks, and takes an allowed one of the same device', async () => {
    const outside = { endpoint: 'urn:1', xaddrs: 'http://169.254.169.254/latest http://10.0.0.1/onvif/device_service' }
    const mixed = { endpoint: 'urn:2', xaddrs: 'http://192.0.2.7/x http://127.0.0.1:8002/onvif/device_service' }
    const port = await answerProbes(matches(outside), matches(mixed))
    const { found, progress } = await search(port, { multicast: true, ranges: [], ports: [] })
    assert.deepEqual(found.map((device) => device.target), [{ host: '127.0.0.1', port: 8002, tls: false }])
    assert.equal(progress.refused, 3)
  })

  it('repeats the probe with a new message id each time', async () => {
    const port = await answerProbes()
    await search(port, { multicast: true, ranges: [], ports: [] })
    const ids = probes.map((probe) => /<a:MessageID>([^<]+)</.exec(probe)?.[1])
    assert.equal(ids.length, 3)
    assert.equal(new Set(ids).size, 3)
    assert.ok(probes.every((probe) => !/Security|Password/.test(probe)))
  })

  it('finds a device by unicast probe though its web port was not asked', async () => {
    const port = await answerProbes(matches({ endpoint: 'urn:9', xaddrs: 'http://127.0.0.1:8009/onvif/device_service' }))
    const { found } = await search(port, { multicast: false, ranges: ['127.0.0.1'], ports: ['1'] })
    assert.deepEqual(found.map((device) => [device.target.port, device.foundBy]), [[8009, 'unicast']])
  })

  it('finds a device by scanning a range and never shows it a login', async () => {
    const device = (opened.device = await FakeDevice.start({ password: 'pw' }))
    const { found, progress } = await search(1, { multicast: false, ranges: ['127.0.0.1-127.0.0.3'], ports: [`${device.port}`] })
    assert.deepEqual(found.map((one) => one.target), [{ host: '127.0.0.1', port: device.port, tls: false }])
    assert.equal(progress.toAsk, 3)
    assert.deepEqual(device.seen.map((one) => [one.operation, one.authorization]), [['GetSystemDateAndTime', undefined]])
    assert.doesNotMatch(device.seen[0]?.body ?? '', /Security/)
  })

  it('finds a device that takes a connection and answers only at a second, longer try', async () => {
    let asked = 0
    const slow = await FakeDevice.start({
      replies: {
        GetSystemDateAndTime: (_, response) => {
          if (++asked > 1) response.end(envelope(slow.clockAnswer()))
        },
      },
    })
    opened.device = slow
    const { found } = await search(1, { multicast: false, ranges: ['127.0.0.1'], ports: ['1', `${slow.port}`] })
    assert.deepEqual(found.map((one) => one.target.port), [slow.port])
    assert.equal(asked, 2)
  })

  it('takes a device that both ways find for one, with the name that it announced', async () => {
    const device = (opened.device = await FakeDevice.start({}))
    const port = await answerProbes(matches({ endpoint: 'urn:5', xaddrs: `http://127.0.0.1:${device.port}/onvif/device_service`, name: 'Yard' }))
    const { found } = await search(port, { multicast: true, ranges: ['127.0.0.1'], ports: [`${device.port}`] }, 2, 1_500)
    assert.deepEqual(found.map((one) => [one.endpoint, one.name]), [['urn:5', 'Yard']])
  })

  it('refuses ranges outside the camera networks before anything is sent', async () => {
    const port = await answerProbes()
    await assert.rejects(search(port, { multicast: true, ranges: ['127.0.0.1', '8.8.8.0/24'], ports: ['80'] }), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'invalid_request')
      assert.deepEqual(error.issues.map((issue) => issue.path), ['ranges.1'])
      return true
    })
    assert.equal(probes.length, 0)
  })
})
