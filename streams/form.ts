// Owns which form of a stream a viewer gets: as the camera sends it wherever the viewer's player can show that. Pure.
// Refuses: places; whether a transcode may be made is another matter.
import type { Decodes } from '#contract/live.ts'
import type { VideoCodec } from './ingest/sdp.ts'

/** What is known of a camera's stream, from ONVIF or from its frames; null = not known yet. */
export interface StreamFacts {
  codec: VideoCodec | null
  pixels: number | null
}

/** `rather-h264`: it can be played and is large for this viewer; a transcode is better, and not worth waiting for. */
export type FormVerdict = 'original' | 'h264' | 'rather-h264'

export function judgeForm({ codec, pixels }: StreamFacts, decodes: Decodes): FormVerdict {
  if (codec === 'mjpeg') return 'h264'
  // Without its size a picture is taken for one that can be played; its first frame tells.
  if (codec === 'h265') return (pixels ?? 1) <= decodes.h265 ? 'original' : 'h264'
  return codec === 'h264' && (pixels ?? 0) > decodes.h264 ? 'rather-h264' : 'original'
}
