// Owns writing MP4 boxes and the numbers in them (ISO/IEC 14496-12 §4.2).
// Refuses: knowing what a box means.

export function box(type: string, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body])
}

export function full(type: string, versionAndFlags: number, parts: readonly Buffer[]): Buffer {
  return box(type, [u32(versionAndFlags), ...parts])
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value & 0xffff)
  return bytes
}

export function zeros(count: number): Buffer {
  return Buffer.alloc(count)
}
