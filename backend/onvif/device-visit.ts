// Owns the steps of one operation against one device: clock, login, services, profiles, stream addresses.
// Refuses: rejecting with anything but VisitFailed for what the device did; connecting by itself.
import type { AddressPolicy } from '#base/address-policy.ts'
import type { Clock } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { DeviceIdentity, OnvifTarget } from './device.ts'
import { readDeviceAddress } from './device-address.ts'
import { readDeviceClock } from './device-clock.ts'
import {
  deviceNamespace,
  devicePath,
  media1Namespace,
  media2Namespace,
  ptzNamespace,
  readCapabilities,
  readDeviceInformation,
  readMac,
  readServices,
  type DeviceServices,
} from './device-services.ts'
import { chooseProfiles, readProfiles, type DeviceProfile } from './media-profiles.ts'
import { onvifFault } from './onvif-fault.ts'
import type { ServicePlace, SoapClient, SoapOperation } from './soap-client.ts'
import { escapeXml, type XmlElement } from './xml-element.ts'

/** A clock further off than this explains a refused login: devices commonly take 5 s to 60 s. */
const SKEW_MS = 60_000

/** Carries a Fault out of a visit's steps; caught by device-client.ts, never seen outside the room. */
export class VisitFailed extends Error {
  readonly fault: Fault

  constructor(fault: Fault) {
    super(fault.code)
    this.fault = fault
  }
}

/** One operation against one device; its steps throw VisitFailed. */
export class DeviceVisit {
  readonly #deps: { clock: Clock; addressPolicy: AddressPolicy }
  readonly #target: OnvifTarget
  readonly #soap: SoapClient
  readonly #places: { device: ServicePlace } & Partial<DeviceServices>
  clockOffsetMs: number | null = null

  constructor(deps: { clock: Clock; addressPolicy: AddressPolicy }, target: OnvifTarget, soap: SoapClient) {
    this.#deps = deps
    this.#target = target
    this.#soap = soap
    this.#places = { device: { port: target.port, tls: target.tls, path: devicePath } }
  }

  /** A refused login is explained by the clock when that is far off even though we corrected for it. */
  explained(fault: Fault): Fault {
    if (fault.code !== 'onvif_refused' || this.clockOffsetMs === null || Math.abs(this.clockOffsetMs) <= SKEW_MS) return fault
    return onvifFault('clock_skew', `login refused and the clock is ${Math.round(this.clockOffsetMs / 1000)} s off`)
  }

  /** Camera clock minus server clock in ms, measured at the middle of the call; kept for the login. */
  async measureClock(): Promise<number | null> {
    const { clock } = this.#deps
    const sentMs = clock.now()
    const startedMs = clock.monotonicMs()
    const outcome = await this.#soap.call(this.#places.device, { namespace: deviceNamespace, name: 'GetSystemDateAndTime' }, 'none')
    const middleMs = sentMs + (clock.monotonicMs() - startedMs) / 2
    if (outcome.kind === 'fault') throw new VisitFailed(outcome.fault)
    if (outcome.kind === 'declined') throw new VisitFailed(onvifFault('onvif_malformed', `no clock: ${outcome.reason}`))
    const deviceMs = readDeviceClock(outcome.element)
    this.clockOffsetMs = deviceMs === null ? null : Math.round(deviceMs - middleMs)
    this.#soap.clockOffsetMs = this.clockOffsetMs ?? 0
    return this.clockOffsetMs
  }

  /** As measureClock; a device that hides its clock behind the login (against ONVIF Core §8.3.5) is logged in to without it. */
  async tryClock(): Promise<void> {
    try {
      await this.measureClock()
    } catch (error) {
      if (!(error instanceof VisitFailed) || error.fault.code !== 'onvif_refused') throw error
    }
  }

  async ask(service: keyof DeviceServices | 'device', name: string, inner = ''): Promise<XmlElement> {
    const outcome = await this.#call(service, name, inner)
    if (outcome.kind === 'answer') return outcome.element
    throw new VisitFailed(outcome.kind === 'fault' ? outcome.fault : onvifFault('onvif_malformed', `${name} declined: ${outcome.reason}`))
  }

