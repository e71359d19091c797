// Owns the ONVIF device service: time, identity, capabilities, scopes, network.
// Refuses: every operation that changes the device.
import { escapeXml } from './soap.ts'
import type { OperationContext, Service } from './context.ts'

interface OfferedService {
  namespace: string
  path: string
  version: [number, number]
}

/** The services of this device and where they are. */
export function offeredServices(context: Pick<OperationContext, 'state'>): OfferedService[] {
  const { hasMedia2, hasPtz } = context.state.identity
  return [
    { namespace: 'http://www.onvif.org/ver10/device/wsdl', path: '/onvif/device_service', version: [20, 12] },
    { namespace: 'http://www.onvif.org/ver10/media/wsdl', path: '/onvif/media_service', version: [19, 6] },
    { namespace: 'http://www.onvif.org/ver20/imaging/wsdl', path: '/onvif/imaging_service', version: [19, 6] },
    { namespace: 'http://www.onvif.org/ver10/events/wsdl', path: '/onvif/event_service', version: [20, 6] },
    ...(hasMedia2 ? [{ namespace: 'http://www.onvif.org/ver20/media/wsdl', path: '/onvif/media2_service', version: [20, 12] as [number, number] }] : []),
    ...(hasPtz ? [{ namespace: 'http://www.onvif.org/ver20/ptz/wsdl', path: '/onvif/ptz_service', version: [20, 6] as [number, number] }] : []),
  ]
}

/** Scopes as WS-Discovery and GetScopes give them. */
export function scopes(state: OperationContext['state']): string[] {
  const { identity } = state
  const scope = (path: string) => `onvif://www.onvif.org/${path}`
  return [
    scope('type/Network_Video_Transmitter'),
    scope('type/video_encoder'),
    ...(identity.hasPtz ? [scope('type/ptz')] : []),
    ...(identity.hasAudio ? [scope('type/audio_encoder')] : []),
    scope('Profile/Streaming'),
    ...(identity.hasMedia2 ? [scope('Profile/T')] : []),
    scope(`hardware/${encodeURIComponent(identity.model)}`),
    scope(`name/${encodeURIComponent(identity.manufacturer)}`),
    scope(`MAC/${identity.mac}`),
    scope('location/country/china'),
  ]
}

export const deviceService: Service = {
  GetSystemDateAndTime: ({ state }) => {
    const now = new Date(state.deviceNow())
    const local = new Date(state.deviceNow() + 8 * 3_600_000)
    const parts = (date: Date) =>
      `<tt:Time><tt:Hour>${date.getUTCHours()}</tt:Hour><tt:Minute>${date.getUTCMinutes()}</tt:Minute><tt:Second>${date.getUTCSeconds()}</tt:Second></tt:Time>` +
      `<tt:Date><tt:Year>${date.getUTCFullYear()}</tt:Year><tt:Month>${date.getUTCMonth() + 1}</tt:Month><tt:Day>${date.getUTCDate()}</tt:Day></tt:Date>`
    return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime>${parts(now)}</tt:UTCDateTime><tt:LocalDateTime>${parts(local)}</tt:LocalDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
  },

  GetDeviceInformation: ({ state: { identity } }) =>
    `<tds:GetDeviceInformationResponse><tds:Manufacturer>${escapeXml(identity.manufacturer)}</tds:Manufacturer><tds:Model>${escapeXml(identity.model)}</tds:Model><tds:FirmwareVersion>${escapeXml(identity.firmware)}</tds:FirmwareVersion><tds:SerialNumber>${escapeXml(identity.serial)}</tds:SerialNumber><tds:HardwareId>${escapeXml(identity.hardwareId)}</tds:HardwareId></tds:GetDeviceInformationResponse>`,

  GetCapabilities: (context) => {
    const { httpBase, state } = context
    const at = (path: string) => `<tt:XAddr>${httpBase}${path}</tt:XAddr>`
    const ptz = state.identity.hasPtz ? `<tt:PTZ>${at('/onvif/ptz_service')}</tt:PTZ>` : ''
    return (
      `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device>${at('/onvif/device_service')}<tt:Network><tt:IPFilter>false</tt:IPFilter><tt:ZeroConfiguration>false</tt:ZeroConfiguration><tt:IPVersion6>false</tt:IPVersion6><tt:DynDNS>false</tt:DynDNS></tt:Network></tt:Device>` +
      `<tt:Events>${at('/onvif/event_service')}<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport><tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>` +
      `<tt:Imaging>${at('/onvif/imaging_service')}</tt:Imaging><tt:Media>${at('/onvif/media_service')}<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>${ptz}</tds:Capabilities></tds:GetCapabilitiesResponse>`
    )
  },

  GetServices: (context) =>
    `<tds:GetServicesResponse>${offeredServices(context)
      .map(
        ({ namespace, path, version: [major, minor] }) =>
          `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${context.httpBase}${path}</tds:XAddr><tds:Version><tt:Major>${major}</tt:Major><tt:Minor>${minor}</tt:Minor></tds:Version></tds:Service>`,
      )
      .join('')}</tds:GetServicesResponse>`,

  GetServiceCapabilities: ({ state }) =>
    `<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network NTP="1"/><tds:Security UsernameToken="${state.identity.soapLogin !== 'digest-only'}" HttpDigest="${state.identity.soapLogin !== 'wsse-only'}"/><tds:System DiscoveryResolve="false"/></tds:Capabilities></tds:GetServiceCapabilitiesResponse>`,

  GetScopes: ({ state }) =>
    `<tds:GetScopesResponse>${scopes(state)
      .map((scope) => `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${escapeXml(scope)}</tt:ScopeItem></tds:Scopes>`)
      .join('')}</tds:GetScopesResponse>`,

  GetHostname: ({ state }) =>
    `<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>IPC-${state.identity.mac.replaceAll(':', '').slice(-6)}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,

  GetNetworkInterfaces: ({ state, host }) =>
    `<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${state.identity.mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>${escapeXml(host)}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`,
}
