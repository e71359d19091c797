// Owns the words of WS-Discovery (April 2005, as ONVIF Core §7 uses it): the Probe message and reading ProbeMatches.
// Refuses: sockets; trusting an XAddr, which only the address check in discovery.ts may do.
import { deviceText } from './device-text.ts'
import { escapeXml, readXml, XmlRefused } from './xml-element.ts'

export interface ProbeMatch {
  /** Endpoint reference, the device's own name for itself; may be empty. */
  endpoint: string
  /** As written by the device; not checked. */
  xaddrs: string[]
  name: string
  hardware: string
}

export const multicastAddress = '239.255.255.250'
export const discoveryPort = 3702

/** @param messageId A fresh UUID; devices drop a message id that they have seen. */
export function probeMessage(messageId: string): Buffer {
  return Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>' +
      '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"' +
      ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>' +
      '<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>' +
      `<a:MessageID>urn:uuid:${escapeXml(messageId)}</a:MessageID>` +
      '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
      '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>' +
      '<s:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>',
  )
}

/** All matches of one datagram; none when it is not a ProbeMatches message. */
export function readProbeMatches(datagram: Buffer): ProbeMatch[] {
  try {
    const matches = readXml(datagram.toString('utf8').trim()).at('Body', 'ProbeMatches')?.all('ProbeMatch') ?? []
    return matches.slice(0, 256).map((match) => {
      const scopes = match.textAt('Scopes').split(/\s+/).slice(0, 64)
      return {
        endpoint: deviceText(match.textAt('EndpointReference', 'Address')),
        xaddrs: match.textAt('XAddrs').split(/\s+/).filter(Boolean).slice(0, 16),
        name: scopeValue(scopes, 'name'),
        hardware: scopeValue(scopes, 'hardware'),
      }
    })
  } catch (error) {
    if (error instanceof XmlRefused) return []
    throw error
  }
}

/** The value of `onvif://www.onvif.org/<kind>/<value>` (ONVIF Core §7.3.2.1). */
export function scopeValue(scopes: readonly string[], kind: string): string {
  const prefix = `onvif://www.onvif.org/${kind}/`
  const value = scopes.find((scope) => scope.startsWith(prefix))?.slice(prefix.length) ?? ''
  try {
    return deviceText(decodeURIComponent(value).replaceAll('_', ' '))
  } catch {
    return deviceText(value)
  }
}
