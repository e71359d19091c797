// Owns the ranges and ports of a unicast scan: reading them, holding them inside the camera networks, counting them.
// Refuses: names, IPv6 (a /64 cannot be scanned), more than 65,536 address·ports in one run.
import type { AddressPolicy } from '#base/address-policy.ts'

export const MAX_SCAN_TARGETS = 65_536

export interface ScanPlan {
  kind: 'plan'
  addressCount: number
  ports: number[]
  addresses(): Iterable<string>
}
export interface ScanRefused {
  kind: 'refused'
  /** Where in the request (`ranges.0`, `ports.1`) and why. */
  issues: { path: string; message: string }[]
}

type Span = [first: number, last: number]

/** @param ranges `10.12.0.0/24`, `10.12.0.5-10.12.0.9` or one address. @param ports `80` or `8000-8010`. */
export function planScan(ranges: readonly string[], ports: readonly string[], policy: AddressPolicy): ScanPlan | ScanRefused {
  const issues: ScanRefused['issues'] = []
  const spans = ranges.flatMap((range, index) => {
    const span = readRange(range)
    if (span && isInside(span, policy)) return [span]
    issues.push({ path: `ranges.${index}`, message: span ? 'is not inside the camera networks' : 'is neither a CIDR block nor an address range' })
    return []
  })
  const portSpans = ports.flatMap((text, index) => {
    const span = readPorts(text)
    if (!span) issues.push({ path: `ports.${index}`, message: 'is neither a port nor a range of ports' })
    return span ? [span] : []
  })
  const merged = mergeSpans(spans)
  const portList = [...new Set(portSpans.flatMap((span) => [...count(span)]))]
  const addressCount = merged.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  if (addressCount * Math.max(1, portList.length) > MAX_SCAN_TARGETS) {
    issues.push({ path: 'ranges', message: `ask for more than ${MAX_SCAN_TARGETS} addresses times ports` })
  }
  if (addressCount > 0 && portList.length === 0 && issues.length === 0) issues.push({ path: 'ports', message: 'are needed to scan ranges' })
  if (issues.length > 0) return { kind: 'refused', issues }
  return {
    kind: 'plan',
    addressCount,
    ports: portList,
    *addresses() {
      for (const span of merged) for (const address of count(span)) yield dotted(address)
    },
  }
}

function readRange(text: string): Span | undefined {
  const block = /^([\d.]{7,15})\/(\d{1,2})$/.exec(text)
  if (block) {
    const address = readAddress(block[1] ?? '')
    const bits = Number(block[2])
    // A block wider than the limit could not be scanned anyway, and its size would not fit the arithmetic below.
    if (address === undefined || bits > 32 || bits < 8) return undefined
    const size = 2 ** (32 - bits)
    const first = Math.floor(address / size) * size
    // Network and broadcast addresses are no devices (RFC 3021 makes /31 the exception).
    return bits <= 30 ? [first + 1, first + size - 2] : [first, first + size - 1]
  }
  const [from = '', to = from, ...more] = text.split('-')
  const [first, last] = [readAddress(from), readAddress(to)]
  return first === undefined || last === undefined || more.length > 0 || last < first ? undefined : [first, last]
}

/** Every address is asked; a span too wide to scan is refused for its size, so its ends are enough to name the reason. */
function isInside([first, last]: Span, policy: AddressPolicy): boolean {
  if (last - first >= MAX_SCAN_TARGETS) return policy.check(dotted(first)).allowed && policy.check(dotted(last)).allowed
  for (let address = first; address <= last; address++) if (!policy.check(dotted(address)).allowed) return false
  return true
}

function mergeSpans(spans: Span[]): Span[] {
  const merged: Span[] = []
  for (const [first, last] of spans.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1)
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last)
    else merged.push([first, last])
  }
  return merged
}

function readPorts(text: string): Span | undefined {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!parts) return undefined
  const first = Number(parts[1])
  const last = Number(parts[2] ?? parts[1])
  return first >= 1 && last >= first && last <= 65_535 ? [first, last] : undefined
}

function readAddress(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

function* count([first, last]: Span): Iterable<number> {
  for (let value = first; value <= last; value++) yield value
}
