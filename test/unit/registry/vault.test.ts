// Owns the refusals of the vault: altered, moved or foreign values are never opened.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Secret } from '#base/secret.ts'
import { Vault } from '../../../backend/registry/index.ts'

describe('the vault', () => {
  const key = randomBytes(32)
  const vault = new Vault({ key, random: randomBytes })
  const sealed = vault.seal(new Secret('密码 Pw-7531'), 'camera-1')

  it('opens what it sealed, for the record it was sealed for', () => {
    assert.equal(vault.open(sealed, 'camera-1').reveal(), '密码 Pw-7531')
    assert.equal(new Vault({ key, random: randomBytes }).open(sealed, 'camera-1').reveal(), '密码 Pw-7531')
  })

  it('seals the same password differently each time, and shows nothing of it', () => {
    assert.notEqual(vault.seal(new Secret('密码 Pw-7531'), 'camera-1'), sealed)
    assert.ok(!Buffer.from(sealed, 'base64').toString('latin1').includes('7531'))
  })

  it('refuses a value that was moved to another record', () => {
    assert.throws(() => vault.open(sealed, 'camera-2'))
  })

  it('refuses a value with any byte altered', () => {
    const bytes = Buffer.from(sealed, 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes)
      altered[at] = (altered[at] ?? 0) ^ 1
      assert.throws(() => vault.open(altered.toString('base64'), 'camera-1'), `byte ${at}`)
    }
  })

  it('refuses a value cut short anywhere', () => {
    const bytes = Buffer.from(sealed, 'base64')
    for (let length = 0; length < bytes.length; length++) assert.throws(() => vault.open(bytes.subarray(0, length).toString('base64'), 'camera-1'), `${length} bytes`)
  })

  it('refuses a value of another key, without naming the password', () => {
    const other = new Vault({ key: randomBytes(32), random: randomBytes })
    assert.throws(() => other.open(sealed, 'camera-1'), (error) => !String(error).includes('7531'))
  })

  it('does not start with a key of another length', () => {
    for (const size of [0, 16, 31, 33]) assert.throws(() => new Vault({ key: Buffer.alloc(size), random: randomBytes }), /32 bytes/)
  })
})
