// Owns the ONVIF PTZ service of devices that can turn.
// Refuses: unknown profiles, nodes and presets; relative moves in the field of view on devices that do not offer it.
import type { OperationContext, Service } from './context.ts'
import { ptzConfiguration, streamOfToken } from './profiles.ts'
import type { PtzHead } from './ptz-head.ts'
import { child, escapeXml, invalidArgument, SoapFault, textOf } from './soap.ts'

/** An ISO 8601 duration of hours, minutes and seconds in ms; null when it is not one. */
export function durationMs(text: string | null): number | null {
  const match = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text ?? '')
  return match ? (Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * 1000 : null
}

function head(context: OperationContext): PtzHead {
  if (!context.ptz) throw new SoapFault(400, 'Receiver', ['ter:ActionNotSupported', 'ter:PTZNotSupported'], 'this device cannot turn')
  const token = textOf(context.operation, 'ProfileToken')
  if (token !== null) streamOfToken(context, token)
  return context.ptz
}

const SPACE = 'http://www.onvif.org/ver10/tptz'
const FIELD_OF_VIEW = `${SPACE}/PanTiltSpaces/TranslationSpaceFov`
const range = (tag: string, least: number) => `<tt:${tag}><tt:Min>${least}</tt:Min><tt:Max>1</tt:Max></tt:${tag}>`
const space = (tag: string, uri: string, isPlane: boolean, least = -1) => `<tt:${tag}><tt:URI>${uri}</tt:URI>${range('XRange', least)}${isPlane ? range('YRange', least) : ''}</tt:${tag}>`

/** Every other device with a head knows its field of view. */
export const knowsFieldOfView = (context: Pick<OperationContext, 'state'>): boolean => context.state.identity.index % 10 === 1

function node(context: OperationContext): string {
  const spaces = [
    space('AbsolutePanTiltPositionSpace', `${SPACE}/PanTiltSpaces/PositionGenericSpace`, true),
    space('AbsoluteZoomPositionSpace', `${SPACE}/ZoomSpaces/PositionGenericSpace`, false, 0),
    space('RelativePanTiltTranslationSpace', `${SPACE}/PanTiltSpaces/TranslationGenericSpace`, true),
    ...(knowsFieldOfView(context) ? [space('RelativePanTiltTranslationSpace', FIELD_OF_VIEW, true)] : []),
    space('RelativeZoomTranslationSpace', `${SPACE}/ZoomSpaces/TranslationGenericSpace`, false),
    space('ContinuousPanTiltVelocitySpace', `${SPACE}/PanTiltSpaces/VelocityGenericSpace`, true),
    space('ContinuousZoomVelocitySpace', `${SPACE}/ZoomSpaces/VelocityGenericSpace`, false),
  ]
  return `token="PTZNode_1" FixedHomePosition="false"><tt:Name>PTZNode_1</tt:Name><tt:SupportedPTZSpaces>${spaces.join('')}</tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>255</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported>`
}

/** The axes under `tag` of the request, 0 where left out. @throws SoapFault when one is outside −1 to 1 */
function axes(context: OperationContext, tag: string, fault: 'ter:InvalidVelocity' | 'ter:InvalidTranslation' | 'ter:InvalidPosition') {
  const vector = child(context.operation, tag)
  const value = (part: string, axis: string) => {
    const number = Number(child(vector, part)?.attributes[axis] ?? 0)
    if (!(Math.abs(number) <= 1)) throw invalidArgument(fault, 'a value is outside -1 to 1')
    return number
  }
  return { pan: value('PanTilt', 'x'), tilt: value('PanTilt', 'y'), zoom: value('Zoom', 'x') }
}

