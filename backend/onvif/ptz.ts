// Owns the words of turning a camera: velocities, who goes before whom, what a head can do. Pure.
// Refuses: I/O.
import type { Fault } from '#contract/faults.ts'
import type { PtzPreset } from '#contract/ptz.ts'
import type { Tier } from '#contract/units.ts'
import { deviceText } from './device-text.ts'
import type { XmlElement } from './xml-element.ts'

/** Right, up and tele are positive; −1 to 1 each. */
export interface PtzVelocity {
  pan: number
  tilt: number
  zoom: number
}

export const sameVelocity = (a: PtzVelocity | null, b: PtzVelocity | null): boolean => a?.pan === b?.pan && a?.tilt === b?.tilt && a?.zoom === b?.zoom
export const isStill = ({ pan, tilt, zoom }: PtzVelocity): boolean => pan === 0 && tilt === 0 && zoom === 0

const rank: Record<Tier, number> = { community: 1, station: 2, bureau: 3 }

/** The bureau goes before a station, a station before a community room; among equals whoever has it keeps it. */
export function mayTakeFrom(present: { tier: Tier; userId: string }, wanted: { tier: Tier; userId: string }): boolean {
  return rank[wanted.tier] > rank[present.tier] || wanted.userId === present.userId
}

export interface HeadFacts {
  hasHome: boolean
  hasZoom: boolean
  /** Relative moves in shares of the field of view (ONVIF PTZ §5.2.2, TranslationSpaceFov). */
  hasFieldOfView: boolean
}

export const fieldOfViewSpace = 'http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov'

/** From `GetNodesResponse`; a device that does not tell is taken for one that pans, tilts and zooms and no more. */
export function readHeadFacts(nodes: XmlElement | null): HeadFacts {
  const node = nodes?.all('PTZNode')[0]
  const spaces = node?.at('SupportedPTZSpaces')
  return {
    hasHome: node?.textAt('HomeSupported') === 'true',
    hasZoom: spaces === undefined || spaces.all('ContinuousZoomVelocitySpace').length > 0,
    hasFieldOfView: spaces?.all('RelativePanTiltTranslationSpace').some((space) => space.textAt('URI') === fieldOfViewSpace) ?? false,
  }
}

const mostPresets = 300

/** From `GetPresetsResponse`. A token is sent back as written, so one that cleaning would change is not usable. */
export function readPresets(response: XmlElement): PtzPreset[] {
  return response
    .all('Preset')
    .slice(0, mostPresets)
    .flatMap((preset) => {
      const token = preset.attributes.get('token') ?? ''
      if (token === '' || token !== deviceText(token, 64)) return []
      return [{ token, name: deviceText(preset.textAt('Name'), 64) || token }]
    })
}

/** One device's head, open for commands. Nothing rejects: null is done, else what went wrong. */
export interface PtzHead {
  readonly facts: HeadFacts
  /** @param timeoutMs after which the device stops by itself, should we die */
  move(velocity: PtzVelocity, timeoutMs: number): Promise<Fault | null>
  /** Goes by a connection of its own, so that no slow move is in its way. */
  stop(): Promise<Fault | null>
  /** In shares of the picture, −1 to 1; only where `hasFieldOfView`. */
  centreOn(x: number, y: number): Promise<Fault | null>
  presets(): Promise<{ kind: 'presets'; presets: PtzPreset[] } | { kind: 'fault'; fault: Fault }>
  goTo(token: string): Promise<Fault | null>
  goHome(): Promise<Fault | null>
  setPreset(token: string | null, name: string): Promise<Fault | null>
  removePreset(token: string): Promise<Fault | null>
  close(): void
}

export type PtzOpening = { kind: 'open'; head: PtzHead } | { kind: 'none' } | { kind: 'fault'; fault: Fault }
