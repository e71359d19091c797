// Owns the words of the packager's input: an H.264 picture as it comes from ffmpeg, and what a track needs to be shown.

/** Parameter sets without start codes or lengths. */
export interface ParameterSets {
  sps: readonly Buffer[]
  pps: readonly Buffer[]
}

export interface VideoTrack {
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
  /** NAL units with 4-byte lengths. */
  data: Buffer
}
