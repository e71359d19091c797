// Owns reading the server's certificate and key from the files that the configuration names.
// Refuses: one without the other, and a pair that TLS would not take; the start then stops with a sentence.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ConfigError } from './load.ts'
import type { Config } from './schema.ts'

/** @returns null when TLS is not wanted here. @throws ConfigError */
export function readTlsFiles({ tlsCertificateFile, tlsKeyFile }: Pick<Config['server'], 'tlsCertificateFile' | 'tlsKeyFile'>): { certificate: Buffer; key: Buffer } | null {
  if (tlsCertificateFile === '' && tlsKeyFile === '') return null
  if (tlsCertificateFile === '' || tlsKeyFile === '') throw new ConfigError('server.tlsCertificateFile and server.tlsKeyFile belong together')
  const identity = { certificate: read('server.tlsCertificateFile', tlsCertificateFile), key: read('server.tlsKeyFile', tlsKeyFile) }
  try {
    createSecureContext({ cert: identity.certificate, key: identity.key })
  } catch {
    throw new ConfigError('server.tlsCertificateFile and server.tlsKeyFile are not a certificate and its key, as PEM')
  }
  return identity
}

function read(key: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new ConfigError(`${key}: ${path} cannot be read`)
  }
}
