// Owns reading a stream address that a person or a device gave: rtsp or rtsps, no user info, no control characters,
// no other host. What is kept is structured fields; nobody else ever handles the text.
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'
import type { StreamKind } from '#contract/live.ts'
import type { StreamPath } from './camera.ts'

/** @throws AppError camera_url_refused */
export function parseStreamUrl(text: string, stream: StreamKind, host: string): StreamPath {
  const refused = new AppError('invalid', 'camera_url_refused', errorCodes.camera_url_refused)
  if (text.length > 1024 || /[\u0000-\u0020\u007f-\uffff\\]/.test(text) || !/^rtsps?:\/\/[^/?#@]+(\/|$)/i.test(text)) throw refused
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw refused
  }
  const bare = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  if (url.username !== '' || url.password !== '' || url.hash !== '' || bare !== host) throw refused
  const tls = url.protocol === 'rtsps:'
  const port = url.port === '' ? (tls ? 322 : 554) : Number(url.port)
  if (port < 1) throw refused
  return { stream, tls, port, path: `${url.pathname || '/'}${url.search}` }
}
