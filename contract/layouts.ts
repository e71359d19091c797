// Owns the wall as a user left it: grid size and which camera is in which tile.
import { z } from 'zod'
import { cameraIdSchema } from './ids.ts'
import { endpoint } from './wire.ts'

export const gridSizes = [1, 4, 6, 8, 9, 16, 25, 36] as const
export const gridSizeSchema = z.literal(gridSizes)
export type GridSize = z.infer<typeof gridSizeSchema>
export const wallSchema = z.strictObject({
  tiles: gridSizeSchema,
  cameraIds: z.array(cameraIdSchema.nullable()).max(36),
})
export type Wall = z.infer<typeof wallSchema>

export const getWall = endpoint({ method: 'get', path: '/api/wall', summary: 'The caller’s wall; cameras no longer in scope are left out', access: 'layout:own', result: wallSchema })
export const putWall = endpoint({ method: 'put', path: '/api/wall', summary: 'Remember the caller’s wall', access: 'layout:own', body: wallSchema, result: z.null() })
