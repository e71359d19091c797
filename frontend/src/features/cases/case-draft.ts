// Owns a case while it is being entered: blank, from a case, what is still wrong, and as the server takes it.
// Refuses: which 案件编号 is accepted; provinces differ, so the server's configured forms decide.
import type { CaseView } from '#contract/cases.ts'
import { instantOfBeijing, pickerText } from '../../ui/beijing-input.ts'

export interface CaseDraft {
  caseNumber: string
  incidentNumber: string
  title: string
  category: string
  place: string
  summary: string
  /** 北京时间 as the picker has it; `''` when not known. */
  occurredFrom: string
  occurredTo: string
}

export const blankDraft = (): CaseDraft => ({ caseNumber: '', incidentNumber: '', title: '', category: '', place: '', summary: '', occurredFrom: '', occurredTo: '' })

export const draftOf = (one: CaseView): CaseDraft => ({
  caseNumber: one.caseNumber ?? '',
  incidentNumber: one.incidentNumber ?? '',
  title: one.title,
  category: one.category,
  place: one.place,
  summary: one.summary,
  occurredFrom: pickerText(one.occurredFrom),
  occurredTo: pickerText(one.occurredTo),
})

/** The fields as the contract takes them. */
export function fieldsOf(draft: CaseDraft) {
  const caseNumber = draft.caseNumber.trim().toUpperCase()
  const incidentNumber = draft.incidentNumber.trim()
  return {
    caseNumber: caseNumber === '' ? null : caseNumber,
    incidentNumber: incidentNumber === '' ? null : incidentNumber,
    title: draft.title,
    category: draft.category,
    place: draft.place,
    summary: draft.summary,
    occurredFrom: instantOfBeijing(draft.occurredFrom) ?? null,
    occurredTo: instantOfBeijing(draft.occurredTo) ?? null,
  }
}

/** Ready to be sent: a title, a category, one of the two numbers. */
export const isComplete = (draft: CaseDraft): boolean =>
  draft.title.trim() !== '' && draft.category !== '' && (draft.caseNumber.trim() !== '' || draft.incidentNumber.trim() !== '')
