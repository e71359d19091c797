// Owns the faults that a simulated camera can have: their names, values, sentences, and how they are written on the
// command line. Refuses: names and values outside the table.

interface FaultValue {
  unit: string
  default: number
  min: number
  max: number
}

interface FaultKind {
  sentence: string
  value: FaultValue | null
}

export const FAULTS = {
  off: { sentence: 'both ports refuse connections; live connections are reset', value: null },
  flapping: { sentence: 'off for half of each period, on for the other half', value: { unit: 'seconds of a period', default: 20, min: 0.1, max: 3600 } },
  'wrong-password': { sentence: "the device's password was changed; live RTSP sessions end", value: null },
  'clock-off': { sentence: "the device's clock is ahead (or behind, if negative)", value: { unit: 'seconds', default: 7200, min: -1e9, max: 1e9 } },
  'rtsp-silent': { sentence: 'RTSP accepts connections and never answers; running media stops', value: null },
  'stream-silent': { sentence: 'RTSP answers PLAY with 200 and sends no media', value: null },
  'frozen-picture': { sentence: 'the same key frame is sent again and again with advancing timestamps', value: null },
  'black-picture': { sentence: 'the picture is black', value: null },
  'slow-soap': { sentence: 'every SOAP answer is late', value: { unit: 'milliseconds', default: 8000, min: 1, max: 600_000 } },
  'slow-ptz': { sentence: 'the head takes its time before it does a PTZ command and answers', value: { unit: 'milliseconds', default: 1500, min: 1, max: 60_000 } },
  reset: { sentence: 'SOAP and RTSP answers break off with a TCP reset in the middle', value: null },
  'codec-change': { sentence: 'live RTSP sessions end, the next DESCRIBE offers H.265 instead of H.264', value: null },
  'sps-change': { sentence: 'main and sub swap their resolution in the middle of a running stream', value: null },
  'mid-gop-join': { sentence: 'PLAY starts at the present frame instead of a key frame', value: null },
  'gop-10s': { sentence: 'a key frame only every 10 s (H.264 streams)', value: null },
  redirect: { sentence: 'RTSP DESCRIBE answers 302 to another host', value: null },
  'basic-auth': { sentence: 'RTSP and the snapshot ask for Basic authentication only', value: null },
  'rtsp-open': { sentence: 'RTSP gives its streams to anybody, without a login', value: null },
  'onvif-open': { sentence: 'SOAP answers anybody, without a login', value: null },
  'malformed-soap': { sentence: 'SOAP answers are not well-formed XML', value: null },
  'off-host-uri': { sentence: 'GetStreamUri and GetSnapshotUri name another host', value: null },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS
export interface CameraFault {
  name: FaultName
  /** In the unit of the table; the table's default when left out. Ignored by faults without a value. */
  value?: number
}

export const faultNames: FaultName[] = Object.keys(FAULTS).filter(isFaultName)

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name)
}

/** A checked fault with its default filled in. @throws RangeError with a sentence that names what is wrong */
export function checkedFault(name: string, value?: number): CameraFault {
  if (!isFaultName(name)) throw new RangeError(`there is no fault "${name}"; there are ${faultNames.join(', ')}`)
  const kind: FaultKind = FAULTS[name]
  if (kind.value === null) {
    if (value !== undefined) throw new RangeError(`the fault ${name} takes no value`)
    return { name }
  }
  const given = value ?? kind.value.default
  if (!Number.isFinite(given) || given < kind.value.min || given > kind.value.max) {
    throw new RangeError(`the fault ${name} takes ${kind.value.min} to ${kind.value.max} ${kind.value.unit}`)
  }
  return { name, value: given }
}

/**
 * Parses `name[=value]@cameras`, cameras being `all` or numbers and ranges: `clock-off=7200@3,10-12`.
 * @throws RangeError on anything else
 */
export function parseFaultOption(text: string, cameras: number): { fault: CameraFault; indexes: number[] } {
  const match = /^([a-z0-9-]+)(?:=([^@]+))?@(.+)$/.exec(text)
  if (!match) throw new RangeError(`"${text}" is not name[=value]@cameras`)
  const [, name = '', value, range = ''] = match
  const fault = checkedFault(name, value === undefined ? undefined : Number(value))
  return { fault, indexes: parseRange(range, cameras) }
}

function parseRange(text: string, cameras: number): number[] {
  const indexes = new Set<number>()
  for (const part of text === 'all' ? [`1-${cameras}`] : text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    const from = Number(match?.[1])
    const to = Number(match?.[2] ?? match?.[1])
    if (!match || from < 1 || to < from || to > cameras) throw new RangeError(`"${part}" is not a camera or range within 1-${cameras}`)
    for (let index = from; index <= to; index++) indexes.add(index)
  }
  return [...indexes]
}

/** One line per fault, for `--help`. */
export function faultHelp(): string {
  return faultNames
    .map((name) => {
      const kind: FaultKind = FAULTS[name]
      const value = kind.value === null ? '' : ` (=${kind.value.unit}, default ${kind.value.default})`
      return `  ${name.padEnd(15)} ${kind.sentence}${value}`
    })
    .join('\n')
}