export const ptzService: Service = {
  GetNodes: (context) => {
    head(context)
    return `<tptz:GetNodesResponse><tptz:PTZNode ${node(context)}</tptz:PTZNode></tptz:GetNodesResponse>`
  },
  GetNode: (context) => {
    head(context)
    if (textOf(context.operation, 'NodeToken') !== 'PTZNode_1') throw invalidArgument('ter:NoEntity', 'the node does not exist')
    return `<tptz:GetNodeResponse><tptz:PTZNode ${node(context)}</tptz:PTZNode></tptz:GetNodeResponse>`
  },
  GetConfigurations: (context) => {
    head(context)
    return `<tptz:GetConfigurationsResponse>${ptzConfiguration(context, 'tptz:PTZConfiguration')}</tptz:GetConfigurationsResponse>`
  },

  ContinuousMove: (context) => {
    const timeout = durationMs(textOf(context.operation, 'Timeout')) ?? 10_000
    head(context).move(axes(context, 'Velocity', 'ter:InvalidVelocity'), timeout)
    return '<tptz:ContinuousMoveResponse/>'
  },
  RelativeMove: (context) => {
    const ptz = head(context)
    const by = axes(context, 'Translation', 'ter:InvalidTranslation')
    const asked = child(context.operation, 'Translation', 'PanTilt')?.attributes['space'] ?? `${SPACE}/PanTiltSpaces/TranslationGenericSpace`
    if (asked === FIELD_OF_VIEW && !knowsFieldOfView(context)) throw invalidArgument('ter:SpaceNotSupported', 'the space is not supported')
    const share = asked === FIELD_OF_VIEW ? ptz.halfView : 1
    ptz.turnBy({ pan: by.pan * share, tilt: by.tilt * share, zoom: by.zoom })
    return '<tptz:RelativeMoveResponse/>'
  },
  AbsoluteMove: (context) => {
    const ptz = head(context)
    const to = axes(context, 'Position', 'ter:InvalidPosition')
    const has = (part: string) => child(context.operation, 'Position', part) !== null
    const { pan, tilt, zoom } = ptz.position
    ptz.goTo({ ...(has('PanTilt') ? { pan: to.pan, tilt: to.tilt } : { pan, tilt }), zoom: has('Zoom') ? to.zoom : zoom })
    return '<tptz:AbsoluteMoveResponse/>'
  },
  Stop: (context) => {
    head(context).stop()
    return '<tptz:StopResponse/>'
  },

  GetStatus: (context) => {
    const ptz = head(context)
    const { pan, tilt, zoom } = ptz.position
    const { panTilt, zoom: zooming } = ptz.moving
    const word = (moving: boolean) => (moving ? 'MOVING' : 'IDLE')
    return `<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="${pan.toFixed(4)}" y="${tilt.toFixed(4)}"/><tt:Zoom x="${zoom.toFixed(4)}"/></tt:Position><tt:MoveStatus><tt:PanTilt>${word(panTilt)}</tt:PanTilt><tt:Zoom>${word(zooming)}</tt:Zoom></tt:MoveStatus><tt:UtcTime>${new Date(context.state.deviceNow()).toISOString()}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`
  },

  GetPresets: (context) =>
    `<tptz:GetPresetsResponse>${[...head(context).presets]
      .map(([token, { name, position }]) => `<tptz:Preset token="${escapeXml(token)}"><tt:Name>${escapeXml(name)}</tt:Name><tt:PTZPosition><tt:PanTilt x="${position.pan.toFixed(4)}" y="${position.tilt.toFixed(4)}"/><tt:Zoom x="${position.zoom.toFixed(4)}"/></tt:PTZPosition></tptz:Preset>`)
      .join('')}</tptz:GetPresetsResponse>`,
  SetPreset: (context) => {
    const ptz = head(context)
    const token = textOf(context.operation, 'PresetToken') ?? undefined
    if (token !== undefined && !ptz.presets.has(token)) throw invalidArgument('ter:NoToken', 'the preset does not exist')
    if (ptz.presets.size >= 255) throw new SoapFault(400, 'Receiver', ['ter:Action', 'ter:TooManyPresets'], 'there is no room for another preset')
    return `<tptz:SetPresetResponse><tptz:PresetToken>${escapeXml(ptz.setPreset(textOf(context.operation, 'PresetName') ?? 'preset', token))}</tptz:PresetToken></tptz:SetPresetResponse>`
  },
  GotoPreset: (context) => {
    const ptz = head(context)
    const preset = ptz.presets.get(textOf(context.operation, 'PresetToken') ?? '')
    if (!preset) throw invalidArgument('ter:NoToken', 'the preset does not exist')
    ptz.goTo(preset.position, 'preset')
    return '<tptz:GotoPresetResponse/>'
  },
  RemovePreset: (context) => {
    if (!head(context).presets.delete(textOf(context.operation, 'PresetToken') ?? '')) throw invalidArgument('ter:NoToken', 'the preset does not exist')
    return '<tptz:RemovePresetResponse/>'
  },
  GotoHomePosition: (context) => {
    head(context).goHome()
    return '<tptz:GotoHomePositionResponse/>'
  },
  SetHomePosition: (context) => {
    head(context).setHome()
    return '<tptz:SetHomePositionResponse/>'
  },
}
