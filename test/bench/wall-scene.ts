// Owns what benches of the console stand on: a server, simulated cameras that need no transcoding, a wall of so many tiles,
// a signed-in page that counts frames and reads frame marks.
// Refuses: measuring anything itself.
import type { Page } from 'playwright-core'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { lacking, openStage, type Stage } from '../e2e/stage.ts'
import { tileWatchScript } from '../e2e/tile-watch.ts'
import { openPage, signInByHand, when } from '../support/browser.ts'
import type { Client, TestServerOptions } from '../support/server.ts'
import { copiedSubs } from './fleet-process.ts'
import { markWatchScript, readMark, type SeenMark } from './mark-watch.ts'

/** A frame that a tile shows, and when the camera sent it. */
export interface SeenFrame {
  mark: NonNullable<SeenMark>
  /** From the camera's sending to the screen; the cameras and the browser are on one clock. */
  delayMs: number
}

export class WallScene {
  readonly stage: Stage
  readonly client: Client
  readonly page: Page
  readonly complaints: readonly string[]
  /** Numbers of the cameras that can be shown, in order. */
  readonly shown: readonly number[]

  private constructor(stage: Stage, client: Client, page: Page, complaints: readonly string[], shown: readonly number[]) {
    this.stage = stage
    this.client = client
    this.page = page
    this.complaints = complaints
    this.shown = shown
  }

  /** @param most tiles that a wall of this scene may have @throws Error when the machine lacks a part */
  static async open(most: number, config: TestServerOptions['config'] = {}): Promise<WallScene> {
    const lack = lacking({ cameras: true })
    if (lack !== null) throw new Error(`this bench ${lack}`)
    const shown = copiedSubs(most).map(({ index }) => index)
    const stage = await openStage(Array.from({ length: Math.max(...shown) }, () => 'stationA' as const), { config })
    try {
      const client = await stage.server.signIn('operatorA')
      await when('every camera of the wall is online', 240_000, async () => {
        const { items } = (await client.get('/api/cameras?status=online&pageSize=200')).as(api.listCameras.result)
        return shown.every((index) => items.some(({ id }) => id === stage.cameraIds.get(index)))
      })
      const { page, complaints } = await openPage(stage.browser, stage.server.origin, { width: 1920, height: 1080, init: `${tileWatchScript};${markWatchScript}` })
      await signInByHand(page, 'operatorA')
      return new WallScene(stage, client, page, complaints, shown)
    } catch (error) {
      await stage.close()
      throw error
    }
  }

  idOf(position: number): CameraId | undefined {
    return this.stage.cameraIds.get(this.shown[position] ?? 0)
  }

  /** The wall that the console opens from now on; a page that is open keeps its own. */
  async arrange(tiles: number): Promise<void> {
    const { status, text } = await this.client.request('PUT', '/api/wall', { tiles, cameraIds: this.shown.slice(0, tiles).map((_, position) => this.idOf(position)) })
    if (status >= 400) throw new Error(`no wall of ${tiles}: ${text}`)
  }

  /** Null = no picture, no legible mark, or a frame that is older than the fleet remembers. */
  async frameOf(position: number): Promise<SeenFrame | null> {
    const mark = await readMark(this.page, position)
    if (mark === null) return null
    const sentMs = this.stage.fleet().markTime(this.shown[position] ?? 0, mark.widthPx > SUB_WIDTH ? 'main' : 'sub', mark.index, mark.atMs)
    return sentMs === null ? null : { mark, delayMs: mark.atMs - sentMs }
  }

  close(): Promise<void> {
    return this.stage.close()
  }
}

const SUB_WIDTH = 640
