// Owns what tests of links and tiles stand on: a clock that is moved by hand, both ends of a media socket, answers of the
// server given by hand, players that show what they are told to, and videos of which none may be with two tiles.
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { cameraIdSchema } from '#contract/ids.ts'
import { pushHeaderBytes, pushRequestSchema, writePushHeader, type PushEndReason, type PushNotice, type PushRequest } from '#contract/media-push.ts'
import { ApiProblem } from '../../../../frontend/src/api/api-problem.ts'
import type { HlsSource } from '../../../../frontend/src/player/hls-player.ts'
import { HttpLine } from '../../../../frontend/src/player/http/http-line.ts'
import type { OpenedStream } from '../../../../frontend/src/player/http/http-opening.ts'
import type { FramePlayer, PlayerListener, PlayerTotals } from '../../../../frontend/src/player/picture-player.ts'
import { PushSocket } from '../../../../frontend/src/player/push/push-socket.ts'
import type { PushWireListener } from '../../../../frontend/src/player/push/push-wire.ts'
import { StartGate } from '../../../../frontend/src/player/start-gate.ts'
import type { StreamLinkDeps } from '../../../../frontend/src/player/stream-link.ts'
import { VideoPool } from '../../../../frontend/src/player/video-pool.ts'

export const cameraId = cameraIdSchema.parse('a'.repeat(26))
export const SERVER = Date.parse('2026-11-23T12:00:00.000Z')

/** As much of a <video> as the players here touch. */
export class FakeVideo extends EventTarget {
  src = ''
  className = ''
  currentTime = 0
  playbackRate = 1
  paused = true
  videoWidth = 0
  videoHeight = 0
  ranges: [number, number][] = []
  removals = 0
  onFrameOnScreen: ((mediaTime: number) => void) | undefined
  readonly classList = { toggle: () => true, remove: () => undefined }
  get buffered() {
    const { ranges } = this
    return { length: ranges.length, start: (at: number) => ranges[at]?.[0] ?? 0, end: (at: number) => ranges[at]?.[1] ?? 0 }
  }
  async play(): Promise<void> {
    this.paused = false
  }
  pause(): void {
    this.paused = true
  }
  remove(): void {
    this.removals++
  }
  load(): void {
    this.ranges = []
  }
  removeAttribute(name: string): void {
    if (name === 'src') this.src = ''
  }
  getVideoPlaybackQuality() {
    return { totalVideoFrames: 0, droppedVideoFrames: 0 }
  }
  requestVideoFrameCallback(run: (now: number, frame: { mediaTime: number }) => void): number {
    this.onFrameOnScreen = (mediaTime) => run(0, { mediaTime })
    return 1
  }
  cancelVideoFrameCallback(): void {
    this.onFrameOnScreen = undefined
  }
  asVideo(): HTMLVideoElement {
    return this as unknown as HTMLVideoElement
  }
}

export class FakePlayer implements FramePlayer {
  readonly kind: 'http' | 'push' | 'frames'
  readonly video: HTMLVideoElement
  readonly #listener: PlayerListener
  closed = 0
  seeks = 0
  constructor(kind: FakePlayer['kind'], video: HTMLVideoElement, listener: PlayerListener) {
    this.kind = kind
    this.video = video
    this.#listener = listener
  }
  /** A frame comes on screen. @param mediaTimeSeconds on the timeline of this player @param pictureMs server time */
  show(mediaTimeSeconds: number, pictureMs: number | null): void {
    assert.equal(this.closed, 0, 'a closed player shows nothing')
    this.#listener.onFrame({ mediaTimeSeconds, pictureMs })
  }
  fail(kind: 'network' | 'media', status = 0): void {
    this.#listener.onFatal(kind, status)
  }
  track(): void {}
  init(): void {}
  frame(): void {}
  seekToEdge(): void {
    this.seeks++
  }
  totals(): PlayerTotals {
    return { bytes: 0, decoded: 0, dropped: 0 }
  }
  close(): void {
    this.closed++
  }
}

/** One request to open a stream by HTTP, to be answered by hand; it does not care whether it was given up. */
export interface Asked {
  signal: AbortSignal
  give: (opened?: Partial<OpenedStream>) => void
  refuse: (status: number, code: string, retryAfterSeconds?: number) => void
}

