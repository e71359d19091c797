// Owns a refused call in words of the chosen language; a code without words reads as the general failure.
import { useI18n } from 'vue-i18n'
import type { ApiProblem } from '../api/api-problem.ts'

export function useProblemCodeText(): (code: string) => string {
  const { t, te } = useI18n()
  return (code) => t(te(`errors.${code}`) ? `errors.${code}` : 'errors.internal')
}

export function useProblemText(): (problem: ApiProblem) => string {
  const { t } = useI18n()
  const codeText = useProblemCodeText()
  return (problem) => {
    const text = codeText(problem.code)
    return problem.retryAfterSeconds === undefined ? text : `${text} ${t('errors.retryAfter', { seconds: Math.ceil(problem.retryAfterSeconds) })}`
  }
}
