// Owns SOAP 1.2 on the device's side: reading an envelope, writing answers and faults.
// Refuses: what is not well-formed XML with an Envelope and a Body, and document type declarations.
import { SaxesParser } from 'saxes'

export interface XmlNode {
  local: string
  namespace: string
  attributes: Record<string, string>
  children: XmlNode[]
  text: string
}

/** What a client asked. */
export interface SoapRequest {
  header: XmlNode | null
  /** First child of the Body. */
  operation: XmlNode
}

/** @returns null when it is not a SOAP envelope with an operation */
export function readEnvelope(xml: string): SoapRequest | null {
  const root = parseXml(xml)
  if (root?.local !== 'Envelope') return null
  const operation = child(root, 'Body')?.children[0]
  return operation ? { header: child(root, 'Header'), operation } : null
}

function parseXml(xml: string): XmlNode | null {
  const parser = new SaxesParser({ xmlns: true })
  const stack: XmlNode[] = []
  let root: XmlNode | null = null
  let broken = false
  parser.on('error', () => (broken = true))
  parser.on('doctype', () => (broken = true))
  parser.on('opentag', (tag) => {
    const attributes: Record<string, string> = {}
    for (const [name, attribute] of Object.entries(tag.attributes)) attributes[name] = attribute.value
    const node: XmlNode = { local: tag.local, namespace: tag.uri, attributes, children: [], text: '' }
    stack[stack.length - 1]?.children.push(node)
    root ??= node
    stack.push(node)
  })
  parser.on('text', (text) => {
    const node = stack[stack.length - 1]
    if (node) node.text += text
  })
  parser.on('closetag', () => void stack.pop())
  parser.write(xml).close()
  return broken ? null : root
}

export function child(node: XmlNode | null | undefined, ...path: string[]): XmlNode | null {
  let at: XmlNode | null = node ?? null
  for (const local of path) at = at?.children.find((each) => each.local === local) ?? null
  return at
}

export function textOf(node: XmlNode | null | undefined, ...path: string[]): string | null {
  return child(node, ...path)?.text.trim() ?? null
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

export const NAMESPACES = {
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  tt: 'http://www.onvif.org/ver10/schema',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  wsa: 'http://www.w3.org/2005/08/addressing',
  tns1: 'http://www.onvif.org/ver10/topics',
  ter: 'http://www.onvif.org/ver10/error',
} as const

const DECLARATIONS = Object.entries(NAMESPACES)
  .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  .join('')

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"${DECLARATIONS}><env:Body>${body}</env:Body></env:Envelope>`
}

/** An ONVIF fault (Core specification §5.8.2): `code` env:Sender or env:Receiver, `subcodes` such as ter:NotAuthorized. */
export class SoapFault extends Error {
  readonly status: number
  readonly code: 'Sender' | 'Receiver'
  readonly subcodes: string[]

  constructor(status: number, code: 'Sender' | 'Receiver', subcodes: string[], reason: string) {
    super(reason)
    this.status = status
    this.code = code
    this.subcodes = subcodes
  }

  toXml(): string {
    const nested = this.subcodes.reduceRight((inner, subcode) => `<env:Subcode><env:Value>${subcode}</env:Value>${inner}</env:Subcode>`, '')
    return envelope(
      `<env:Fault><env:Code><env:Value>env:${this.code}</env:Value>${nested}</env:Code><env:Reason><env:Text xml:lang="en">${escapeXml(this.message)}</env:Text></env:Reason></env:Fault>`,
    )
  }
}

export const invalidArgument = (subcode: string, reason: string) => new SoapFault(400, 'Sender', ['ter:InvalidArgVal', subcode], reason)
