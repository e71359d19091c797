// Owns one signed-in person of every role, all of one unit, for tests that hold for each role.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import { roles, type Role } from '#contract/permissions.ts'
import { signIn, type Client, type TestServer } from './server.ts'

/** Everybody is of stationA; their names begin with `at_a_`. */
export async function clientOfEachRole(server: TestServer): Promise<Map<Role, Client>> {
  const { app } = server
  const [sample] = await app.users.inUnits([server.unitId('stationA')])
  assert.ok(sample)
  await app.storage.transaction(async (tx) => {
    for (const role of roles) await app.userService.addBySystem(tx, { ...sample, id: newId(Date.now()), username: `at_a_${role}`, policeNumber: '', roles: [role] })
  })
  const clients = new Map<Role, Client>()
  for (const role of roles) clients.set(role, await signIn(server.origin, `at_a_${role}`))
  return clients
}
