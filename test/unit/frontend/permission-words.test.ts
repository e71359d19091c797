// Owns proof that the table of rights has a word for every permission, in both languages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { permissions } from '#contract/permissions.ts'

describe('the words of the table of rights', () => {
  for (const language of ['zh-CN', 'en']) {
    it(`name every permission in ${language}, and nothing else`, () => {
      const words: unknown = JSON.parse(readFileSync(`frontend/src/locales/${language}/permissions.json`, 'utf8'))
      assert.ok(typeof words === 'object' && words !== null)
      assert.deepEqual(Object.keys(words).sort(), permissions.map((permission) => permission.replace(':', '-')).sort())
    })
  }
})
