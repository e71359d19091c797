// Owns the words of the packager's input: a picture as a camera sends it, and what a track needs to be shown.

/** What can be cut into parts as it comes. MJPEG is kept so for decoders of ours; no browser plays it from mp4. */
export type FrameCodec = 'h264' | 'h265' | 'mjpeg'

/** Parameter sets without start codes or lengths. */
export interface ParameterSets {
  /** H.265 only. */
  vps?: readonly Buffer[]
  sps: readonly Buffer[]
  pps: readonly Buffer[]
}

export interface VideoTrack {
  codec: FrameCodec
  /** None for MJPEG. */
  parameterSets: ParameterSets
  width: number
  height: number
  /** Ticks a second of the source's times. */
  timescale: number
}

export interface SourceFrame {
  /** Decode time in the track's timescale. */
  dts: number
  /** Presentation minus decode time in the track's timescale. */
  compositionOffset: number
  key: boolean
  /** NAL units with 4-byte lengths; of MJPEG one JPEG. */
  data: Buffer
  /** UTC ms when the picture came from the camera; left out = now. */
  cameMs?: number
}
