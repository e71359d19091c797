// Owns making 国标编码 for adopted cameras: 中心编码 8 + 行业 00 + 类型 132 (IPC) + 网络标识 0 + 序号 6 (GB/T 28181 rule A).
// Refuses: a number that is in use.
import type { Tx } from '../storage/index.ts'
import type { CameraStore } from './camera-store.ts'

export class GbCodes {
  readonly #cameras: CameraStore

  constructor(deps: { cameras: CameraStore }) {
    this.#cameras = deps.cameras
  }

  /** The next free code under the first eight digits of a unit's code. */
  async next(tx: Tx, unitCode: string): Promise<string> {
    const centre = unitCode.replace(/\D/g, '').padEnd(8, '0').slice(0, 8)
    const prefix = `${centre}001320`
    const highest = await this.#cameras.highestGbCode(tx, prefix)
    const serial = highest === null ? 1 : Number(highest.slice(14)) + 1
    return `${prefix}${String(serial).padStart(6, '0')}`
  }
}
