// Proof that what the server finds wrong with a field has words in both languages, read from what it really says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AddressPolicy } from '#base/address-policy.ts'
import { archiveSchema } from '#contract/archive.ts'
import { createCase } from '#contract/cases.ts'
import { planScan } from '../../../../backend/onvif/scan-range.ts'
import { fieldOf, issueKeyOf } from '../../../../frontend/src/ui/issue-text.ts'

const wordsSchema = z.object({ fields: z.record(z.string(), z.string()), words: z.record(z.string(), z.string()) })
const words = ['zh-CN', 'en'].map((language) => wordsSchema.parse(JSON.parse(readFileSync(`frontend/src/locales/${language}/issues.json`, 'utf8'))))
const told = (message: string): void => words.forEach((table) => assert.ok(table.words[issueKeyOf(message)], `no words for “${message}”`))

describe('words for a refused field', () => {
  it('names the field by the last part of its path that is no number', () => {
    assert.equal(fieldOf('body.caseNumber'), 'caseNumber')
    assert.equal(fieldOf('ranges.0'), 'ranges')
    assert.equal(fieldOf(''), '')
  })

  it('exist for every refusal of a scan', () => {
    const policy = new AddressPolicy(['10.0.0.0/8'])
    for (const [ranges, ports] of [[['8.8.8.0/24'], ['80']], [['rubbish'], ['80']], [['10.0.0.1'], ['x']], [['10.0.0.1'], []], [['10.0.0.0/9'], ['80']]] satisfies [string[], string[]][]) {
      const plan = planScan(ranges, ports, policy)
      assert.ok(plan.kind === 'refused', ranges.join())
      for (const { path, message } of plan.issues) {
        told(message)
        for (const table of words) assert.ok(table.fields[fieldOf(path)], path)
      }
    }
  })

  it('exist for every refusal of an archive and of a case', () => {
    const archive = archiveSchema.safeParse({ gbCode: '1', name: 'a\u0007b', mac: 'x', recordDays: 3, vendor: 5000, longitude: 999, address: 'x'.repeat(500), other: 1 })
    const found = createCase.body.safeParse({ caseNumber: '?', title: '', category: '999999', extra: true })
    assert.ok(!archive.success && !found.success)
    const issues = [...archive.error.issues, ...found.error.issues]
    assert.ok(issues.length > 10)
    for (const { message } of issues) told(message)
  })
})
