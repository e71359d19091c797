// Owns how the details of an audit entry read to a person: times as 北京时间, codes by the words that their own pages use.
// Refuses: leaving anything out but what says nothing; what it does not know is shown as it was recorded.
import { beijingTime } from '../../ui/instants.ts'

/** Where the words of a detail's codes are, by the detail's name. */
const wordsOf: Readonly<Record<string, string>> = {
  stream: 'wall.stream', act: 'register.acts', purpose: 'register.purposes', rule: 'oversight.rules', conclusion: 'oversight.conclusions', roles: 'access.role',
  status: 'status', fault: 'faults', changed: 'registry.fields', outcome: 'audit.outcomes', action: 'audit.actions', actions: 'grants.action',
}
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
/** Milliseconds since 1970 and no span of time: from the year 2001 on. */
const FIRST_INSTANT_MS = 1e12
const MINUTE_MS = 60_000

export interface DetailWords {
  /** The words under a key of the locale; undefined when there are none. */
  word: (key: string) => string | undefined
  unitName: (id: string) => string | undefined
}

/** @returns `''` when there is nothing to show */
export function detailText(name: string, value: unknown, words: DetailWords): string {
  if (value === null || value === undefined || value === '') return ''
  if (typeof value === 'boolean') return words.word(value ? 'common.yes' : 'common.no') ?? String(value)
  if (typeof value === 'number') {
    if (!name.endsWith('Ms')) return String(value)
    return value >= FIRST_INSTANT_MS ? beijingTime(value) : (value / MINUTE_MS).toFixed(1).replace(/\.0$/, '')
  }
  if (typeof value === 'string') {
    if (instant.test(value)) return beijingTime(value)
    const list = wordsOf[name]
    return (list === undefined ? undefined : words.word(`${list}.${value}`)) ?? (/^unitIds?$/.test(name) ? words.unitName(value) : undefined) ?? value
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) return value.map((item) => detailText(name, item, words)).join('、')
  return JSON.stringify(value)
}
