// Owns proof of what a transaction leaves behind for those that come after it.
import assert from 'node:assert/strict'
import { column, type Migration, type Storage } from '../../backend/storage/index.ts'
import { eachDatabase } from '../support/databases.ts'

const marks: Migration = { name: '0900-test-marks', up: (schema) => schema.createTable('marks', { id: column.id() }) }

eachDatabase('a transaction', (make) => {
  const database = make()
  let storage: Storage
  before(async () => {
    storage = await database.open([marks])
  })
  after(() => database.drop())

  it('that was rolled back does not close the connection under the one that got it next', async function () {
    this.timeout(20_000)
    const table = storage.table('marks', { id: column.id() })
    await assert.rejects(storage.transaction(() => Promise.reject(new Error('changed my mind'))), /changed my mind/)
    await storage.transaction(async (tx) => {
      // Longer than a rollback is waited for, and on the same connection: the pool gives out the one that came back last.
      if (storage.dialect === 'mysql') await storage.sequelize.query('SELECT SLEEP(0.8)', { transaction: tx })
      await table.create({ id: 'a' }, { transaction: tx })
    })
    assert.equal(await table.count(), 1)
  })
})
