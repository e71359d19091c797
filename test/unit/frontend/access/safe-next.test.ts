// Proves that sign-in only ever leads to a page of this console.
import assert from 'node:assert/strict'
import { safeNext } from '../../../../frontend/src/features/access/safe-next.ts'

describe('where sign-in leads', () => {
  it('is the page that was asked for', () => assert.equal(safeNext('/cameras/x?tab=1'), '/cameras/x?tab=1'))
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/sign-in?next=/', ['/a', '/b'], undefined]) {
    it(`is the start for ${JSON.stringify(next)}`, () => assert.equal(safeNext(next), '/'))
  }
})
