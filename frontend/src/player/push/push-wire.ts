// Owns the one WebSocket under push-socket.ts: address, binary type, parsed notices.
// Refuses: subscriptions and retries.
import { mediaPushPath, pushNoticeSchema, type PushNotice } from '#contract/media-push.ts'

export interface PushWireListener {
  onNotice: (notice: PushNotice) => void
  onMedia: (message: ArrayBuffer) => void
  /** Once; nothing comes after it. */
  onClosed: () => void
}
export interface PushWire {
  send: (text: string) => void
  close: () => void
}

export function openPushWire(listener: PushWireListener): PushWire {
  const { protocol, host } = window.location
  const socket = new WebSocket(`${protocol === 'https:' ? 'wss:' : 'ws:'}//${host}${mediaPushPath}`)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) return listener.onMedia(data)
    const notice = pushNoticeSchema.safeParse(parsed(data))
    if (notice.success) listener.onNotice(notice.data)
  }
  socket.onclose = () => listener.onClosed()
  return {
    send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
    close: () => socket.close(),
  }
}

function parsed(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : null
  } catch {
    return null
  }
}
