// Owns the fleet's loops: which there are, made once under DATA_DIR/fleet-scenes, read from there afterwards.
// Refuses: making anything while complete files exist; a changed recipe means a new version folder.
import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#base/logger.ts'
import type { VideoCodec } from '../identity.ts'
import { scenes } from '../scenes/catalogue.ts'
import { FRAMES_PER_SECOND, LOOP_FRAMES, SceneRenderer } from '../scenes/scene.ts'
import { Canvas } from '../scenes/canvas.ts'
import type { EncodeJob, LoopOutput, Spawn } from './encode.ts'
import { encodeLoops } from './encode.ts'
import { atConstantRate } from './filler.ts'
import type { Loop } from './loop-file.ts'
import { readLoop, writeLoop } from './loop-file.ts'

/** Raise when scenes, sizes or encoder options change. */
export const LOOPS_VERSION = 'v2'

/** Scenes that also exist as H.265 and as MJPEG; encoding all of them would cost the first start half a minute. */
export const H265_SCENES: readonly number[] = [0, 6]
export const MJPEG_SCENES: readonly number[] = [4]
const GOP_10S_SCENE = 2
const GOP_10S_FRAMES = 10 * FRAMES_PER_SECOND

export type LoopVariant = 'normal' | 'black' | 'gop-10s'
export type LoopSize = 'main' | 'sub'

interface Recipe {
  outputs: LoopOutput[]
  frames: number
  renderer: () => (frameIndex: number) => Uint8Array
}

export class LoopLibrary {
  readonly #loops: Map<string, Loop>

  constructor(loops: Map<string, Loop>) {
    this.#loops = loops
  }

  /**
   * The loop that a camera with this scene shows; codecs that few scenes have fall back to one of those.
   * @param scene any whole number ≥ 0, taken modulo what exists
   */
  loop(scene: number, codec: VideoCodec, size: LoopSize, variant: LoopVariant = 'normal'): Loop {
    if (variant === 'black') return this.#get(`black-${codec}-${codec === 'mjpeg' ? 'sub' : size}`)
    if (variant === 'gop-10s' && codec === 'h264') return this.#get(`gop10s-h264-${size}`)
    if (codec === 'h265') return this.#get(`${sceneName(pick(H265_SCENES, scene))}-h265-${size}`)
    if (codec === 'mjpeg') return this.#get(`${sceneName(pick(MJPEG_SCENES, scene))}-mjpeg-sub`)
    return this.#get(`${sceneName(scene % scenes.length)}-h264-${size}`)
  }

  /** Snapshots of a scene, one JPEG per second of its loop. */
  stills(scene: number, codec: VideoCodec, variant: LoopVariant): Loop {
    if (variant === 'black') return this.#get('black-still')
    const shown = codec === 'h265' ? pick(H265_SCENES, scene) : codec === 'mjpeg' ? pick(MJPEG_SCENES, scene) : scene % scenes.length
    return this.#get(`${sceneName(shown)}-still`)
  }

  #get(name: string): Loop {
    const loop = this.#loops.get(name)
    if (!loop) throw new Error(`there is no loop ${name}`)
    return loop
  }
}

function pick(numbers: readonly number[], scene: number): number {
  return numbers[scene % numbers.length] ?? 0
}

function sceneName(scene: number): string {
  return `scene-${String(scene + 1).padStart(2, '0')}`
}

