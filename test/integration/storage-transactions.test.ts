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

  it('lets what is called after its commit open transactions, more than one', async () => {
    const table = storage.table('marks', { id: column.id() })
    const put = (id: string) => storage.transaction((tx) => table.create({ id }, { transaction: tx }))
    const later: Promise<unknown>[] = []
    await storage.transaction(async (tx) => {
      await table.create({ id: 'b' }, { transaction: tx })
      storage.afterCommit(tx, () => later.push(put('c'), put('d')))
      await assert.rejects(put('e'), /inside a transaction/)
    })
    await Promise.all(later)
    assert.deepEqual((await storage.scan(`SELECT id FROM marks WHERE id > 'a' ORDER BY id`)).map(({ id }) => id), ['b', 'c', 'd'])
  })
})
