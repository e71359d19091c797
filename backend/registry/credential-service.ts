// Owns making credential sets. The password goes in and never comes out of the API.
import { AppError } from '#base/app-error.ts'
import type { Clock } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Secret } from '#base/secret.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CredentialSet } from '#contract/discovery.ts'
import type { CredentialSetId } from '#contract/ids.ts'
import type { Actor, AuditTrail } from '../audit/index.ts'
import { isUniqueViolation, type Storage } from '../storage/index.ts'
import type { CredentialStore } from './credential-store.ts'
import type { Vault } from './vault.ts'

export interface CredentialServiceDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  trail: AuditTrail
  credentials: CredentialStore
  vault: Vault
}

export class CredentialService {
  readonly #deps: CredentialServiceDeps

  constructor(deps: CredentialServiceDeps) {
    this.#deps = deps
  }

  async list(): Promise<CredentialSet[]> {
    return (await this.#deps.credentials.list()).map(({ id, name, username }) => ({ id, name, username, hasPassword: true }))
  }

  /** @throws AppError already_exists */
  async create(actor: Actor, wanted: { name: string; username: string; password: Secret }): Promise<CredentialSet> {
    const { storage, clock, random, trail, credentials, vault } = this.#deps
    const id = newId<CredentialSetId>(clock.now(), random)
    try {
      await storage.transaction(async (tx) => {
        await credentials.add(tx, { id, name: wanted.name, username: wanted.username, sealed: vault.seal(wanted.password, id) })
        await trail.record(tx, actor, { action: 'credential-set.create', targetKind: 'credential-set', targetId: id, targetName: wanted.name, detail: { username: wanted.username } })
      })
    } catch (error) {
      throw isUniqueViolation(error) ? new AppError('conflict', 'already_exists', errorCodes.already_exists) : error
    }
    return { id, name: wanted.name, username: wanted.username, hasPassword: true }
  }
}