export interface PlayerScene {
  deps: StreamLinkDeps
  players: FakePlayer[]
  /** The player that was made last. */
  player: () => FakePlayer
  videos: FakeVideo[]
  asked: Asked[]
  requests: PushRequest[]
  nowMs: () => number
  /** Moves the clock; `step` runs each half second, as the console ticks. */
  pass: (ms: number, step?: () => void) => Promise<void>
  /** The server's clock is set, and the console knows. */
  setServerClock: (byMs: number) => void
  serverNowMs: () => number
  notice: (notice: PushNotice) => void
  /** The newest subscription is given: state, then the track. */
  give: (state?: 'running' | 'stalled' | 'backing-off', edition?: number) => void
  refuse: (code: Extract<PushNotice, { type: 'refused' }>['code'], retryAfterSeconds?: number) => void
  end: (reason: PushEndReason) => void
  loseSocket: () => void
  /** The server does not open media sockets, or does again. */
  turnAway: (away: boolean) => void
  media: () => void
}

/** Lets every promise that can go on do so. */
export const settle = (): Promise<void> => setImmediate(undefined)

/** @param options.push false = HTTP only */
export function playerScene(options: { push?: boolean; startPlaces?: number; decodes?: StreamLinkDeps['decodes'] } = {}): PlayerScene {
  let nowMs = 0
  let serverMs = SERVER
  const players: FakePlayer[] = []
  const videos: FakeVideo[] = []
  const asked: Asked[] = []
  const requests: PushRequest[] = []
  const wires: PushWireListener[] = []
  let away = false
  const made = (kind: FakePlayer['kind'], video: HTMLVideoElement, listener: PlayerListener) => {
    const player = new FakePlayer(kind, video, listener)
    players.push(player)
    return player
  }
  const push = new PushSocket({
    open: (listener) => {
      wires.push(listener)
      queueMicrotask(() => away ? listener.onClosed() : listener.onNotice({ type: 'hello', protocol: 1, serverAt: new Date(SERVER).toISOString() }))
      return { send: (text) => void requests.push(pushRequestSchema.parse(JSON.parse(text))), close: () => undefined }
    },
    monotonicMs: () => nowMs,
    after: () => () => undefined,
  })
  const notice = (one: PushNotice) => wires.at(-1)?.onNotice(one)
  const newest = () => requests.findLast(({ type }) => type === 'subscribe')?.id ?? assert.fail('nothing was subscribed to')
  const deps: StreamLinkDeps = {
    open: (_camera, _stream, signal) => new Promise((resolve, reject) => {
      asked.push({
        signal,
        give: (opened) => resolve({ playlistUrl: '/live.m3u8', segmentsUrl: '/index.m3u8', expiresAtServerMs: serverMs + nowMs + 300_000, form: 'original', state: 'running', queue: null, ...opened }),
        refuse: (status, code, retryAfterSeconds) => reject(new ApiProblem({ status, code, retryAfterSeconds })),
      })
    }),
    line: new HttpLine(true),
    openGate: new StartGate(8),
    playGate: new StartGate(options.startPlaces ?? 8),
    waitForRunningMs: 0,
    monotonicMs: () => nowMs,
    pool: new VideoPool(() => {
      const video = new FakeVideo()
      videos.push(video)
      return video.asVideo()
    }),
    push: options.push === false ? undefined : push,
    serverNowMs: () => serverMs + nowMs,
    decodes: options.decodes ?? (async () => ({ h264: 1, h265: 0 })),
    random: () => 0.5,
    players: {
      hls: (video, source: HlsSource, listener) => made(source.kind, video, listener),
      framesSupported: () => true,
      frames: (video, listener) => made('frames', video, listener),
    },
  }
  return {
    deps, players, videos, asked, requests, notice,
    player: () => players.at(-1) ?? assert.fail('there is no player'),
    nowMs: () => nowMs,
    pass: async (ms, step = () => undefined) => {
      for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
        nowMs = Math.min(untilMs, nowMs + 500)
        step()
        await settle()
      }
    },
    setServerClock: (byMs) => void (serverMs += byMs),
    serverNowMs: () => serverMs + nowMs,
    give: (state = 'running', edition = 1) => {
      const id = newest()
      notice({ type: 'subscribed', id, form: 'original', state, queue: null })
      notice({ type: 'track', id, edition, epoch: 1, codecs: 'avc1.64001f', width: 640, height: 360, frameRate: 15, partTargetSeconds: 0.35, targetDurationSeconds: 4, reorders: 0, transcoded: false })
    },
    refuse: (code, retryAfterSeconds) => notice({ type: 'refused', id: newest(), code, retryAfterSeconds }),
    end: (reason) => notice({ type: 'ended', id: newest(), reason }),
    turnAway: (turned) => void (away = turned),
    loseSocket: () => wires.at(-1)?.onClosed(),
    media: () => {
      const message = new Uint8Array(pushHeaderBytes + 8)
      message.set(writePushHeader({ kind: 'part', key: true, discontinuity: false, segmentEnd: false, id: newest(), sequence: 1, programDateMs: SERVER, msn: 1, partIndex: 0, durationMs: 333 }))
      wires.at(-1)?.onMedia(message.buffer)
    },
  }
}
