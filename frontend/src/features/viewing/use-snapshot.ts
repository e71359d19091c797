// Owns taking a snapshot of a camera and giving it to the user as a file, with the viewer's watermark burnt in.
import { ElMessage } from 'element-plus'
import { ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import type { StreamKind } from '#contract/live.ts'
import { wholePicture, type ZoomView } from '../../player/zoom-view.ts'
import { asProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { beijingTime } from '../../ui/instants.ts'
import { saveBlob } from '../../ui/save-blob.ts'
import { useProblemText } from '../../ui/use-problem-text.ts'
import { useViewer } from './use-watermark.ts'
import { burnIn } from './watermark.ts'

export function useSnapshot() {
  const { client, clock } = useConsole()
  const { t } = useI18n()
  const problemText = useProblemText()
  const { viewer, svgAt } = useViewer()
  const taking = ref(false)
  /** @param part the part of the picture that the tile shows @param atMs the moment that a replay shows; otherwise the newest picture */
  async function take(cameraId: CameraId, stream: StreamKind, name: string, part: ZoomView = wholePicture, atMs?: number): Promise<void> {
    if (taking.value) return
    taking.value = true
    try {
      const { blob, pictureAt } = await client.callForPicture(api.cameraSnapshot, { params: { cameraId }, query: { stream, at: atMs === undefined ? undefined : new Date(atMs).toISOString() } })
      const shownAt = beijingTime(pictureAt ?? clock.now())
      const marked = await burnIn(blob, { svg: svgAt(clock.now()), caption: `${name}  ${shownAt}  ${viewer.value}`, part })
      saveBlob(marked, `${name}_${shownAt.replace(/\D/g, '')}.jpg`)
      ElMessage.success(t('wall.snapshotTaken'))
    } catch (thrown) {
      ElMessage.error(problemText(asProblem(thrown)))
    } finally {
      taking.value = false
    }
  }
  return { taking, take }
}
