// Owns what is dragged over the wall: a camera or a unit from the tree, or a tile. Carried by the browser's own data transfer.
import { cameraIdSchema, unitIdSchema, type CameraId, type UnitId } from '#contract/ids.ts'

export type Goods = { kind: 'camera'; cameraId: CameraId } | { kind: 'unit'; unitId: UnitId } | { kind: 'tile'; position: number }
const typeOf = { camera: 'application/x-tianwang-camera', unit: 'application/x-tianwang-unit', tile: 'application/x-tianwang-tile' } as const

export function carry(transfer: DataTransfer, goods: Goods): void {
  transfer.effectAllowed = 'copyMove'
  transfer.setData(typeOf[goods.kind], goods.kind === 'camera' ? goods.cameraId : goods.kind === 'unit' ? goods.unitId : String(goods.position))
}

/** Whether a drag over us brings something of ours; the contents can be read at the drop only. */
export const isOurs = (transfer: DataTransfer | null): boolean => transfer !== null && Object.values(typeOf).some((type) => transfer.types.includes(type))

export function received(transfer: DataTransfer): Goods | undefined {
  const camera = cameraIdSchema.safeParse(transfer.getData(typeOf.camera))
  if (camera.success) return { kind: 'camera', cameraId: camera.data }
  const unit = unitIdSchema.safeParse(transfer.getData(typeOf.unit))
  if (unit.success) return { kind: 'unit', unitId: unit.data }
  const position = transfer.getData(typeOf.tile)
  return /^\d{1,2}$/.test(position) ? { kind: 'tile', position: Number(position) } : undefined
}
