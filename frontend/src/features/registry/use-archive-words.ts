// Owns the values of archive fields in words of the chosen language.
import { useI18n } from 'vue-i18n'
import { codeLists, fieldEntries, type ArchiveDraft, type ArchiveKey, type CodeList } from './archive-fields.ts'

export function useArchiveWords() {
  const { t, te } = useI18n()
  const labelOf = (key: ArchiveKey): string => t(`registry.fields.${key}`)
  const codeWord = (list: CodeList, code: number): string => (te(`registry.${list}.${code}`) ? t(`registry.${list}.${code}`) : String(code))
  const choicesOf = (list: CodeList): { value: number; label: string }[] =>
    Object.keys(codeLists[list]).map((code) => ({ value: Number(code), label: codeWord(list, Number(code)) }))

  /** What a field says; `''` when it is not filled in. */
  function valueText(key: ArchiveKey, archive: ArchiveDraft): string {
    const value = archive[key]
    const entry = fieldEntries[key]
    if (typeof value === 'boolean') return t(value ? 'registry.networkedYes' : 'registry.networkedNo')
    if (Array.isArray(value)) return entry.kind === 'codes' ? value.map((code) => codeWord(entry.list, code)).join(t('common.comma')) : ''
    if (typeof value === 'number') {
      if (entry.kind === 'code') return codeWord(entry.list, value)
      return entry.kind === 'number' && entry.decimals > 0 ? value.toFixed(entry.decimals) : String(value)
    }
    return value ?? ''
  }
  /** What the field should look like, for a value that is refused. */
  const hintOf = (key: ArchiveKey): string => {
    if (te(`registry.fieldHints.${key}`)) return t(`registry.fieldHints.${key}`)
    return t(fieldEntries[key].kind.startsWith('code') ? 'registry.fieldNotListed' : 'registry.fieldInvalid')
  }
  return { labelOf, codeWord, choicesOf, valueText, hintOf }
}
