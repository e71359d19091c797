// Owns the ONVIF imaging service: fixed settings. Refuses: changing them.
import type { Service } from './context.ts'
import { VIDEO_SOURCE } from './profiles.ts'
import { invalidArgument, textOf } from './soap.ts'

export const imagingService: Service = {
  GetImagingSettings: ({ operation }) => {
    if (textOf(operation, 'VideoSourceToken') !== VIDEO_SOURCE) throw invalidArgument('ter:NoSource', 'the video source does not exist')
    return '<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Brightness>50</tt:Brightness><tt:ColorSaturation>50</tt:ColorSaturation><tt:Contrast>50</tt:Contrast><tt:IrCutFilter>AUTO</tt:IrCutFilter><tt:Sharpness>50</tt:Sharpness></timg:ImagingSettings></timg:GetImagingSettingsResponse>'
  },
}
