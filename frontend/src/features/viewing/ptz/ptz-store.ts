// Owns which camera this console turns (one at a time) and for what; the purpose is asked once a session of the page.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { CameraId } from '#contract/ids.ts'

export const usePtzStore = defineStore('ptz', () => {
  const cameraId = ref<CameraId>()
  const purpose = ref('')
  const caseNumber = ref('')
  return { cameraId, purpose, caseNumber }
})
