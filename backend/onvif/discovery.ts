// Owns a search for devices: multicast on every interface, unicast probes and an HTTP scan of ranges, one list in the end.
// Refuses: carrying any login; handing out an address outside the camera networks; finding one device twice in a run.
import { networkInterfaces } from 'node:os'
import type { AddressPolicy } from '#base/address-policy.ts'
import { AppError } from '#base/app-error.ts'
import { sleep, type Clock } from '#base/clock.ts'
import type { Logger } from '#base/logger.ts'
import type { OnvifPort, OnvifTarget } from './device.ts'
import { scanAddresses, scanAnswerOf } from './address-scan.ts'
import { readDeviceAddress } from './device-address.ts'
import { NodeOnvifProbe } from './node-onvif-probe.ts'
import { ProbeSocket } from './probe-socket.ts'
import { planScan, type ScanPlan } from './scan-range.ts'
import type { ProbeMatch } from './ws-discovery.ts'

const COLLECT_MS = 3_000
const PROBES = 3

export interface FoundDevice {
  target: OnvifTarget
  foundBy: 'multicast' | 'unicast'
  /** The device's endpoint reference; empty when it was found by the HTTP scan. */
  endpoint: string
  /** Name and hardware from its scopes, for people; identification knows better. */
  name: string
  hardware: string
}
export interface DiscoveryProgress {
  /** Address·ports of the HTTP scan: asked so far, to ask in all. */
  asked: number
  toAsk: number
  found: number
  /** Different addresses that devices gave and the policy refused. */
  refused: number
}
export interface DiscoveryRequest {
  multicast: boolean
  ranges: readonly string[]
  ports: readonly string[]
  /** Ends the search early with what was found so far. */
  signal?: AbortSignal
  onFound?: (device: FoundDevice) => void
  onProgress?: (progress: DiscoveryProgress) => void
}
export interface Discovery {
  /** Throws AppError `invalid_request`, with an issue per range or port, before anything is sent. */
  discover(request: DiscoveryRequest): Promise<{ found: FoundDevice[]; progress: DiscoveryProgress }>
}
export interface DiscoveryDeps {
  clock: Clock
  /** Uniform in [0, 1), spreads the repeated probes. */
  random: () => number
  logger: Logger
  addressPolicy: AddressPolicy
  onvif: Pick<OnvifPort, 'readClock'>
  /** IPv4 addresses of the interfaces to probe from; all of this machine's unless given. */
  interfaces?: () => string[]
  /** UDP port where devices listen, 3702 unless given. */
  probePort?: number
  library?: Pick<NodeOnvifProbe, 'probe'>
}

export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const library = deps.library ?? new NodeOnvifProbe({ clock: deps.clock })
  return {
    async discover(request) {
      const plan = planScan(request.ranges, request.ports, deps.addressPolicy)
      if (plan.kind === 'refused') {
        throw new AppError('invalid', 'invalid_request', 'The search asks for what cannot be searched.', { issues: plan.issues })
      }
      return new Search(deps, request, plan, library).run()
    },
  }
}

class Search {
  readonly #deps: DiscoveryDeps
  readonly #request: DiscoveryRequest
  readonly #plan: ScanPlan
  readonly #library: Pick<NodeOnvifProbe, 'probe'>
  readonly #byPlace = new Map<string, FoundDevice>()
  readonly #endpoints = new Set<string>()
  readonly #refused = new Set<string>()
  #asked = 0

  constructor(deps: DiscoveryDeps, request: DiscoveryRequest, plan: ScanPlan, library: Pick<NodeOnvifProbe, 'probe'>) {
    this.#deps = deps
    this.#request = request
    this.#plan = plan
    this.#library = library
  }

