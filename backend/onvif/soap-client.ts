// Owns one SOAP 1.2 call to a device: envelope, login (UsernameToken, or HTTP Digest when asked for it), answer or refusal.
// Refuses: Basic (auth_downgrade), answers to another question, sending a login anywhere but to the registered host.
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Fault } from '#contract/faults.ts'
import type { OnvifCredential } from './device.ts'
import { deviceText } from './device-text.ts'
import { digestAuthorization, readDemand, type DigestChallenge } from './http-digest.ts'
import type { DeviceLine, HttpAnswer, HttpOutcome } from './http-exchange.ts'
import { onvifFault } from './onvif-fault.ts'
import { usernameToken } from './ws-security.ts'
import { readLongXml, XmlRefused, type XmlElement } from './xml-element.ts'

/** A service of the registered device: same host, any port. */
export interface ServicePlace {
  port: number
  tls: boolean
  path: string
}

export interface SoapOperation {
  /** Namespace of the service's WSDL. */
  namespace: string
  /** Name of the request element; the answer must be `<name>Response`. */
  name: string
  /** Children of the request element, already escaped; prefix `q` is the service's namespace, `tt` the ONVIF schema's. */
  inner?: string
}

export type SoapOutcome =
  | { kind: 'answer'; element: XmlElement }
  | { kind: 'declined'; reason: string } // a SOAP fault that is not about the login
  | { kind: 'fault'; fault: Fault }

export class SoapClient {
  readonly #deps: { clock: Clock; random: RandomBytes; line: DeviceLine; credential: OnvifCredential | null }
  /** Camera clock minus server clock, ms; used for the login's time stamp. */
  clockOffsetMs = 0
  #digest: { challenge: DigestChallenge; count: number } | undefined

  constructor(deps: { clock: Clock; random: RandomBytes; line: DeviceLine; credential: OnvifCredential | null }) {
    this.#deps = deps
  }

  /** @param login `none` never sends a login, whatever the device answers. */
  async call(place: ServicePlace, operation: SoapOperation, login: 'none' | 'credential' = 'credential'): Promise<SoapOutcome> {
    const credential = login === 'none' ? null : this.#deps.credential
    let outcome = await this.#send(place, operation, credential)
    for (let tries = 0; tries < 2 && outcome.kind === 'answer' && outcome.status === 401; tries++) {
      const demand = readDemand(outcome.challenges)
      if (demand.kind === 'clear-text') return { kind: 'fault', fault: onvifFault('auth_downgrade', 'the device asks for Basic') }
      if (!credential || demand.kind !== 'digest') break
      // A second challenge is answered only when it says that nothing but the nonce was wrong.
      if (this.#digest && !demand.challenge.stale) break
      this.#digest = { challenge: demand.challenge, count: 0 }
      outcome = await this.#send(place, operation, credential)
    }
    return outcome.kind === 'fault' ? outcome : readAnswer(outcome, operation.name)
  }

  #send(place: ServicePlace, operation: SoapOperation, credential: OnvifCredential | null): Promise<HttpOutcome> {
    const { clock, random, line } = this.#deps
    const headers: Record<string, string> = {
      'Content-Type': `application/soap+xml; charset=utf-8; action="${operation.namespace}/${operation.name}"`,
    }
    let token = ''
    if (credential && this.#digest) {
      this.#digest.count++
      const request = { method: 'POST', path: place.path, count: this.#digest.count }
      headers['Authorization'] = digestAuthorization(this.#digest.challenge, credential, request, random)
    } else if (credential) token = usernameToken(credential, clock.now() + this.clockOffsetMs, random)
    return line.post(place, place.path, headers, envelope(operation, token))
  }
}

function envelope(operation: SoapOperation, header: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">' +
    `<s:Header>${header}</s:Header>` +
    `<s:Body><q:${operation.name} xmlns:q="${operation.namespace}" xmlns:tt="http://www.onvif.org/ver10/schema">` +
    `${operation.inner ?? ''}</q:${operation.name}></s:Body></s:Envelope>`
  )
}

async function readAnswer(answer: HttpAnswer, operation: string): Promise<SoapOutcome> {
  const refusedByHttp = answer.status === 401 || answer.status === 403
  const body = await readBody(answer.body)
  if (!body) {
    const fault = refusedByHttp ? onvifFault('onvif_refused', `HTTP ${answer.status}`) : onvifFault('onvif_malformed', `HTTP ${answer.status} without SOAP`)
    return { kind: 'fault', fault }
  }
  const fault = body.at('Fault')
  if (fault) {
    const codes = faultCodes(fault)
    const reason = deviceText(fault.textAt('Reason', 'Text') || fault.textAt('faultstring') || codes.join(' '), 100)
    const aboutLogin = refusedByHttp || codes.some((code) => /NotAuthorized|FailedAuthentication|InvalidSecurity|FailedCheck|OperationProhibited|AccountLocked/i.test(code))
    return aboutLogin ? { kind: 'fault', fault: onvifFault('onvif_refused', `refused: ${reason}`) } : { kind: 'declined', reason }
  }
  if (refusedByHttp) return { kind: 'fault', fault: onvifFault('onvif_refused', `HTTP ${answer.status}`) }
  const element = body.at(`${operation}Response`)
  return element
    ? { kind: 'answer', element }
    : { kind: 'fault', fault: onvifFault('onvif_malformed', `HTTP ${answer.status} without ${operation}Response`) }
}

/** The SOAP Body, or undefined when the text is not a SOAP envelope. */
async function readBody(text: string): Promise<XmlElement | undefined> {
  try {
    const root = await readLongXml(text.replace(/^[\ufeff\s]+/, ''))
    return root.name === 'Envelope' ? root.at('Body') : undefined
  } catch (error) {
    if (error instanceof XmlRefused) return undefined
    throw error
  }
}

/** Code and all nested subcodes (SOAP 1.2), or the faultcode of SOAP 1.1. */
function faultCodes(fault: XmlElement): string[] {
  const codes: string[] = []
  for (let code = fault.at('Code'); code; code = code.at('Subcode')) codes.push(code.textAt('Value'))
  return [...codes, fault.textAt('faultcode')].filter(Boolean)
}
