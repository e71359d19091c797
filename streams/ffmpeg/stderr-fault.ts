// Owns what ffmpeg's last words mean, from recorded fixtures of the versions we run (test/fixtures/ffmpeg).
// Refuses: passing its text on; a device's title or a URL may be in it.
import type { Fault } from '#contract/faults.ts'
import { faultOf } from '../stream-fault.ts'

export type StderrVerdict =
  | { kind: 'fault'; fault: Fault }
  /** The stream is there, but its parameters did not come within the probing time: try longer. */
  | { kind: 'probe-longer' }
  | { kind: 'nothing-known' }

const RULES: readonly [RegExp, StderrVerdict][] = [
  [/dimensions not set|unspecified size|Could not find codec parameters|Could not write header.*incorrect codec parameters/i, { kind: 'probe-longer' }],
  [/matches no streams|does not contain any stream/i, { kind: 'fault', fault: faultOf('stream_missing', 'ffmpeg found no video in the stream') }],
  [/Could not find tag for codec|Unsupported codec|codec not currently supported in container|Decoder \(codec .*\) not found/i, { kind: 'fault', fault: faultOf('codec_unsupported', 'ffmpeg does not take this codec') }],
  [/Unknown encoder|Error while opening encoder|Unrecognized option|Option .* not found|No such filter/i, { kind: 'fault', fault: faultOf('probe_failed', 'this ffmpeg lacks something that we ask of it') }],
  [/Codec \([^)]*\) not on whitelist/i, { kind: 'fault', fault: faultOf('codec_unsupported', 'a codec that we do not let ffmpeg decode') }],
  [/not on whitelist/i, { kind: 'fault', fault: faultOf('rtsp_redirected', 'the stream led to a protocol that is not allowed') }],
  [/Invalid data found when processing input|Error while decoding|error while decoding MB/i, { kind: 'fault', fault: faultOf('stream_undecodable', 'ffmpeg could not read the stream') }],
]

/** @param stderr the tail of what ffmpeg wrote */
export function readStderr(stderr: string): StderrVerdict {
  for (const [pattern, verdict] of RULES) if (pattern.test(stderr)) return verdict
  return { kind: 'nothing-known' }
}
