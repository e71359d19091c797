// Owns test/fixtures/access-matrix.json: every route and socket event × every role, generated from the contract.
// `--check` compares with the file, so that a change of rights shows in review.
import { readFileSync, writeFileSync } from 'node:fs'
import { api } from '#contract/api.ts'
import { clientEvents, serverEvents } from '#contract/events.ts'
import { rolePermissions, roles } from '#contract/permissions.ts'

const path = 'test/fixtures/access-matrix.json'

const row = (permission: string) =>
  Object.fromEntries(
    roles.map((role) => [role, permission === 'public' || permission === 'signed-in' || rolePermissions[role].some((granted) => granted === permission)]),
  )
const matrix = {
  routes: Object.fromEntries(
    Object.values(api)
      .map(({ method, path: route, access }) => {
        const needs = access.kind === 'permission' || access.kind === 'ticket' ? access.permission : access.kind
        return [`${method.toUpperCase()} ${route}`, { needs, ...row(needs) }] as const
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  events: Object.fromEntries(
    [...Object.entries(serverEvents), ...Object.entries(clientEvents)].map(([name, { permission }]) => [name, { needs: permission, ...row(permission) }]),
  ),
}
const text = `${JSON.stringify(matrix, null, 1).replace(/\n {3}"/g, ' "').replace(/\n {2}\}/g, ' }')}\n`
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.log(`${path} is not what the contract says; run: node --import tsx scripts/access-matrix.ts`)
    process.exitCode = 1
  }
} else {
  writeFileSync(path, text)
}
