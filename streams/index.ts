// Owns the media plane's only door: how to make one, and the words spoken through it.
// Refuses: giving out what is behind the door.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { availableParallelism, constants, setPriority } from 'node:os'
import type { AddressPolicy } from '#base/address-policy.ts'
import { systemClock, type Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { SpawnProcess } from './ffmpeg/child.ts'
import { isOutdated, locateFfmpeg } from './ffmpeg/locate.ts'
import { defaultLimits, type MediaLimits } from './limits.ts'
import { LocalMediaPlane, type CopyBy } from './local-media-plane.ts'
import type { MediaPlane } from './media-plane.ts'

export type * from './media-plane.ts'
export type { MediaLimits } from './limits.ts'
export { defaultLimits } from './limits.ts'

const RENDER_NODES = '/dev/dri'


export interface MediaPlaneDeps {
  logger: Logger
  /** Networks that cameras may be in; nothing else is ever connected to. */
  addressPolicy: AddressPolicy
  /** Where FFMPEG_PATH and PATH are looked up. */
  env: Readonly<Record<string, string | undefined>>
  limits?: Partial<MediaLimits>
  clock?: Clock
  random?: RandomBytes
  spawn?: SpawnProcess
  /** direct (the default): H.264 that can be copied needs no process of its own; ffmpeg: one per camera stream. */
  copyBy?: CopyBy
}

/** Looks for ffmpeg and opens the media plane. Without ffmpeg it opens too, and `capability()` is null. */
export async function createMediaPlane(deps: MediaPlaneDeps): Promise<MediaPlane> {
  const capability = await locateFfmpeg(deps.env)
  if (!capability) deps.logger.error({}, 'ffmpeg was not found: set FFMPEG_PATH or install it; there are no pictures without it')
  else if (isOutdated(capability.version)) {
    deps.logger.warn({ version: capability.version, origin: capability.origin }, 'this ffmpeg is too old to get security fixes, and it reads what cameras send: install a current one')
  } else if (capability.origin === 'npm') deps.logger.warn({ version: capability.version }, 'using the old ffmpeg of an npm package; install a current one')
  const plane = new LocalMediaPlane({
    logger: deps.logger,
    addressPolicy: deps.addressPolicy,
    clock: deps.clock ?? systemClock,
    random: deps.random ?? randomBytes,
    spawn: deps.spawn ?? spawn,
    yieldToOthers: (pid) => setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL),
    limits: { ...defaultLimits, transcodes: transcodesFor(availableParallelism()), ...deps.limits },
    capability,
    copyBy: deps.copyBy ?? 'direct',
    renderNodes,
  })
  // Nobody waits for it: a driver may take seconds to say no.
  void plane.findEncoder()
  return plane
}

/** As many as a machine can make in software beside all that it copies. */
function transcodesFor(cores: number): number {
  return Math.max(4, Math.min(8, cores))
}

async function renderNodes(): Promise<string[]> {
  const names = await readdir(RENDER_NODES).catch(() => [])
  return names.filter((name) => name.startsWith('renderD')).sort().map((name) => `${RENDER_NODES}/${name}`)
}
