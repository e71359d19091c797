// Owns the words of one try at pulling a camera stream, whoever reads the camera: ours alone or ffmpeg.
// Refuses: knowing either of them; the supervisor chooses.
import type { Fault } from '#contract/faults.ts'
import type { SourceFrame, VideoTrack } from './cmaf/frame.ts'
import type { VideoCodec } from './ingest/sdp.ts'

export interface PullEvents {
  onTrack(track: VideoTrack): void
  onFrame(frame: SourceFrame): void
  onMediaBytes(bytes: number): void
  /** Bytes that came between media and were none. */
  onLostBytes(bytes: number): void
  onCodec(codec: VideoCodec): void
  /** Once, never inside another event; not after `stop`. */
  onEnd(end: PullEnd): void
}

export interface PullEnd {
  fault: Fault
  /** `longer-probe`: codec parameters did not come within the probing time. `ffmpeg`: more is needed than we read ourselves. */
  needs: 'nothing' | 'longer-probe' | 'ffmpeg'
}

export interface Pull {
  /** The process that does the work, where there is one. */
  readonly pid: number | undefined
  /** Ends the pull; resolves when nothing of it is left. */
  stop(): Promise<void>
  /** Ends the pull as failed with this fault. */
  fail(fault: Fault): void
}
