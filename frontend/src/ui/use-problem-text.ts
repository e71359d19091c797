// Owns a refused call in words of the chosen language; a code without words reads as the general failure.
import { useI18n } from 'vue-i18n'
import type { ApiProblem } from '../api/api-problem.ts'

export function useProblemText(): (problem: ApiProblem) => string {
  const { t, te } = useI18n()
  return (problem) => {
    const key = te(`errors.${problem.code}`) ? `errors.${problem.code}` : 'errors.internal'
    const text = t(key)
    return problem.retryAfterSeconds === undefined ? text : `${text} ${t('errors.retryAfter', { seconds: Math.ceil(problem.retryAfterSeconds) })}`
  }
}
