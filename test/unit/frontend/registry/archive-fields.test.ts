// Owns proof of what an edit of the archive sends.
import assert from 'node:assert/strict'
import { changedKeys } from '../../../../frontend/src/features/registry/archive-fields.ts'
import { sampleArchive } from '../../registry/sample-camera.ts'

describe('an edited archive', () => {
  const before = sampleArchive(1)

  it('sends what differs and nothing else', () => {
    assert.deepEqual(changedKeys(before, before), [])
    assert.deepEqual(changedKeys(before, { ...before, name: '新名', functionTypes: [5, 1] }), ['name', 'functionTypes'])
  })

  it('can be saved as it is when the server could not read a field, so that what is shown replaces what is stored', () => {
    assert.deepEqual(changedKeys(before, before, ['name']), ['name'])
  })

  it('does not send a required field that is simply empty', () => {
    const empty = sampleArchive(1, { mac: '', longitude: null, departments: [] })
    assert.deepEqual(changedKeys(empty, empty, ['mac', 'longitude', 'departments']), [])
  })
})
