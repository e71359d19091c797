// Owns taking a snapshot of a camera and giving it to the user as a file, with the viewer's watermark burnt in.
import { ElMessage } from 'element-plus'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import { asProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { beijingTime } from '../../ui/instants.ts'
import { saveBlob } from '../../ui/save-blob.ts'
import { useProblemText } from '../../ui/use-problem-text.ts'
import { useViewer } from './use-watermark.ts'
import { burnIn, type ShownPart } from './watermark.ts'

export interface MarkedSnapshot {
  blob: Blob
  /** When the picture was taken, in Beijing time. */
  shownAt: string
}

export function useSnapshot() {
  const { client, clock } = useConsole()
  const { t } = useI18n()
  const problemText = useProblemText()
  const { viewer, svgAt } = useViewer()
  const taking = ref(false)
  /** Whoever wants a picture of a camera gets it with the mark in it, to look at and to keep. */
  async function marked(cameraId: CameraId, name: string, query: { stream: StreamKind; at?: string }, options: { shown?: ShownPart; signal?: AbortSignal } = {}): Promise<MarkedSnapshot> {
    const { blob, pictureAt } = await client.callForPicture(api.cameraSnapshot, { params: { cameraId }, query }, { signal: options.signal })
    const shownAt = beijingTime(pictureAt ?? clock.now())
    return { blob: await burnIn(blob, { svg: svgAt(clock.now()), caption: `${name}  ${shownAt}  ${viewer.value}`, shown: options.shown }), shownAt }
  }
  const save = ({ blob, shownAt }: MarkedSnapshot, name: string): void => saveBlob(blob, `${name}_${shownAt.replace(/\D/g, '')}.jpg`)
  /** @param shown what the tile shows of the picture @param atMs the moment that a replay shows; otherwise the newest picture */
  async function take(cameraId: CameraId, stream: StreamKind, name: string, shown: ShownPart, atMs?: number): Promise<void> {
    if (taking.value) return
    taking.value = true
    try {
      save(await marked(cameraId, name, { stream, at: atMs === undefined ? undefined : new Date(atMs).toISOString() }, { shown }), name)
      ElMessage.success(t('wall.snapshotTaken'))
    } catch (thrown) {
      ElMessage.error(problemText(asProblem(thrown)))
    } finally {
      taking.value = false
    }
  }
  return { taking, take, marked, save }
}
