// Owns the media plane's numbers: every limit and delay once, with its unit.

export interface MediaLimits {
  /** A stream that nobody asked for so long is stopped. */
  idleStopMs: number
  /** Pulls that may be between connecting and their first picture at the same time. */
  maxStarts: number
  /** Transcodes that may run at the same time. */
  transcodes: number
  /** Streams that may wait to be transcoded; more are refused. */
  transcodeQueue: number
  /**
   * A transcode that nobody has asked for so long gives its place to those that wait. Longer than a playlist may block: who
   * waits for an answer is there.
   */
  transcodeLingerMs: number
  /** Frames that one process of a transcode makes, more or less, before a fresh one takes over at a key frame. */
  transcodeFrames: number
  /**
   * Past that is kept in memory, for pictures of a moment and for replay on the wall: a replay of 30 s, the segment that
   * is being made, and some seconds to ask in. At the most that one camera may send it fits into `ringBytes`.
   */
  ringMs: number
  /** Memory that one stream's past may take, whatever its bitrate. */
  ringBytes: number
  /** Proofs (decoding a camera's key frames) at the same time. */
  proveConcurrency: number
  /** Decodes of single pictures at the same time. */
  pictureConcurrency: number
  connectTimeoutMs: number
  answerTimeoutMs: number
  /** No bytes of media or of reports for so long ends a pull, unless its pictures are further apart. */
  silenceMs: number
  /** No frame for so long is told as stalled, before the pull is given up, unless its pictures are further apart. */
  stallMs: number
  /**
   * Something comes, but nothing that could be given to viewers, at first or any more: so long ends a pull, whatever keeps it
   * from silence. Longer than cameras may need between two pictures (16 s at the lowest rate that they can be set to) and
   * between two key frames (20 s with coding that spares them), which is how long it takes to go on after other parameter sets.
   */
  noPictureMs: number
  /** Bytes a second that one camera may send. */
  maxBytesPerSecond: number
  minSegmentSeconds: number
  targetDurationSeconds: number
  retryFirstMs: number
  /** Longest pause between tries while somebody watches and the camera may be back any moment. */
  retryCapMs: number
  /** Pause after a fault that only a change can mend; cameras lock accounts that knock too often. */
  retryAfterChangeMs: number
  proveTimeoutMs: number
  /** For cameras whose key frames are far apart. */
  proveLongTimeoutMs: number
}

export const defaultLimits: MediaLimits = {
  idleStopMs: 60_000,
  maxStarts: 20,
  transcodes: 4,
  transcodeQueue: 16,
  transcodeLingerMs: 12_000,
  // ffmpeg's mp4 demuxer keeps some 160 bytes of every fragment for ever: 40 MB by then, after 2.8 h at 25 frames a second.
  transcodeFrames: 250_000,
  ringMs: 40_000,
  ringBytes: 96 * 1024 * 1024,
  proveConcurrency: 6,
  pictureConcurrency: 2,
  connectTimeoutMs: 2_000,
  answerTimeoutMs: 4_000,
  silenceMs: 5_000,
  stallMs: 2_500,
  noPictureMs: 30_000,
  maxBytesPerSecond: 2_000_000,
  minSegmentSeconds: 0.9,
  targetDurationSeconds: 4,
  retryFirstMs: 500,
  retryCapMs: 2_000,
  retryAfterChangeMs: 30_000,
  proveTimeoutMs: 8_000,
  proveLongTimeoutMs: 25_000,
}
