// Owns reading a JPEG's size (ITU-T T.81 §B.2.2), and so whether the bytes are a JPEG at all.

/** Null if the bytes are not a whole JPEG. */
export function jpegSize(jpeg: Uint8Array): { width: number; height: number } | null {
  const bytes = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8 || bytes.readUInt16BE(bytes.length - 2) !== 0xffd9) return null
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes.readUInt16BE(at)
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    }
    if (marker < 0xff00) return null
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}
