// Owns the seam to node-onvif: its discovery as one more source beside our own probes. Nothing else imports the package.
// Refuses: its SOAP transport (no size cap, no Digest, no TLS, stalls for ever); two probes at once, of which one never settles.
import { createRequire } from 'node:module'
import onvif from 'node-onvif'
import { z } from 'zod'
import { sleep, type Clock } from '#base/clock.ts'
import { deviceText } from './device-text.ts'
import { scopeValue, type ProbeMatch } from './ws-discovery.ts'

const RACE_MS = 10_000
/** The library has one socket for the whole process: a second probe would leave the first one's open for ever. */
const running = new WeakMap<() => Promise<unknown>, Promise<unknown>>()

const foundSchema = z.array(z.unknown())
const deviceSchema = z.object({ urn: z.string(), xaddrs: z.array(z.string()), scopes: z.array(z.string()) })
const prettyPrinter = z.object({ prettyPrint: z.unknown() })

export class NodeOnvifProbe {
  readonly #clock: Clock
  readonly #startProbe: () => Promise<unknown>

  constructor(deps: { clock: Clock; startProbe?: () => Promise<unknown> }) {
    this.#clock = deps.clock
    this.#startProbe = deps.startProbe ?? startLibraryProbe
  }

  /** Devices that answered within the library's 3 s; empty when it fails, takes over 10 s or is aborted. Callers at once share a probe, whoever they are. */
  async probe(signal?: AbortSignal): Promise<ProbeMatch[]> {
    const present = running.get(this.#startProbe) ?? this.#startProbe().finally(() => running.delete(this.#startProbe))
    running.set(this.#startProbe, present)
    const settled = new AbortController()
    const late = sleep(this.#clock, RACE_MS, signal ? AbortSignal.any([settled.signal, signal]) : settled.signal).then((): unknown => [])
    try {
      return readFound(await Promise.race([present, late]))
    } catch {
      return []
    } finally {
      settled.abort()
    }
  }
}

function startLibraryProbe(): Promise<unknown> {
  // The library pretty-prints every answer, which costs more than parsing it, and then drops the result.
  const printer: unknown = createRequire(createRequire(import.meta.url).resolve('node-onvif'))('html')
  if (prettyPrinter.safeParse(printer).success) Object.assign(Object(printer), { prettyPrint: () => '' })
  return onvif.startProbe()
}

function readFound(found: unknown): ProbeMatch[] {
  return (foundSchema.safeParse(found).data ?? []).flatMap((one) => {
    const device = deviceSchema.safeParse(one).data
    if (!device) return []
    return [
      {
        endpoint: deviceText(device.urn),
        xaddrs: device.xaddrs.slice(0, 16),
        name: scopeValue(device.scopes, 'name'),
        hardware: scopeValue(device.scopes, 'hardware'),
      },
    ]
  })
}
