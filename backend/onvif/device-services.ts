// Owns the answers of the device service: what the device is, which services it has and where, its MAC.
// Refuses: services on another host than the registered one.
import type { AddressPolicy } from '#base/address-policy.ts'
import { readDeviceAddress } from './device-address.ts'
import { deviceMac, deviceText } from './device-text.ts'
import type { ServicePlace } from './soap-client.ts'
import type { XmlElement } from './xml-element.ts'

export const deviceNamespace = 'http://www.onvif.org/ver10/device/wsdl'
export const media1Namespace = 'http://www.onvif.org/ver10/media/wsdl'
export const media2Namespace = 'http://www.onvif.org/ver20/media/wsdl'
export const ptzNamespace = 'http://www.onvif.org/ver20/ptz/wsdl'
/** Where every ONVIF device's first service is (ONVIF Core §5.1.1). */
export const devicePath = '/onvif/device_service'

export interface DeviceServices {
  media1: ServicePlace | undefined
  media2: ServicePlace | undefined
  ptz: ServicePlace | undefined
}
export type ServicesReading = { kind: 'services'; services: DeviceServices } | { kind: 'refused'; reason: string }

export function readDeviceInformation(response: XmlElement): { manufacturer: string; model: string; firmware: string; serial: string } {
  return {
    manufacturer: deviceText(response.textAt('Manufacturer')),
    model: deviceText(response.textAt('Model')),
    firmware: deviceText(response.textAt('FirmwareVersion')),
    serial: deviceText(response.textAt('SerialNumber')),
  }
}

/** From `GetServicesResponse`. Only the services that we use are looked at; one of them elsewhere refuses the device. */
export function readServices(response: XmlElement, host: string, policy: AddressPolicy): ServicesReading {
  const xaddr = (namespace: string) =>
    response
      .all('Service')
      .find((service) => service.textAt('Namespace') === namespace)
      ?.textAt('XAddr')
  return placeServices({ media1: xaddr(media1Namespace), media2: xaddr(media2Namespace), ptz: xaddr(ptzNamespace) }, host, policy)
}

/** From `GetCapabilitiesResponse`, for devices from before GetServices; they have no Media2. */
export function readCapabilities(response: XmlElement, host: string, policy: AddressPolicy): ServicesReading {
  const xaddr = (name: string) => response.at('Capabilities', name)?.textAt('XAddr')
  return placeServices({ media1: xaddr('Media'), media2: undefined, ptz: xaddr('PTZ') }, host, policy)
}

function placeServices(xaddrs: Record<keyof DeviceServices, string | undefined>, host: string, policy: AddressPolicy): ServicesReading {
  const services: DeviceServices = { media1: undefined, media2: undefined, ptz: undefined }
  for (const name of ['media1', 'media2', 'ptz'] as const) {
    const xaddr = xaddrs[name]
    if (!xaddr) continue
    const address = readDeviceAddress(xaddr, policy, { schemes: ['http', 'https'], host })
    if (address.kind === 'refused') return { kind: 'refused', reason: `address of service ${name}: ${address.reason}` }
    services[name] = { port: address.port, tls: address.scheme === 'https', path: address.path }
  }
  return { kind: 'services', services }
}

/** The MAC of the interface that has the registered address, else of the first one that names a MAC. */
export function readMac(response: XmlElement, host: string): string {
  const interfaces = response.all('NetworkInterfaces')
  const ours = interfaces.find((one) => {
    const config = one.at('IPv4', 'Config')
    const addresses = [...(config?.all('Manual') ?? []), ...(config?.all('FromDHCP') ?? []), ...(config?.all('LinkLocal') ?? [])]
    return addresses.some((address) => address.textAt('Address') === host)
  })
  for (const one of ours ? [ours, ...interfaces] : interfaces) {
    const mac = deviceMac(one.textAt('Info', 'HwAddress'))
    if (mac) return mac
  }
  return ''
}
