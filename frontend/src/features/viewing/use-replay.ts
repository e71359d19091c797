// Owns the replay of one tile: asks for the last seconds, plays them over the live picture, says which moment is on screen.
// Refuses: looking live, and playing where nobody sees it: the past is left then, as the tile gives its live stream back.
// A held picture plays nothing and stays for who comes back to it.
// The live player goes on underneath, so that one key leads back to now without a wait.
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { replaySeconds, type StreamKind } from '#contract/live.ts'
import { asProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { ReplayPlayer } from '../../player/replay-player.ts'
import { replayReach } from './replay-reach.ts'
import { useSight } from './use-sight.ts'
import { useWallStore } from './wall-store.ts'

export type ReplayView =
  | { kind: 'off' }
  | { kind: 'opening' }
  | { kind: 'shown'; held: boolean; pictureMs: number; behindMs: number; stream: StreamKind }
  | { kind: 'failed'; code: string }

const LOOK_MS = 250

export function useReplay(host: Readonly<Ref<HTMLElement | null>>, cameraId: () => CameraId | null, usualStream: () => StreamKind) {
  const { client, clock } = useConsole()
  const wall = useWallStore()
  const view = shallowRef<ReplayView>({ kind: 'off' })
  let attempt = new AbortController()
  let shown: { player: ReplayPlayer; video: HTMLVideoElement; stream: StreamKind; pictureMs: number | null; held: boolean } | undefined

  function drop(): void {
    attempt.abort()
    if (shown === undefined) return
    shown.player.close()
    wall.linkDeps.pool.give(shown.video)
    shown = undefined
  }
  function stop(): void {
    drop()
    view.value = { kind: 'off' }
  }
  /** So many seconds back from now, or from what the replay shows. */
  async function back(seconds: number): Promise<void> {
    const id = cameraId()
    if (id === null || host.value === null || !seen()) return
    const secondsBack = replayReach(seconds, view.value.kind === 'shown' ? view.value.behindMs : 0, replaySeconds.most)
    drop()
    attempt = new AbortController()
    const { signal } = attempt
    view.value = { kind: 'opening' }
    try {
      const opened = await client.call(api.openReplay, { body: { cameraId: id, stream: usualStream(), decodes: await wall.linkDeps.decodes(usualStream()), secondsBack } }, { signal })
      if (!signal.aborted) begin(opened)
    } catch (thrown) {
      if (!signal.aborted) view.value = { kind: 'failed', code: asProblem(thrown).code }
    }
  }
  function begin({ playlistUrl, from, stream }: { playlistUrl: string; from: string; stream: StreamKind }): void {
    const video = wall.linkDeps.pool.take()
    video.classList.add('coming')
    host.value?.append(video)
    const player = new ReplayPlayer(video, { playlistUrl, fromMs: Date.parse(from) }, {
      onFrame: (pictureMs) => {
        if (shown?.player !== player) return
        const first = shown.pictureMs === null
        shown.pictureMs = pictureMs
        if (!first) return
        video.classList.remove('coming')
        look()
      },
      onFatal: () => {
        drop()
        view.value = { kind: 'failed', code: 'no_picture' }
      },
    })
    shown = { player, video, stream, pictureMs: null, held: false }
  }
  function look(): void {
    if (shown === undefined || shown.pictureMs === null) return
    const { pictureMs, held, stream } = shown
    view.value = { kind: 'shown', held, pictureMs, behindMs: Math.max(0, clock.now() - pictureMs), stream }
  }
  function toggleHeld(): void {
    if (shown === undefined) return
    shown.held = !shown.held
    shown.player.hold(shown.held)
    look()
  }

  const seen = useSight(host, { lost: () => shown?.held !== true && stop(), seen: look })
  watch(cameraId, stop)
  const looking = setInterval(look, LOOK_MS)
  onScopeDispose(() => {
    clearInterval(looking)
    drop()
  })
  return { view, back, stop, toggleHeld }
}
