// Owns credential sets: a login that several cameras share; the password sealed for the set's id.
import { z } from 'zod'
import { credentialSetIdSchema, type CredentialSetId } from '#contract/ids.ts'
import { column, type Migration, type Storage, type Table, type Tx } from '../storage/index.ts'

const columns = { id: column.id(), name: column.text(40), username: column.text(64), sealed: column.longText() }
export const credentialMigration: Migration = {
  name: '0031-registry-credential-sets',
  async up(schema) {
    await schema.createTable('credential_sets', columns)
    await schema.addIndex('credential_sets', ['name'], { unique: true })
  },
}
const rowSchema = z.object({ id: credentialSetIdSchema, name: z.string(), username: z.string(), sealed: z.string() })
export type SealedCredentialSet = z.infer<typeof rowSchema>

export class CredentialStore {
  readonly #table: Table

  constructor(storage: Storage) {
    this.#table = storage.table('credential_sets', columns)
  }

  async add(tx: Tx, set: SealedCredentialSet): Promise<void> {
    await this.#table.create({ ...set }, { transaction: tx })
  }

  async list(): Promise<SealedCredentialSet[]> {
    return z.array(rowSchema).parse(await this.#table.findAll({ order: [['name', 'ASC']], raw: true }))
  }

  async get(id: CredentialSetId): Promise<SealedCredentialSet | null> {
    const row = await this.#table.findOne({ where: { id }, raw: true })
    return row === null ? null : rowSchema.parse(row)
  }
}
