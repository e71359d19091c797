// Owns what ffmpeg is told for each H.264 encoder: its device, the form of picture it takes, low delay, a key frame a second.
// Refuses: choosing one (transcode/encoders.ts tries them out).

/** `software` is libx264. A device is a render node of the kernel, e.g. `/dev/dri/renderD128`. */
export type Encoder = { kind: 'software' } | { kind: 'nvenc' } | { kind: 'qsv'; device: string } | { kind: 'vaapi'; device: string }

const RENDER_NODE = /^\/dev\/dri\/renderD\d{1,3}$/

/** What ffmpeg calls it; told in metrics and on the ready page. */
export function encoderName(encoder: Encoder): string {
  return encoder.kind === 'software' ? 'libx264' : `h264_${encoder.kind}`
}

/** Every one that this machine may have, the most capable first. @param renderNodes of /dev/dri */
export function hardwareCandidates(renderNodes: readonly string[]): Encoder[] {
  const nodes = renderNodes.filter((node) => RENDER_NODE.test(node))
  return [{ kind: 'nvenc' }, ...nodes.map((device): Encoder => ({ kind: 'qsv', device })), ...nodes.map((device): Encoder => ({ kind: 'vaapi', device }))]
}

/** A picture larger than so is made smaller: what one place of a software encoder can do at any camera's frame rate. */
export function largestOutput(encoder: Encoder): { width: number; height: number } {
  return encoder.kind === 'software' ? { width: 1280, height: 720 } : { width: 1920, height: 1080 }
}

export function deviceOptions(encoder: Encoder): string[] {
  if (encoder.kind === 'vaapi') return ['-vaapi_device', encoder.device]
  if (encoder.kind === 'qsv') return ['-init_hw_device', `vaapi=va:${encoder.device}`, '-init_hw_device', 'qsv=hw@va', '-filter_hw_device', 'hw']
  return []
}

/** Last of the filters: the form in which the encoder takes its pictures. */
export function pictureFilter(encoder: Encoder): string {
  if (encoder.kind === 'vaapi') return 'format=nv12,hwupload'
  return encoder.kind === 'software' ? 'format=yuv420p' : 'format=nv12'
}

/** No B-frames: they would be held back, and their players hold back as many. */
export function encoderOptions(encoder: Encoder): string[] {
  const codec = ['-c:v', encoderName(encoder)]
  switch (encoder.kind) {
    case 'software':
      return [...codec, '-preset', 'superfast', '-tune', 'zerolatency', '-bf', '0', '-threads', '2']
    case 'nvenc':
      return [...codec, '-preset', 'p2', '-tune', 'ull', '-zerolatency', '1', '-delay', '0', '-rc', 'vbr', '-cq', '27', '-bf', '0', '-forced-idr', '1']
    case 'qsv':
      return [...codec, '-preset', 'veryfast', '-async_depth', '1', '-look_ahead', '0', '-global_quality', '26', '-bf', '0', '-forced_idr', '1']
    case 'vaapi':
      return [...codec, '-rc_mode', 'CQP', '-qp', '26', '-bf', '0', '-idr_interval', '0']
  }
}
