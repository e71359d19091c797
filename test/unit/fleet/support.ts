// Owns what the fleet's unit tests stand on: a clock that moves only when told, and loops that need no ffmpeg.
import type { Clock } from '#base/clock.ts'
import type { VideoCodec } from '../../fleet/identity.ts'
import { LoopLibrary } from '../../fleet/loops/library.ts'
import type { Loop } from '../../fleet/loops/loop-file.ts'

export interface HandClock extends Clock {
  advance(ms: number): void
}

export function handClock(startMs: number = Date.UTC(2027, 1, 3, 4, 5, 6)): HandClock {
  let passed = 0
  let timers: { atMs: number; run: () => void; periodMs: number | null }[] = []
  const add = (delayMs: number, run: () => void, periodMs: number | null) => {
    const timer = { atMs: passed + delayMs, run, periodMs }
    timers.push(timer)
    return { cancel: () => (timers = timers.filter((each) => each !== timer)) }
  }
  return {
    now: () => startMs + passed,
    monotonicMs: () => passed,
    after: (delayMs, run) => add(delayMs, run, null),
    every: (periodMs, run) => add(periodMs, run, periodMs),
    advance(ms) {
      const untilMs = passed + ms
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (!next) break
        passed = Math.max(passed, next.atMs)
        if (next.periodMs === null) timers = timers.filter((each) => each !== next)
        else next.atMs += next.periodMs
        next.run()
      }
      passed = untilMs
    },
  }
}

/** Loops of a few bytes under every name, so that cameras can be started without ffmpeg. Frame 0 of 15 is the key frame. */
export function tinyLibrary(): LoopLibrary {
  const loops = new Map<string, Loop>()
  const add = (name: string, codec: VideoCodec, size: 'main' | 'sub') => {
    const frames = Array.from({ length: 15 }, (_, i) => ({ key: codec === 'mjpeg' || i === 0, units: [unitOf(codec, i)] }))
    const parameterSets = codec === 'h264' ? [Buffer.from([0x67, 0x4d, 0x40, 0x1f]), Buffer.from([0x68, 1])] : codec === 'h265' ? [Buffer.from([64, 1]), Buffer.from([66, 1]), Buffer.from([68, 1])] : []
    loops.set(name, { codec, width: size === 'main' ? 1280 : 640, height: size === 'main' ? 720 : 360, framesPerSecond: 15, parameterSets, frames })
  }
  const places = Array.from({ length: 12 }, (_, i) => `scene-${String(i + 1).padStart(2, '0')}`)
  for (const place of [...places, 'black', 'gop10s']) {
    for (const size of ['main', 'sub'] as const) for (const codec of ['h264', 'h265'] as const) add(`${place}-${codec}-${size}`, codec, size)
    add(`${place}-mjpeg-sub`, 'mjpeg', 'sub')
    add(`${place}-still`, 'mjpeg', 'sub')
  }
  return new LoopLibrary(loops)
}

function unitOf(codec: VideoCodec, frame: number): Buffer {
  if (codec === 'mjpeg') return Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 2, 1, 2, 3, frame, 0xff, 0xd9])
  return codec === 'h264' ? Buffer.from([frame === 0 ? 0x65 : 0x41, 0x88, frame]) : Buffer.from([(frame === 0 ? 19 : 1) << 1, 1, 0x80, frame])
}
