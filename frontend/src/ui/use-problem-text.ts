// Owns a refused call in words of the chosen language; a code without words reads as the general failure.
import { useI18n } from 'vue-i18n'
import type { ApiProblem } from '../api/api-problem.ts'
import { fieldOf, issueKeyOf } from './issue-text.ts'

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

/** One refused field in words: `案件编号：格式不符合要求`. A field without a name of its own goes unnamed. */
export function useIssueText(): (issue: { path: string; message: string }) => string {
  const { t, te } = useI18n()
  const firstOf = (keys: string[]): string => keys.filter((key) => te(key)).map((key) => t(key))[0] ?? ''
  return ({ path, message }) => {
    const field = firstOf([`issues.fields.${fieldOf(path)}`, `registry.fields.${fieldOf(path)}`])
    const words = firstOf([`issues.words.${issueKeyOf(message)}`, 'issues.other'])
    return field === '' ? words : `${field}${t('issues.colon')}${words}`
  }
}
