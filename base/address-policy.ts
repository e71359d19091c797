// Owns the answer to "may we connect to this address?": allowed camera networks, everything else refused.
// Refuses: resolving names. A camera's host is an IP literal; names would let DNS answer differently at connect time.
import ipaddr from 'ipaddr.js'

export type AddressVerdict = { allowed: true; address: string } | { allowed: false; reason: 'not-an-ip' | 'outside-networks' }

export class AddressPolicy {
  readonly #networks: [ipaddr.IPv4 | ipaddr.IPv6, number][]

  /** @param networks CIDR blocks of the camera networks, e.g. `['10.12.0.0/16']`. Throws on a malformed block. */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map((network) => ipaddr.parseCIDR(network))
  }

  /**
   * Checks a host as written in a URL or a device's answer. Only the canonical dotted form of IPv4 and bracketless
   * IPv6 pass; decimal, octal, hex and IPv4-mapped spellings are refused rather than interpreted.
   */
  check(host: string): AddressVerdict {
    const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
    const four = ipaddr.IPv4.isValidFourPartDecimal(bare)
    if (!four && !ipaddr.IPv6.isValid(bare)) return { allowed: false, reason: 'not-an-ip' }
    const address = ipaddr.parse(bare)
    if (address instanceof ipaddr.IPv6 && (address.isIPv4MappedAddress() || bare.includes('%'))) {
      return { allowed: false, reason: 'not-an-ip' }
    }
    const inside = this.#networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
    return inside ? { allowed: true, address: address.toString() } : { allowed: false, reason: 'outside-networks' }
  }
}
