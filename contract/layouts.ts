// Owns the wall as a user left it, and named layouts: grid size and which camera is in which tile, or for a tour 轮巡 which
// cameras come in which order. A layout is its owner's; a shared one is seen by the owner's unit, and changed by the owner only.
import { z } from 'zod'
import { cameraIdSchema, layoutIdSchema, unitIdSchema } from './ids.ts'
import { endpoint, instantSchema, lineOfText } from './wire.ts'

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

export const tourCamerasMax = 200
export const tourDwell = { leastSeconds: 5, mostSeconds: 600 } as const
/** What makes a layout a tour: pages of `tiles` cameras each, changed after `dwellSeconds`. */
export const tourSchema = z.strictObject({
  dwellSeconds: z.number().int().min(tourDwell.leastSeconds).max(tourDwell.mostSeconds),
  /** All cameras of this unit and below it, as they are when the tour starts; null: those in `cameraIds`. */
  unitId: unitIdSchema.nullable(),
})
const layoutFields = z.strictObject({
  tiles: gridSizeSchema,
  /** A tour's have no gaps; of a tour over a unit there are none. */
  cameraIds: z.array(cameraIdSchema.nullable()).max(tourCamerasMax),
  name: lineOfText(40).min(1),
  shared: z.boolean(),
  /** Null: a still arrangement. */
  tour: tourSchema.nullable().default(null),
})
const layoutBody = layoutFields
  .refine(({ tour, cameraIds }) => tour !== null || cameraIds.length <= 36, { path: ['cameraIds'], message: 'a wall has 36 tiles' })
  .refine(({ tour, cameraIds }) => tour === null || (tour.unitId === null) === cameraIds.length > 0, { path: ['cameraIds'], message: 'a tour has cameras, or a unit' })
export type LayoutBody = z.output<typeof layoutBody>
export const layoutSchema = layoutFields.extend({ id: layoutIdSchema, mine: z.boolean(), ownerName: z.string(), savedAt: instantSchema })
export type Layout = z.infer<typeof layoutSchema>
/** Named layouts of one user. */
export const layoutsMax = 50

const layoutParams = z.strictObject({ layoutId: layoutIdSchema })
export const listLayouts = endpoint({ method: 'get', path: '/api/layouts', summary: 'The caller’s layouts and those shared in the caller’s unit; cameras out of scope are left out', access: 'layout:own', result: z.object({ items: z.array(layoutSchema) }) })
export const createLayout = endpoint({ method: 'post', path: '/api/layouts', summary: 'Save a layout under a name', access: 'layout:own', body: layoutBody, result: layoutSchema })
export const updateLayout = endpoint({ method: 'put', path: '/api/layouts/:layoutId', summary: 'Save a layout of one’s own again, under this name', access: 'layout:own', params: layoutParams, body: layoutBody, result: layoutSchema })
export const deleteLayout = endpoint({ method: 'delete', path: '/api/layouts/:layoutId', summary: 'Delete a layout of one’s own', access: 'layout:own', params: layoutParams, result: z.null() })
