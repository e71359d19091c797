// Owns one try at pulling a camera's H.264 stream without a process: the RTSP conversation, packets into frames, one fault
// at the end. See docs/design/0008-direct-pull.md.
// Refuses: other codecs, and streams that take more than putting packets together; it says so and ffmpeg may try.
import type { Clock, Timer } from '#base/clock.ts'
import type { Fault } from '#contract/faults.ts'
import type { Awake } from './awake.ts'
import type { ParameterSets, SourceFrame } from './cmaf/frame.ts'
import { splitFrame } from './cmaf/h264.ts'
import { applyInBand } from './cmaf/parameter-sets.ts'
import { readSps } from './cmaf/sps.ts'
import type { CameraConnection } from './ingest/camera-connection.ts'
import type { CameraDialer } from './ingest/camera-dialer.ts'
import { H264Depacketizer, NeedsFfmpeg } from './ingest/h264-depacketizer.ts'
import { Intake, type IntakeLimits } from './ingest/intake.ts'
import { resolveOnTarget, type RtspTarget } from './ingest/rtsp-address.ts'
import { expectAccepted, expectDescription } from './ingest/rtsp-answers.ts'
import { readVideoDescription, type VideoDescription } from './ingest/sdp.ts'
import type { StreamSource } from './media-plane.ts'
import type { Pull, PullEnd, PullEvents } from './pull.ts'
import { StreamFault, toFault } from './stream-fault.ts'

export interface DirectPullDeps {
  clock: Clock
  awake: Pick<Awake, 'ms' | 'patience'>
  dialer: CameraDialer
  limits: IntakeLimits
}

export interface DirectPullOptions {
  source: StreamSource
  /** Arrival time instead of the camera's RTP time, for cameras whose clock cannot be used. */
  wallClockTimestamps: boolean
  /** How long a picture may be away, ms, as far as is known. */
  frameGapMs(): number
}

const USUAL_SESSION_SECONDS = 60
/** An empty RTCP receiver report (RFC 3550 §6.4.2): some cameras end a session whose receiver says nothing. */
const RECEIVER_REPORT = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 0])

export class DirectPull implements Pull {
  readonly pid = undefined
  readonly #deps: DirectPullDeps
  readonly #options: DirectPullOptions
  readonly #events: PullEvents
  readonly #done: Promise<void>
  readonly #over: Promise<PullEnd>
  #end: (end: PullEnd) => void = () => {}
  #state: 'open' | 'failed' | 'stopped' = 'open'
  #camera: CameraConnection | null = null
  #intake: Intake | null = null
  #keepAlive: Timer | undefined
  /** What a TEARDOWN must name. */
  #session: { url: string; session: string } | null = null
  #parameterSets: ParameterSets = { sps: [], pps: [] }
  #clockRate = 0
  #trackKnown = false
  #aliveMethod = 'GET_PARAMETER'

  constructor(deps: DirectPullDeps, options: DirectPullOptions, events: PullEvents) {
    this.#deps = deps
    this.#options = options
    this.#events = events
    this.#over = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#close()
    this.#end({ fault: toFault(new StreamFault('stream_reset', 'stopped')), needs: 'nothing' })
    await this.#done
  }

  fail(fault: Fault): void {
    this.#fail({ fault, needs: 'nothing' })
  }

