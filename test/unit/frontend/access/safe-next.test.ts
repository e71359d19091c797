// Proves that sign-in only ever leads to a page of this console.
import assert from 'node:assert/strict'
import { safeNext } from '../../../../frontend/src/features/access/safe-next.ts'

describe('where sign-in leads', () => {
  it('is the page that was asked for', () => assert.equal(safeNext('/cameras/x?tab=1'), '/cameras/x?tab=1'))
  it('may be a path with anything behind its question mark', () => assert.equal(safeNext('/cameras?q=//x&next=https://y'), '/cameras?q=//x&next=https://y'))
  for (const next of [
    '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/\t/evil.example', '/\n/evil.example', '/\r\n//evil.example', '/\t\\evil.example', '\t//evil.example', ' //evil.example', 'https://evil.example', 'https:evil.example', 'https:/evil.example',
    'javascript:alert(1)', 'data:text/html,x', 'evil.example', '', '.', '/./\\evil.example', '/sign-in?next=/', ['/a', '/b'], ['//evil.example'], { toString: () => '//evil.example' }, null, undefined,
  ]) {
    it(`is the start for ${JSON.stringify(next)}`, () => assert.equal(safeNext(next), '/'))
  }
})
