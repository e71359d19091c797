// Owns from which addresses people may sign in. Pure.
import ipaddr from 'ipaddr.js'

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

export class SignInNetworks {
  readonly #everybody: Block[]
  readonly #administrators: Block[]

  /** CIDR blocks; an empty list allows every address. Administrators must be inside both. */
  constructor(networks: { everybody: readonly string[]; administrators: readonly string[] }) {
    this.#everybody = networks.everybody.map((block) => ipaddr.parseCIDR(block))
    this.#administrators = networks.administrators.map((block) => ipaddr.parseCIDR(block))
  }

  allow(ip: string, isAdministrator: boolean): boolean {
    if (!ipaddr.isValid(ip)) return false
    const address = ipaddr.process(ip)
    const inside = (blocks: Block[]) => blocks.length === 0 || blocks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
    return inside(this.#everybody) && (!isAdministrator || inside(this.#administrators))
  }
}
