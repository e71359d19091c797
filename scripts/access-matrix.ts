// Owns test/fixtures/access-matrix.json: every route and socket event × every role, generated from the contract.
// `--check` compares with the file, so that a change of rights shows in review.
import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { clientEvents, serverEvents } from '#contract/events.ts'
import { rolePermissions, roles } from '#contract/permissions.ts'
import type { Endpoint } from '#contract/wire.ts'

const path = 'test/fixtures/access-matrix.json'

/**
 * What one role meets: `-` refused (403) · `yes` reached, lists cut to the scope in the store · `own` reached for what
 * is of the own unit and below; of another unit and of the parent unit it is as if it were not there (404).
 */
const row = (permission: string, target: string) =>
  Object.fromEntries(
    roles.map((role) => {
      const granted = permission === 'public' || permission === 'signed-in' || rolePermissions[role].some((one) => one === permission)
      return [role, !granted ? '-' : target === '' ? 'yes' : 'own']
    }),
  )
/** Whose scope decides: the thing that the address or the body names. */
const targets = { cameraId: 'camera', cameraIds: 'camera', userId: 'user', unitId: 'unit', parentId: 'unit' } as const
function targetOf({ params, body, access }: Endpoint): string {
  return access.kind === 'public' ? '' : targetIn([params, body])
}
function targetIn(schemas: readonly z.ZodType[]): string {
  const names = schemas.flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []))
  return Object.entries(targets).find(([name]) => names.includes(name))?.[1] ?? ''
}
const matrix = {
  routes: Object.fromEntries(
    Object.values(api)
      .map((endpoint: Endpoint) => {
        const { method, path: route, access } = endpoint
        const needs = access.kind === 'permission' || access.kind === 'ticket' ? access.permission : access.kind
        const target = targetOf(endpoint)
        return [`${method.toUpperCase()} ${route}`, { needs, ...(target === '' ? {} : { target }), ...row(needs, target) }] as const
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  /** Server to console: `own` hears of the own unit and below. Console to server: as for a route. */
  events: Object.fromEntries([
    ...Object.entries(serverEvents).map(([name, { permission }]) => [name, { needs: permission, ...row(permission, permission === 'signed-in' ? '' : 'unit') }] as const),
    ...Object.entries(clientEvents).map(([name, { permission, payload }]) => [name, { needs: permission, ...row(permission, targetIn([payload])) }] as const),
  ]),
  /** What a console asks of the media socket. */
  media: { subscribe: { needs: 'camera:live', target: 'camera', ...row('camera:live', 'camera') } },
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
