// Owns sending a line to a syslog collector: RFC 5424 in one UDP datagram.
// Refuses: knowing whether it arrived; UDP does not say. The file is the record, syslog is a witness elsewhere.
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { hostname } from 'node:os'

/** Facility 13 (log audit), severity 5 (notice). @see RFC 5424, section 6.2.1 */
const priority = 13 * 8 + 5

export interface SyslogTarget {
  host: string
  port: number
}

/** @param target `udp://host:port`, as in the configuration */
export function syslogTarget(target: string): SyslogTarget {
  const url = new URL(target)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }
}

/** @param text one line of ASCII */
export function syslogMessage(atMs: number, messageId: string, text: string): string {
  return `<${priority}>1 ${new Date(atMs).toISOString()} ${hostname() || '-'} tianwang ${process.pid} ${messageId} - ${text}`
}

/** Sends one message. @throws Error when the name cannot be resolved or the datagram not be sent */
export function sendSyslog(target: SyslogTarget, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(target.host) ? 'udp6' : 'udp4')
    const done = (error?: Error | null) => {
      socket.close()
      if (error) reject(error)
      else resolve()
    }
    socket.once('error', done)
    socket.send(message, target.port, target.host, done)
  })
}
