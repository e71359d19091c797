// Owns proof that the operations page and the code list the same error codes with the same words, both ways.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { errorCodes } from '#contract/errors.ts'

describe('the table of error codes in docs/operations.md', () => {
  const section = /\n## Error codes\n([\s\S]*?)(?=\n## |$)/.exec(readFileSync('docs/operations.md', 'utf8'))?.[1] ?? ''
  const rows = [...section.matchAll(/^\| `([a-z_]+)` \| (.+?) \|$/gm)].map(([, code, sentence]) => [code, sentence])

  it('has every code of the contract once, with its sentence, and no other', () => {
    assert.deepEqual([...rows].sort(), Object.entries(errorCodes).sort())
  })
})
