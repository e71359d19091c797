// Owns talking PTZ (ONVIF PTZ service) to one device over kept connections: one for moves, one for stops.
// Refuses: deciding who may move; absolute positions.
import type { Fault } from '#contract/faults.ts'
import { Deadline } from './deadline.ts'
import type { OnvifCredential, OnvifTarget } from './device.ts'
import type { OnvifDeps } from './device-client.ts'
import { ptzNamespace } from './device-services.ts'
import { DeviceVisit, VisitFailed } from './device-visit.ts'
import { DeviceLine } from './http-exchange.ts'
import { onvifFault } from './onvif-fault.ts'
import { fieldOfViewSpace, readHeadFacts, readPresets, type HeadFacts, type PtzHead, type PtzOpening, type PtzVelocity } from './ptz.ts'
import { SoapClient, type ServicePlace, type SoapOutcome } from './soap-client.ts'
import { escapeXml } from './xml-element.ts'

const OPEN_MS = 5_000
const COMMAND_MS = 3_000

/** Opens the head: clock, services, profile, spaces. Never rejects for what the device did. */
export async function openPtzHead(deps: OnvifDeps, target: OnvifTarget, credential: OnvifCredential | null): Promise<PtzOpening> {
  const verdict = deps.addressPolicy.check(target.host)
  if (!verdict.allowed) return { kind: 'fault', fault: onvifFault('address_refused', `the device's address: ${verdict.reason}`) }
  const deadline = new Deadline(deps.clock, OPEN_MS)
  const line = new DeviceLine({ clock: deps.clock, deadline, host: verdict.address })
  const soap = new SoapClient({ ...deps, line, credential })
  const visit = new DeviceVisit(deps, { ...target, host: verdict.address }, soap)
  try {
    const found = await visit.findPtz()
    if (found !== null) {
      const stopLine = new DeviceLine({ clock: deps.clock, deadline, host: verdict.address })
      const stops = new SoapClient({ ...deps, line: stopLine, credential })
      stops.clockOffsetMs = soap.clockOffsetMs
      const wires = [{ line, soap }, { line: stopLine, soap: stops }] as const
      return { kind: 'open', head: new DeviceHead(deps, wires, found.place, found.profileToken, readHeadFacts(found.nodes)) }
    }
    line.close()
    return { kind: 'none' }
  } catch (error) {
    line.close()
    if (error instanceof VisitFailed) return { kind: 'fault', fault: visit.explained(error.fault) }
    deps.logger.error({ error, host: target.host }, 'opening a head failed on our side')
    return { kind: 'fault', fault: onvifFault('probe_failed', 'our side failed') }
  } finally {
    deadline.release()
  }
}

interface Wire {
  line: DeviceLine
  soap: SoapClient
  /** Commands of one wire follow each other. */
  last?: Promise<unknown>
}

class DeviceHead implements PtzHead {
  readonly facts: HeadFacts
  readonly #deps: OnvifDeps
  readonly #place: ServicePlace
  readonly #profile: string
  readonly #moves: Wire
  readonly #stops: Wire

  constructor(deps: OnvifDeps, [moves, stops]: readonly [Wire, Wire], place: ServicePlace, profileToken: string, facts: HeadFacts) {
    this.#deps = deps
    this.#moves = moves
    this.#stops = stops
    this.#place = place
    this.#profile = `<q:ProfileToken>${escapeXml(profileToken)}</q:ProfileToken>`
    this.facts = facts
  }

  move({ pan, tilt, zoom }: PtzVelocity, timeoutMs: number): Promise<Fault | null> {
    const zooming = this.facts.hasZoom ? `<tt:Zoom x="${number(zoom)}"/>` : ''
    const velocity = `<q:Velocity><tt:PanTilt x="${number(pan)}" y="${number(tilt)}"/>${zooming}</q:Velocity>`
    return this.#do(this.#moves, 'ContinuousMove', `${velocity}<q:Timeout>PT${(timeoutMs / 1000).toFixed(1)}S</q:Timeout>`)
  }

  stop(): Promise<Fault | null> {
    return this.#do(this.#stops, 'Stop', `<q:PanTilt>true</q:PanTilt>${this.facts.hasZoom ? '<q:Zoom>true</q:Zoom>' : ''}`)
  }

  centreOn(x: number, y: number): Promise<Fault | null> {
    return this.#do(this.#moves, 'RelativeMove', `<q:Translation><tt:PanTilt x="${number(x)}" y="${number(y)}" space="${fieldOfViewSpace}"/></q:Translation>`)
  }

  async presets(): ReturnType<PtzHead['presets']> {
    const outcome = await this.#call(this.#moves, 'GetPresets', '')
    if (outcome.kind === 'answer') return { kind: 'presets', presets: readPresets(outcome.element) }
    return { kind: 'fault', fault: faultOf(outcome) ?? onvifFault('onvif_malformed', 'no presets') }
  }

  goTo(token: string): Promise<Fault | null> {
    return this.#do(this.#moves, 'GotoPreset', presetToken(token))
  }

  goHome(): Promise<Fault | null> {
    return this.#do(this.#moves, 'GotoHomePosition', '')
  }

  setPreset(token: string | null, name: string): Promise<Fault | null> {
    return this.#do(this.#moves, 'SetPreset', `<q:PresetName>${escapeXml(name)}</q:PresetName>${token === null ? '' : presetToken(token)}`)
  }

  removePreset(token: string): Promise<Fault | null> {
    return this.#do(this.#moves, 'RemovePreset', presetToken(token))
  }

  close(): void {
    this.#moves.line.close()
    this.#stops.line.close()
  }

  async #do(wire: Wire, name: string, inner: string): Promise<Fault | null> {
    return faultOf(await this.#call(wire, name, inner))
  }

  #call(wire: Wire, name: string, inner: string): Promise<SoapOutcome> {
    const run = async () => {
      const deadline = new Deadline(this.#deps.clock, COMMAND_MS)
      wire.line.within(deadline)
      try {
        return await wire.soap.call(this.#place, { namespace: ptzNamespace, name, inner: `${this.#profile}${inner}` })
      } finally {
        deadline.release()
      }
    }
    const turn = (wire.last ?? Promise.resolve()).then(run, run)
    wire.last = turn
    return turn
  }
}

/** A device that declines a command answered well; what it said of its reason is the fault's sentence. */
function faultOf(outcome: SoapOutcome): Fault | null {
  if (outcome.kind === 'answer') return null
  return outcome.kind === 'fault' ? outcome.fault : onvifFault('onvif_malformed', `declined: ${outcome.reason}`)
}

const presetToken = (token: string) => `<q:PresetToken>${escapeXml(token)}</q:PresetToken>`
const number = (value: number) => Number(value.toFixed(3))
