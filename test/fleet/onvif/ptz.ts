// Owns the ONVIF PTZ service of devices that can turn.
// Refuses: unknown profiles, nodes and presets; absolute and relative moves.
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
const range = (tag: string, least: number) => `<tt:${tag}><tt:Min>${least}</tt:Min><tt:Max>1</tt:Max></tt:${tag}>`
const NODE = `token="PTZNode_1" FixedHomePosition="false"><tt:Name>PTZNode_1</tt:Name><tt:SupportedPTZSpaces><tt:ContinuousPanTiltVelocitySpace><tt:URI>${SPACE}/PanTiltSpaces/VelocityGenericSpace</tt:URI>${range('XRange', -1)}${range('YRange', -1)}</tt:ContinuousPanTiltVelocitySpace><tt:ContinuousZoomVelocitySpace><tt:URI>${SPACE}/ZoomSpaces/VelocityGenericSpace</tt:URI>${range('XRange', -1)}</tt:ContinuousZoomVelocitySpace></tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>255</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported>`

export const ptzService: Service = {
  GetNodes: (context) => {
    head(context)
    return `<tptz:GetNodesResponse><tptz:PTZNode ${NODE}</tptz:PTZNode></tptz:GetNodesResponse>`
  },
  GetNode: (context) => {
    head(context)
    if (textOf(context.operation, 'NodeToken') !== 'PTZNode_1') throw invalidArgument('ter:NoEntity', 'the node does not exist')
    return `<tptz:GetNodeResponse><tptz:PTZNode ${NODE}</tptz:PTZNode></tptz:GetNodeResponse>`
  },
  GetConfigurations: (context) => {
    head(context)
    return `<tptz:GetConfigurationsResponse>${ptzConfiguration(context, 'tptz:PTZConfiguration')}</tptz:GetConfigurationsResponse>`
  },

  ContinuousMove: (context) => {
    const velocity = child(context.operation, 'Velocity')
    const speed = (tag: string, axis: string) => {
      const value = Number(child(velocity, tag)?.attributes[axis] ?? 0)
      if (!(Math.abs(value) <= 1)) throw invalidArgument('ter:InvalidVelocity', 'the velocity is outside -1 to 1')
      return value
    }
    const timeout = durationMs(textOf(context.operation, 'Timeout')) ?? 10_000
    head(context).move({ pan: speed('PanTilt', 'x'), tilt: speed('PanTilt', 'y'), zoom: speed('Zoom', 'x') }, timeout)
    return '<tptz:ContinuousMoveResponse/>'
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
    ptz.goTo(preset.position)
    return '<tptz:GotoPresetResponse/>'
  },
  GotoHomePosition: (context) => {
    head(context).goTo({ pan: 0, tilt: 0, zoom: 0 })
    return '<tptz:GotoHomePositionResponse/>'
  },
}
