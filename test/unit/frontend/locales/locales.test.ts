// Proves that both languages have the same keys and placeholders, and words for every code that the contract can send.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { cameraStatuses } from '#contract/cameras.ts'
import { caseStatuses, tagCategories } from '#contract/cases.ts'
import { errorCodes } from '#contract/errors.ts'
import { faultCodes } from '#contract/faults.ts'
import { roles } from '#contract/permissions.ts'
import { wallKeys } from '../../../../frontend/src/features/viewing/hotkeys.ts'

const folder = (language: string): URL => new URL(`../../../../frontend/src/locales/${language}/`, import.meta.url)

function wordsUnder(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), `${path} is neither text nor a group`)
  return Object.entries(value).flatMap(([key, inner]) => wordsUnder(inner, `${path}.${key}`))
}
function wordsOf(language: string): Map<string, string> {
  const files = readdirSync(folder(language)).filter((name) => name.endsWith('.json'))
  return new Map(
    files.flatMap((name) => {
      const topic: unknown = JSON.parse(readFileSync(new URL(name, folder(language)), 'utf8'))
      return wordsUnder(topic, name.replace('.json', ''))
    }),
  )
}
const [zh, en] = [wordsOf('zh-CN'), wordsOf('en')]
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').toSorted()

describe('the locales', () => {
  it('have the same keys in both languages', () => assert.deepEqual([...zh.keys()].toSorted(), [...en.keys()].toSorted()))
  it('fill in the same things in both languages', () => {
    for (const [key, text] of zh) assert.deepEqual(placeholders(en.get(key) ?? ''), placeholders(text), key)
  })
  const needed = [
    ...faultCodes.map((code) => `faults.${code}`),
    ...Object.keys(errorCodes).map((code) => `errors.${code}`),
    ...cameraStatuses.map((status) => `status.${status}`),
    ...roles.map((role) => `access.role.${role}`),
    ...tagCategories.map((category) => `cases.tagCategory.${category}`),
    ...caseStatuses.map((status) => `cases.caseStatus.${status}`),
    ...wallKeys.map((row) => row.wordKey),
  ]
  it('have words for every code of the contract', () => assert.deepEqual(needed.filter((key) => !zh.has(key)), []))
})