  #fail(end: PullEnd): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#close()
    this.#end(end)
  }

  #failBy(error: unknown): void {
    this.#fail({ fault: toFault(error), needs: error instanceof NeedsFfmpeg ? 'ffmpeg' : 'nothing' })
  }

  async #run(): Promise<void> {
    this.#begin().catch((error: unknown) => this.#failBy(error))
    const end = await this.#over
    if (this.#state === 'failed') this.#events.onEnd(end)
  }

  async #begin(): Promise<void> {
    const { dialer, clock, awake, limits } = this.#deps
    const { source } = this.#options
    // Events come when the constructor is done.
    await Promise.resolve()
    const target = dialer.target(source)
    const camera = dialer.connection(target, source.credential)
    this.#camera = camera
    camera.onEnd = (fault) => this.#failBy(fault)
    const intake = new Intake({
      clock,
      awake,
      limits,
      patience: () => awake.patience,
      frameGapMs: () => this.#options.frameGapMs(),
      onSilent: (ms) => this.#failBy(new StreamFault('stream_silent', `no media for ${ms} ms`)),
      onOverBudget: () => camera.pause(),
      onWithinBudget: () => camera.resume(),
    })
    this.#intake = intake
    camera.onTalk = (bytes) => {
      if (this.#state === 'open') intake.tookOther(bytes)
    }
    if (this.#state !== 'open') return this.#close()
    await camera.connect()
    const described = await camera.request('DESCRIBE', target.url, { Accept: 'application/sdp' })
    expectDescription(described)
    const description = readVideoDescription(described.body.toString('utf8'))
    this.#events.onCodec(description.codec)
    if (this.#state !== 'open') return
    if (description.codec !== 'h264') throw new NeedsFfmpeg(`the stream is ${description.codec}`)
    await this.#play(camera, target, description, described.headers.get('content-base')?.[0] ?? described.headers.get('content-location')?.[0] ?? '')
  }

  async #play(camera: CameraConnection, target: RtspTarget, description: VideoDescription, statedBase: string): Promise<void> {
    const base = resolved(target, target.url, statedBase)
    const aggregate = resolved(target, base, description.sessionControl)
    const setUp = await camera.request('SETUP', resolved(target, base, description.control), { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' })
    expectAccepted('SETUP', setUp)
    const [session = '', ...parameters] = (setUp.headers.get('session')?.[0] ?? '').split(';')
    const channel = Number(/interleaved=(\d{1,3})/i.exec(setUp.headers.get('transport')?.[0] ?? '')?.[1] ?? 0)
    this.#session = { url: aggregate, session }
    if (this.#state !== 'open') return this.#close()
    this.#clockRate = description.clockRate
    this.#learn(description.parameterSets)
    this.#read(camera, description, channel)
    expectAccepted('PLAY', await camera.request('PLAY', aggregate, { Session: session, Range: 'npt=0.000-' }))
    if (this.#state !== 'open') return
    this.#intake?.expectMedia()
    const timeoutSeconds = Number(/timeout=(\d{1,5})/i.exec(parameters.join(';'))?.[1] ?? USUAL_SESSION_SECONDS)
    this.#keepAlive = this.#deps.clock.every(Math.max(5, timeoutSeconds / 3) * 1000, () => this.#sayAlive(camera, aggregate, session, channel + 1))
  }

  #read(camera: CameraConnection, { payloadType, clockRate }: VideoDescription, channel: number): void {
    const arrivalClock = this.#options.wallClockTimestamps ? this.#deps.clock : null
    const depacketizer = new H264Depacketizer({ channel, payloadType, clockRate, arrivalClock }, (frame) => this.#take(frame))
    camera.onLost = (bytes) => {
      if (this.#state !== 'open') return
      this.#events.onLostBytes(bytes)
      this.#intake?.tookOther(bytes)
    }
    camera.onMedia = (run) => {
      if (this.#state === 'open') {
        this.#events.onMediaBytes(run.length)
        this.#intake?.took(run.length)
        try {
          depacketizer.push(run)
        } catch (error) {
          this.#failBy(error)
        }
      }
      return false
    }
  }

  #take(frame: SourceFrame): void {
    if (this.#state !== 'open') return
    // A camera that says nothing of its parameter sets beforehand sends them with its key frames.
    if (!this.#trackKnown && frame.key) this.#learn(splitFrame(frame.data).inBand)
    if (this.#trackKnown) this.#events.onFrame(frame)
  }

  #learn(inBand: ParameterSets): void {
    this.#parameterSets = applyInBand(this.#parameterSets, inBand)
    const [sps] = this.#parameterSets.sps
    if (!sps || this.#parameterSets.pps.length === 0) return
    const facts = readSps(sps)
    if (!facts) throw new NeedsFfmpeg('a sequence parameter set that cannot be read')
    if (facts.interlaced) throw new NeedsFfmpeg('pictures in fields')
    this.#trackKnown = true
    this.#events.onTrack({ codec: 'h264', parameterSets: this.#parameterSets, width: facts.width, height: facts.height, timescale: this.#clockRate })
  }

  /** Media flows or it does not; whether this is answered says nothing of that. */
  #sayAlive(camera: CameraConnection, url: string, session: string, channel: number): void {
    camera.request(this.#aliveMethod, url, { Session: session }).then(
      ({ status }) => {
        if (status >= 400) this.#aliveMethod = 'OPTIONS'
      },
      () => {},
    )
    camera.writeMedia(Buffer.concat([Buffer.from([0x24, channel, 0, RECEIVER_REPORT.length]), RECEIVER_REPORT]))
  }

  #close(): void {
    this.#keepAlive?.cancel()
    this.#intake?.end()
    this.#camera?.close(this.#session ?? undefined)
  }
}

/** @throws StreamFault rtsp_redirected */
function resolved(target: RtspTarget, base: string, reference: string): string {
  const url = resolveOnTarget(target, base, reference)
  if (url === null) throw new StreamFault('rtsp_redirected', 'an address in the stream’s description is not on the camera')
  return url
}
