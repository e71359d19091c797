// Owns making loops with ffmpeg: raw pictures in on a pipe, elementary streams out as files, read back and cut up.
// Refuses: more than one ffmpeg at a time (the library asks one after the other) and options that 4.1 does not know.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { VideoCodec } from '../identity.ts'
import { FRAMES_PER_SECOND, MAIN_SIZE, SUB_SIZE } from '../scenes/scene.ts'
import { parseH264, parseH265, parseJpegs } from './annexb.ts'
import type { Loop } from './loop-file.ts'

/** `still` is one JPEG a second, for snapshots. */
export interface LoopOutput {
  name: string
  codec: VideoCodec
  size: 'main' | 'sub'
  /** Frames between key frames. */
  gop: number
  still?: boolean
}

export interface EncodeJob {
  outputs: LoopOutput[]
  frames: number
  /** One yuv420p picture of main size; the buffer may be used again after it was written. */
  render: (frameIndex: number) => Uint8Array
}

export type Spawn = typeof spawn

/** Encodes one scene. @throws Error with ffmpeg's last words when it fails */
export async function encodeLoops(deps: { ffmpegPath: string; spawn: Spawn; workDir: string }, job: EncodeJob): Promise<Map<string, Loop>> {
  const folder = await mkdtemp(join(deps.workDir, 'encode-'))
  try {
    await run(deps, job, folder)
    const loops = new Map<string, Loop>()
    for (const output of job.outputs) {
      const bytes = await readFile(join(folder, output.name))
      const stream = output.codec === 'h264' ? parseH264(bytes) : output.codec === 'h265' ? parseH265(bytes) : parseJpegs(bytes)
      const wanted = output.still ? Math.ceil(job.frames / FRAMES_PER_SECOND) : job.frames
      const got = stream.accessUnits.length
      // reducing to one picture a second, ffmpeg adds one or two at the end
      if (output.still ? got < wanted : got !== wanted) throw new Error(`${output.name}: ${got} pictures instead of ${wanted}`)
      const framesPerSecond = output.still ? 1 : FRAMES_PER_SECOND
      loops.set(output.name, { codec: output.codec, ...sizeOf(output), framesPerSecond, parameterSets: stream.parameterSets, frames: stream.accessUnits.slice(0, wanted) })
    }
    return loops
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function sizeOf(output: LoopOutput): { width: number; height: number } {
  return output.size === 'main' ? MAIN_SIZE : SUB_SIZE
}

async function run(deps: { ffmpegPath: string; spawn: Spawn }, job: EncodeJob, folder: string): Promise<void> {
  const child = deps.spawn(deps.ffmpegPath, encodeArguments(job.outputs, folder), { stdio: ['pipe', 'ignore', 'pipe'] })
  let lastWords = ''
  child.stderr.on('data', (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-2000)))
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(signal ?? String(code)))
  })
  ended.catch(() => undefined) // awaited below; must not count as unhandled while pictures are written
  child.stdin.on('error', () => undefined) // a broken pipe shows as a bad exit code
  for (let frame = 0; frame < job.frames && child.exitCode === null && child.signalCode === null; frame++) {
    // copied because the renderer uses its buffer again while the pipe may still hold this picture
    if (!child.stdin.write(Buffer.from(job.render(frame)))) await Promise.race([once(child.stdin, 'drain').catch(() => ended), ended])
  }
  child.stdin.end()
  const how = await ended
  if (how !== '0') throw new Error(`ffmpeg ended with ${how}: ${lastWords.trim()}`)
}

/** Command line for one input and several outputs; every option exists in ffmpeg 4.1 and in 5 to 7. */
export function encodeArguments(outputs: LoopOutput[], folder: string): string[] {
  const subs = outputs.filter((output) => output.size === 'sub').length
  const scaled = outputs.flatMap((output, i) => (output.size === 'sub' ? [`[s${i}]`] : []))
  const size = `${MAIN_SIZE.width}x${MAIN_SIZE.height}`
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', size, '-r', String(FRAMES_PER_SECOND), '-i', 'pipe:0']
  if (subs > 0) args.push('-filter_complex', `[0:v]scale=${SUB_SIZE.width}:${SUB_SIZE.height}:flags=fast_bilinear,split=${subs}${scaled.join('')}`)
  for (const [i, output] of outputs.entries()) {
    args.push('-map', output.size === 'sub' ? `[s${i}]` : '0:v', ...encoder(output), join(folder, output.name))
  }
  return args
}

function encoder(output: LoopOutput): string[] {
  const main = output.size === 'main'
  const gop = ['-g', String(output.gop), '-keyint_min', String(output.gop), '-sc_threshold', '0', '-bf', '0']
  const rate = main ? ['-crf', '27', '-maxrate', '3000k', '-bufsize', '3000k'] : ['-crf', '26', '-maxrate', '800k', '-bufsize', '800k']
  switch (output.codec) {
    case 'h264':
      return ['-c:v', 'libx264', '-preset', main ? 'ultrafast' : 'superfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', ...gop, ...rate, '-f', 'h264']
    case 'h265':
      // open-gop off and no B frames: each key frame is an IDR that a client can start from
      return ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...rate, '-x265-params', `keyint=${output.gop}:min-keyint=${output.gop}:scenecut=0:bframes=0:open-gop=0:log-level=none`, '-f', 'hevc']
    case 'mjpeg':
      // RFC 2435 carries no Huffman tables, so the standard ones must be used
      return [...(output.still ? ['-r', '1'] : []), '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-huffman', 'default', '-q:v', output.still ? '4' : '9', '-f', 'mjpeg']
  }
}