  async run() {
    const searches: Promise<void>[] = []
    if (this.#request.multicast) searches.push(this.#multicast(), this.#askLibrary())
    if (this.#plan.addressCount > 0) searches.push(this.#unicastProbes(), this.#scan())
    await Promise.all(searches)
    return { found: [...this.#byPlace.values()], progress: this.#progress() }
  }

  async #multicast(): Promise<void> {
    const addresses = (this.#deps.interfaces ?? ipv4Interfaces)()
    await Promise.all(
      addresses.map((address) =>
        this.#withSocket(address, 'multicast', async (socket) => {
          const { clock, random } = this.#deps
          const endsAtMs = clock.monotonicMs() + COLLECT_MS
          for (let probe = 0; probe < PROBES; probe++) {
            if (probe > 0) await sleep(clock, 250 + 500 * random(), this.#request.signal)
            await socket.probe()
          }
          await sleep(clock, Math.max(0, endsAtMs - clock.monotonicMs()), this.#request.signal)
        }),
      ),
    )
  }

  async #askLibrary(): Promise<void> {
    for (const match of await this.#library.probe(this.#request.signal)) this.#take(match, 'multicast', '')
  }

  /** Devices that answer unicast Probes though their web port is none of the asked ones. */
  async #unicastProbes(): Promise<void> {
    await this.#withSocket('0.0.0.0', 'unicast', async (socket) => {
      const { clock } = this.#deps
      let sent = 0
      for (const address of this.#plan.addresses()) {
        if (this.#request.signal?.aborted) return
        await socket.probe(address)
        // 2,000 a second: quick, and gentle to the switches' address resolution.
        if (++sent % 40 === 0) await sleep(clock, 20, this.#request.signal)
      }
      await sleep(clock, COLLECT_MS, this.#request.signal)
    })
  }

  async #withSocket(address: string, foundBy: FoundDevice['foundBy'], run: (socket: ProbeSocket) => Promise<void>): Promise<void> {
    const { probePort } = this.#deps
    let socket: ProbeSocket
    try {
      const onMatch = (match: ProbeMatch, from: string) => this.#take(match, foundBy, from)
      socket = await ProbeSocket.open(probePort === undefined ? { address, onMatch } : { address, port: probePort, onMatch })
    } catch (error) {
      this.#deps.logger.warn({ error, address }, 'no discovery from this interface')
      return
    }
    try {
      await run(socket)
    } finally {
      await socket.close()
    }
  }

  async #scan(): Promise<void> {
    const { signal } = this.#request
    const found = { foundBy: 'unicast', endpoint: '', name: '', hardware: '' } as const
    await scanAddresses({
      clock: this.#deps.clock,
      targets: this.#targets(),
      ask: async (target, deadlineMs) => scanAnswerOf(await this.#deps.onvif.readClock(target, signal ? { deadlineMs, signal } : { deadlineMs }), deadlineMs),
      isKnown: (target) => this.#byPlace.has(placeText(target)),
      onDevice: (target) => this.#add({ target, ...found }),
      onAsked: () => {
        this.#asked++
        this.#request.onProgress?.(this.#progress())
      },
      signal,
    })
  }

  *#targets(): Iterable<OnvifTarget> {
    for (const port of this.#plan.ports) for (const host of this.#plan.addresses()) yield { host, port, tls: false }
  }

  /** Of several XAddrs the one that the answer came from is taken first, then the first allowed one. */
  #take(match: ProbeMatch, foundBy: FoundDevice['foundBy'], from: string): void {
    const targets = match.xaddrs.flatMap((xaddr): OnvifTarget[] => {
      const address = readDeviceAddress(xaddr, this.#deps.addressPolicy, { schemes: ['http', 'https'] })
      if (address.kind === 'address') return [{ host: address.host, port: address.port, tls: address.scheme === 'https' }]
      if (this.#refused.size < 10_000) this.#refused.add(xaddr.slice(0, 200))
      return []
    })
    const target = targets.find((one) => one.host === from && !one.tls) ?? targets.find((one) => !one.tls) ?? targets[0]
    if (target) this.#add({ target, foundBy, endpoint: match.endpoint, name: match.name, hardware: match.hardware })
  }

  /** A device that both ways found is one; what it announced of itself is kept whichever came first. */
  #add(device: FoundDevice): void {
    const place = placeText(device.target)
    const known = this.#byPlace.get(place)
    if (known?.endpoint === '' && device.endpoint !== '' && !this.#endpoints.has(device.endpoint)) {
      this.#endpoints.add(device.endpoint)
      const { endpoint, name, hardware } = device
      this.#byPlace.set(place, { ...known, endpoint, name, hardware })
    }
    if (known !== undefined || (device.endpoint !== '' && this.#endpoints.has(device.endpoint))) return
    this.#byPlace.set(place, device)
    if (device.endpoint !== '') this.#endpoints.add(device.endpoint)
    this.#request.onFound?.(device)
    this.#request.onProgress?.(this.#progress())
  }

  #progress(): DiscoveryProgress {
    const toAsk = this.#plan.addressCount * this.#plan.ports.length
    return { asked: this.#asked, toAsk, found: this.#byPlace.size, refused: this.#refused.size }
  }
}

function placeText(target: OnvifTarget): string {
  return `${target.host} ${target.port}`
}

function ipv4Interfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).flatMap((one) => (one.family === 'IPv4' ? [one.address] : [])))
}