  /**
   * Asks for what needs a login; of use only on a visit without one. Some devices guard what they are and give away their
   * streams, so that one refusal is not the answer. The clock is not read: no login needs its time stamp.
   */
  async askAsStranger(): Promise<'GetDeviceInformation' | 'GetProfiles'> {
    const information = await this.#call('device', 'GetDeviceInformation')
    if (information.kind === 'answer') return 'GetDeviceInformation'
    if (information.kind === 'fault' && information.fault.code !== 'onvif_refused') throw new VisitFailed(information.fault)
    await this.#findServices()
    if (information.kind === 'fault' && !this.#places.media1 && !this.#places.media2) throw new VisitFailed(information.fault)
    const { profiles } = await this.#profiles()
    if (profiles.length === 0) throw new VisitFailed(onvifFault('onvif_refused', 'a stranger gets a list without profiles'))
    return 'GetProfiles'
  }

  async identify(): Promise<DeviceIdentity> {
    await this.tryClock()
    const information = readDeviceInformation(await this.ask('device', 'GetDeviceInformation'))
    const network = await this.#call('device', 'GetNetworkInterfaces')
    // An account that may see pictures but not the network settings is good enough for us.
    if (network.kind === 'fault' && network.fault.code !== 'onvif_refused') throw new VisitFailed(network.fault)
    await this.#findServices()
    const { service, profiles } = await this.#profiles()
    const chosen = chooseProfiles(profiles)
    if (chosen.length === 0) throw new VisitFailed(onvifFault('no_stream_profile', 'no profile with a size and a known codec'))
    const streamPaths: DeviceIdentity['streamPaths'] = {}
    for (const profile of chosen) streamPaths[profile.stream] = await this.#streamPath(service, profile.token)
    return {
      ...information,
      mac: network.kind === 'answer' ? readMac(network.element, this.#target.host) : '',
      hasPtz: this.#places.ptz !== undefined && profiles.some((profile) => profile.hasPtz),
      clockOffsetMs: this.clockOffsetMs,
      profiles: chosen,
      streamPaths,
    }
  }

  /** Where the head is moved and by which profile; null when the device has none. */
  async findPtz(): Promise<{ place: ServicePlace; profileToken: string; nodes: XmlElement | null } | null> {
    await this.tryClock()
    await this.#findServices()
    const place = this.#places.ptz
    if (place === undefined) return null
    const profile = (await this.#profiles()).profiles.find(({ hasPtz }) => hasPtz)
    if (profile === undefined) return null
    const nodes = await this.#call('ptz', 'GetNodes')
    if (nodes.kind === 'fault') throw new VisitFailed(nodes.fault)
    return { place, profileToken: profile.token, nodes: nodes.kind === 'answer' ? nodes.element : null }
  }

  #call(service: keyof DeviceServices | 'device', name: string, inner = '') {
    const namespaces = { device: deviceNamespace, media1: media1Namespace, media2: media2Namespace, ptz: ptzNamespace }
    const operation: SoapOperation = { namespace: namespaces[service], name, inner }
    return this.#soap.call(this.#places[service] ?? this.#places.device, operation)
  }

  async #findServices(): Promise<void> {
    const { addressPolicy } = this.#deps
    const services = await this.#call('device', 'GetServices', '<q:IncludeCapability>false</q:IncludeCapability>')
    if (services.kind === 'fault') throw new VisitFailed(services.fault)
    const reading =
      services.kind === 'answer'
        ? readServices(services.element, this.#target.host, addressPolicy)
        : readCapabilities(await this.ask('device', 'GetCapabilities', '<q:Category>All</q:Category>'), this.#target.host, addressPolicy)
    if (reading.kind === 'refused') throw new VisitFailed(onvifFault('address_refused', reading.reason))
    Object.assign(this.#places, reading.services)
  }

  /** Media2 when the device has it, because Media1 cannot name H.265; Media1 when Media2 declines or says nothing. */
  async #profiles(): Promise<{ service: 'media1' | 'media2'; profiles: DeviceProfile[] }> {
    if (this.#places.media2) {
      const outcome = await this.#call('media2', 'GetProfiles', '<q:Type>All</q:Type>')
      if (outcome.kind === 'fault') throw new VisitFailed(outcome.fault)
      const profiles = outcome.kind === 'answer' ? readProfiles(outcome.element) : []
      if (profiles.length > 0 || !this.#places.media1) return { service: 'media2', profiles }
    }
    if (!this.#places.media1) throw new VisitFailed(onvifFault('no_stream_profile', 'the device has no media service'))
    return { service: 'media1', profiles: readProfiles(await this.ask('media1', 'GetProfiles')) }
  }

  async #streamPath(service: 'media1' | 'media2', token: string) {
    const profile = `<q:ProfileToken>${escapeXml(token)}</q:ProfileToken>`
    const answer =
      service === 'media2'
        ? (await this.ask('media2', 'GetStreamUri', `<q:Protocol>RTSP</q:Protocol>${profile}`)).textAt('Uri')
        : (
            await this.ask(
              'media1',
              'GetStreamUri',
              `<q:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></q:StreamSetup>${profile}`,
            )
          ).textAt('MediaUri', 'Uri')
    const address = readDeviceAddress(answer, this.#deps.addressPolicy, { schemes: ['rtsp', 'rtsps'], host: this.#target.host })
    if (address.kind === 'refused') throw new VisitFailed(onvifFault('address_refused', `stream address: ${address.reason}`))
    return { port: address.port, path: address.path, tls: address.scheme === 'rtsps' }
  }
}