/** What each loop file is made by. */
function recipes(): Recipe[] {
  const list: Recipe[] = scenes.map((_, number) => {
    const name = sceneName(number)
    const outputs: LoopOutput[] = [
      { name: `${name}-h264-sub`, codec: 'h264', size: 'sub', gop: FRAMES_PER_SECOND },
      { name: `${name}-h264-main`, codec: 'h264', size: 'main', gop: FRAMES_PER_SECOND },
      { name: `${name}-still`, codec: 'mjpeg', size: 'sub', gop: 1, still: true },
    ]
    if (H265_SCENES.includes(number)) {
      for (const size of ['sub', 'main'] as const) outputs.push({ name: `${name}-h265-${size}`, codec: 'h265', size, gop: FRAMES_PER_SECOND })
    }
    if (MJPEG_SCENES.includes(number)) outputs.push({ name: `${name}-mjpeg-sub`, codec: 'mjpeg', size: 'sub', gop: 1 })
    return { outputs, frames: LOOP_FRAMES, renderer: () => sceneFrames(number) }
  })
  list.push({
    outputs: (['sub', 'main'] as const).map((size) => ({ name: `gop10s-h264-${size}`, codec: 'h264', size, gop: GOP_10S_FRAMES })),
    frames: GOP_10S_FRAMES,
    renderer: () => sceneFrames(GOP_10S_SCENE),
  })
  list.push({
    outputs: [
      ...(['h264', 'h265'] as const).flatMap((codec) => (['sub', 'main'] as const).map((size) => ({ name: `black-${codec}-${size}`, codec, size, gop: FRAMES_PER_SECOND }))),
      { name: 'black-mjpeg-sub', codec: 'mjpeg', size: 'sub', gop: 1 },
      { name: 'black-still', codec: 'mjpeg', size: 'sub', gop: 1, still: true },
    ],
    frames: FRAMES_PER_SECOND,
    renderer: () => blackFrames(),
  })
  return list
}

function sceneFrames(number: number): (frameIndex: number) => Uint8Array {
  const scene = scenes[number]
  if (!scene) throw new RangeError(`there is no scene ${number}`)
  const renderer = new SceneRenderer(scene, number)
  return (frameIndex) => renderer.render(frameIndex)
}

function blackFrames(): () => Uint8Array {
  const canvas = new Canvas(1280, 720)
  canvas.data.fill(16, 0, 1280 * 720)
  canvas.data.fill(128, 1280 * 720)
  return () => canvas.data
}

export interface LibraryDeps {
  dataDir: string
  /** Null = ffmpeg was not found; loops that are already there still load. */
  ffmpegPath: string | null
  logger: Logger
  spawn?: Spawn
  /** H.264 subs are filled up to this constant rate; left out = as they were encoded, 0.6 Mbit/s. Files stay as they are. */
  subBitsPerSecond?: number
}

/** Reads the loops, making first what is not there. @throws Error when something must be made and ffmpeg is missing */
export async function openLibrary(deps: LibraryDeps): Promise<LoopLibrary> {
  const folder = join(deps.dataDir, 'fleet-scenes', LOOPS_VERSION)
  await mkdir(folder, { recursive: true })
  const loops = new Map<string, Loop>()
  const { subBitsPerSecond } = deps
  const keep = ({ name, codec, size }: LoopOutput, loop: Loop) => loops.set(name, subBitsPerSecond !== undefined && codec === 'h264' && size === 'sub' ? atConstantRate(loop, subBitsPerSecond) : loop)
  for (const recipe of recipes()) {
    const read = await Promise.all(recipe.outputs.map((output) => tryRead(join(folder, `${output.name}.loop`))))
    if (read.every((loop) => loop !== null)) {
      for (const [i, output] of recipe.outputs.entries()) {
        const loop = read[i]
        if (loop) keep(output, loop)
      }
      continue
    }
    const made = await make(deps, folder, recipe)
    for (const output of recipe.outputs) {
      const loop = made.get(output.name)
      if (loop) keep(output, loop)
    }
  }
  return new LoopLibrary(loops)
}

async function make(deps: LibraryDeps, folder: string, recipe: Recipe): Promise<Map<string, Loop>> {
  if (deps.ffmpegPath === null) throw new Error('the scenes of the simulated cameras must be made first and ffmpeg was not found: set FFMPEG_PATH or install ffmpeg')
  const job: EncodeJob = { outputs: recipe.outputs, frames: recipe.frames, render: recipe.renderer() }
  deps.logger.info({ loops: recipe.outputs.map((output) => output.name) }, 'making scene loops')
  const made = await encodeLoops({ ffmpegPath: deps.ffmpegPath, spawn: deps.spawn ?? spawn, workDir: folder }, job)
  for (const [name, loop] of made) {
    // another fleet may make the same file at the same time: the last rename wins, both are whole
    const partial = join(folder, `${name}.${process.pid}.part`)
    await writeFile(partial, writeLoop(loop))
    await rename(partial, join(folder, `${name}.loop`))
  }
  return made
}

async function tryRead(path: string): Promise<Loop | null> {
  try {
    return readLoop(await readFile(path))
  } catch {
    return null
  }
}
