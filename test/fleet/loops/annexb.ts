// Owns cutting elementary streams into access units: H.264 and H.265 Annex B, and concatenated JPEG pictures.
// Refuses: decoding; slices are only looked at as far as "does a new picture start here".

export interface AccessUnit {
  key: boolean
  /** NAL units without start codes, parameter sets and delimiters left out; for JPEG one whole picture. */
  units: Buffer[]
}

export interface ElementaryStream {
  /** H.264: SPS, PPS. H.265: VPS, SPS, PPS. JPEG: none. */
  parameterSets: Buffer[]
  accessUnits: AccessUnit[]
}

/** NAL units between start codes. */
export function splitAnnexB(bytes: Buffer): Buffer[] {
  const starts: number[] = []
  for (let at = bytes.indexOf(START_CODE); at !== -1; at = bytes.indexOf(START_CODE, at + 3)) starts.push(at)
  return starts.map((start, i) => {
    let end = starts[i + 1] ?? bytes.length
    while (end > start + 3 && bytes[end - 1] === 0) end-- // trailing zeros belong to the next start code
    return bytes.subarray(start + 3, end)
  })
}

const START_CODE = Buffer.from([0, 0, 1])

/** H.264 (ITU-T H.264 §7.3.1): types 1 and 5 are slices, 7 and 8 parameter sets. */
export function parseH264(bytes: Buffer): ElementaryStream {
  return collect(splitAnnexB(bytes), {
    type: (unit) => (unit[0] ?? 0) & 31,
    isSlice: (type) => type >= 1 && type <= 5,
    isKey: (type) => type === 5,
    isParameterSet: (type) => type === 7 || type === 8,
    headerBytes: 1,
  })
}

/** H.265 (ITU-T H.265 §7.3.1.2): below 32 are slices, 16 to 21 random access points, 32 to 34 parameter sets. */
export function parseH265(bytes: Buffer): ElementaryStream {
  return collect(splitAnnexB(bytes), {
    type: (unit) => ((unit[0] ?? 0) >> 1) & 63,
    isSlice: (type) => type < 32,
    isKey: (type) => type >= 16 && type <= 21,
    isParameterSet: (type) => type >= 32 && type <= 34,
    headerBytes: 2,
  })
}

interface Syntax {
  type: (unit: Buffer) => number
  isSlice: (type: number) => boolean
  isKey: (type: number) => boolean
  isParameterSet: (type: number) => boolean
  headerBytes: number
}

function collect(units: Buffer[], syntax: Syntax): ElementaryStream {
  const parameterSets = new Map<number, Buffer>()
  const accessUnits: AccessUnit[] = []
  for (const unit of units) {
    const type = syntax.type(unit)
    if (syntax.isParameterSet(type)) {
      if (!parameterSets.has(type)) parameterSets.set(type, unit)
    } else if (syntax.isSlice(type)) {
      // first_mb_in_slice = 0 (H.264) and first_slice_segment_in_pic_flag (H.265) both set the first bit
      const starts = ((unit[syntax.headerBytes] ?? 0) & 0x80) !== 0
      const last = accessUnits[accessUnits.length - 1]
      if (starts || !last) accessUnits.push({ key: syntax.isKey(type), units: [unit] })
      else last.units.push(unit)
    }
  }
  const order = [...parameterSets.keys()].sort((a, b) => a - b)
  return { parameterSets: order.flatMap((type) => parameterSets.get(type) ?? []), accessUnits }
}

/** Pictures between start-of-image and end-of-image markers. */
export function parseJpegs(bytes: Buffer): ElementaryStream {
  const accessUnits: AccessUnit[] = []
  let start = bytes.indexOf(SOI)
  while (start !== -1) {
    const next = bytes.indexOf(SOI, start + 2)
    accessUnits.push({ key: true, units: [bytes.subarray(start, next === -1 ? bytes.length : next)] })
    start = next
  }
  return { parameterSets: [], accessUnits }
}

const SOI = Buffer.from([0xff, 0xd8, 0xff])
