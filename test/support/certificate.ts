// Owns a certificate for 127.0.0.1 that a test makes for itself with openssl; nothing that signs is kept in the repository.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestCertificate {
  certificateFile: string
  keyFile: string
  /** PEM; a client that is given it as `ca` believes the server. */
  certificate: Buffer
  remove(): void
}

/** null when this machine has no openssl. */
export function makeCertificate(): TestCertificate | null {
  const folder = mkdtempSync(join(tmpdir(), 'tianwang-certificate-'))
  const [certificateFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  try {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...subject, '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true, force: true })
    return null
  }
  return { certificateFile, keyFile, certificate: readFileSync(certificateFile), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
