// Owns the WS-Security UsernameToken with password digest (OASIS WSS UsernameToken Profile 1.0, ONVIF Core §5.9).
// Refuses: PasswordText; a nonce is never used twice.
import { createHash } from 'node:crypto'
import type { RandomBytes } from '#base/ids.ts'
import type { OnvifCredential } from './device.ts'
import { escapeXml } from './xml-element.ts'

const wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest'
const encoding = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary'

/** @param deviceNowMs The device's own idea of now: UTC ms of the server plus the measured offset. */
export function usernameToken(credential: OnvifCredential, deviceNowMs: number, random: RandomBytes): string {
  const nonce = random(16)
  const created = new Date(deviceNowMs).toISOString()
  const digest = createHash('sha1').update(nonce).update(created).update(credential.password.reveal(), 'utf8').digest('base64')
  return (
    `<wsse:Security s:mustUnderstand="1" xmlns:wsse="${wsse}" xmlns:wsu="${wsu}"><wsse:UsernameToken>` +
    `<wsse:Username>${escapeXml(credential.username)}</wsse:Username>` +
    `<wsse:Password Type="${profile}">${digest}</wsse:Password>` +
    `<wsse:Nonce EncodingType="${encoding}">${nonce.toString('base64')}</wsse:Nonce>` +
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`
  )
}
