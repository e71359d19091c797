// Owns RTCP sender reports (RFC 3550 §6.4.1) with a source description, interleaved.
// Refuses: receiver reports; what clients send is read over.

const NTP_EPOCH_SECONDS = 2_208_988_800

/** @param report.wallMs the device's wall time that `timestamp` stands for */
export function senderReport(report: { channel: number; ssrc: number; wallMs: number; timestamp: number; packets: number; octets: number }): Buffer {
  const name = Buffer.from('camera')
  const sdes = Buffer.alloc(4 + 4 + Math.ceil((2 + name.length + 1) / 4) * 4)
  sdes.writeUInt32BE(0x81ca0000 + sdes.length / 4 - 1)
  sdes.writeUInt32BE(report.ssrc, 4)
  sdes[8] = 1 // CNAME
  sdes[9] = name.length
  name.copy(sdes, 10)
  const bytes = Buffer.alloc(4 + 28)
  bytes[0] = 0x24
  bytes[1] = report.channel
  bytes.writeUInt16BE(28 + sdes.length, 2)
  bytes.writeUInt32BE(0x80c80006, 4)
  bytes.writeUInt32BE(report.ssrc, 8)
  const seconds = Math.floor(report.wallMs / 1000)
  bytes.writeUInt32BE((seconds + NTP_EPOCH_SECONDS) >>> 0, 12)
  bytes.writeUInt32BE(Math.floor(((report.wallMs - seconds * 1000) / 1000) * 2 ** 32), 16)
  bytes.writeUInt32BE(report.timestamp >>> 0, 20)
  bytes.writeUInt32BE(report.packets >>> 0, 24)
  bytes.writeUInt32BE(report.octets >>> 0, 28)
  return Buffer.concat([bytes, sdes])
}
