// Owns one act of the user (save, adopt, sign in): whether it runs, and what went wrong.
// Refuses: running twice at once; a second click while running does nothing.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type ApiProblem } from './api-problem.ts'

export interface Action<Input extends unknown[]> {
  running: Ref<boolean>
  problem: ShallowRef<ApiProblem | undefined>
  /** True when it was done; false when it failed (read `problem`) or is already running. */
  run: (...input: Input) => Promise<boolean>
}

export function useAction<Input extends unknown[]>(act: (...input: Input) => Promise<unknown>): Action<Input> {
  const running = ref(false)
  const problem = shallowRef<ApiProblem>()
  async function run(...input: Input): Promise<boolean> {
    if (running.value) return false
    running.value = true
    problem.value = undefined
    try {
      await act(...input)
      return true
    } catch (thrown) {
      problem.value = asProblem(thrown)
      return false
    } finally {
      running.value = false
    }
  }
  return { running, problem, run }
}
