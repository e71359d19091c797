// Owns how strong the viewer's watermark is drawn over every picture of the system and burnt into snapshots.
// Refuses: off. Who watches is named in every picture; only the security administrator changes how plainly.
import { z } from 'zod'
import { endpoint, instantSchema } from './wire.ts'

/** Opacity in per cent: at the least a photograph of the screen still shows it, at the most the picture is still seen. */
export const watermarkPercent = { least: 15, most: 50, usual: 24 } as const
export const opacityPercentSchema = z.number().int().min(watermarkPercent.least).max(watermarkPercent.most)

const watermarkSchema = z.object({
  opacityPercent: opacityPercentSchema,
  /** Null: never changed since the installation. */
  changedAt: instantSchema.nullable(),
  changedBy: z.string().nullable(),
})
export type Watermark = z.infer<typeof watermarkSchema>

export const getWatermark = endpoint({ method: 'get', path: '/api/watermark', summary: 'How strong the viewer’s watermark is drawn', access: 'signed-in', result: watermarkSchema })
export const putWatermark = endpoint({
  method: 'put',
  path: '/api/watermark',
  summary: 'Change how strong the viewer’s watermark is drawn, for everybody and at once; it cannot be switched off',
  access: 'watermark:edit',
  body: z.strictObject({ opacityPercent: opacityPercentSchema }),
  result: watermarkSchema,
})
