// The tree and the lists in a real browser: they agree, they find, and they end where the caller's scope ends.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import type { CameraSummary } from '#contract/cameras.ts'
import { openPage, pageWhen, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'

/** Names of the cameras that the open tree shows, in its order. */
const shownNames = `[...document.querySelectorAll('.tree .row.camera .name')].map((name) => name.textContent)`

describe('the camera tree in a browser', function () {
  this.timeout(40_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let client: Client
  let watched: WatchedPage
  let page: Page

  const camerasOf = async (query: string): Promise<{ items: CameraSummary[]; total: number }> => (await client.get(`/api/cameras?pageSize=200${query}`)).as(api.listCameras.result)
  const treeShows = async (names: readonly string[]): Promise<void> => {
    const wanted = JSON.stringify(names.toSorted())
    await pageWhen(page, `JSON.stringify(${shownNames}.sort()) === ${JSON.stringify(wanted)}`, 10_000).catch(async () => {
      assert.deepEqual((await read(page, shownNames, z.array(z.string()))).toSorted(), names.toSorted())
    })
  }
  const searchBox = () => page.getByPlaceholder('名称').or(page.locator('.tree .filters input').first()).first()

  before(async function () {
    this.timeout(180_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationA', 'roomA', 'stationB'])
    client = await stage.server.signIn('operatorA')
    await when('every camera has its status', 60_000, async () => (await camerasOf('&status=unknown')).total === 0)
    watched = await openPage(stage.browser, stage.server.origin)
    page = watched.page
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await page.locator('.tree .row.unit').first().waitFor()
  })
  after(() => stage?.close())

  it('counts what the lists count: of each unit, and in all', async () => {
    const { items: units } = (await client.get('/api/units')).as(api.listUnits.result)
    assert.deepEqual(units.map(({ name }) => name).toSorted(), ['roomA', 'stationA'])
    for (const unit of units) {
      const [all, online] = [await camerasOf(`&unitId=${unit.id}`), await camerasOf(`&unitId=${unit.id}&status=online`)]
      assert.equal(unit.cameras.total, all.total)
      assert.equal(unit.cameras.online, online.total)
      await pageWhen(page, `[...document.querySelectorAll('.tree .row.unit')].some((row) => row.textContent.replace(/\\s/g, '') === ${JSON.stringify(`${unit.name}(${online.total}/${all.total})`)})`, 10_000)
    }
    const { total } = await camerasOf('')
    assert.equal(total, 5, '3 dead and 2 simulated cameras')
    const { page: listPage } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(listPage, 'operatorA')
    await listPage.goto('/cameras')
    await listPage.getByText(`共 ${total} 条`).first().waitFor()
    assert.equal(await listPage.locator('.el-table__body a[href^="/cameras/"]').count(), total)
    await listPage.context().close()
  })

  it('stays open as it is when a camera is renamed, and shows the new name', async () => {
    const chief = await stage.server.signIn('chiefA')
    const id = stage.server.cameraId('roomA')
    const { name, version } = (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result)
    await page.locator('.tree .row.camera', { hasText: name }).waitFor()
    const shown = (await read(page, shownNames, z.array(z.string()))).map((one) => (one === name ? '改了名的摄像机' : one))
    assert.equal((await chief.request('PATCH', `/api/cameras/${id}`, { version, archive: { name: '改了名的摄像机' } })).status, 200)
    await treeShows(shown)
    assert.equal((await chief.request('PATCH', `/api/cameras/${id}`, { version: version + 1, archive: { name } })).status, 200)
    await page.locator('.tree .row.camera', { hasText: name }).waitFor()
  })

  it('finds a camera by the pinyin initials of its name', async () => {
    const { items } = await camerasOf('')
    const wanted = items[0]
    assert.ok(wanted !== undefined && wanted.initials.length > 3)
    await searchBox().fill(wanted.initials.toUpperCase())
    await treeShows(items.filter(({ initials }) => initials.includes(wanted.initials)).map(({ name }) => name))
    await searchBox().fill('zzqq')
    await treeShows([])
    await searchBox().fill('')
  })

  it('shows exactly the cameras of a status', async () => {
    for (const [status, word] of [['online', '在线'], ['offline', '离线']] as const) {
      const { items } = await camerasOf(`&status=${status}`)
      assert.ok(items.length > 0, `there is a camera that is ${status}`)
      await page.locator('.tree .filters .el-select').click()
      await page.locator('.el-select-dropdown:visible .el-select-dropdown__item', { hasText: word }).first().click()
      await treeShows(items.map(({ name }) => name))
    }
    assert.deepEqual(watched.complaints, [])
  })

  it('shows nothing of another station: not in the tree, not by a link', async () => {
    const own = (await (await stage.server.signIn('operatorB')).get('/api/cameras?pageSize=200')).as(api.listCameras.result).items
    const foreign = (await camerasOf('')).items
    const { page: other } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(other, 'operatorB')
    await other.goto('/wall')
    await other.locator('.tree .row.unit', { hasText: 'stationB' }).waitFor()
    const words = await read(other, `document.querySelector('.tree').textContent`, z.string())
    assert.ok(!words.includes('stationA') && !words.includes('roomA'))
    await other.locator('.tree .filters input').first().fill(foreign[0]?.initials ?? '')
    await pageWhen(other, `!document.querySelector('.tree').textContent.includes(${JSON.stringify(foreign[0]?.name)})`, 5_000)
    const names = await read(other, shownNames, z.array(z.string()))
    assert.ok(names.every((name) => own.some((camera) => camera.name === name)))
    for (const { id, name } of foreign.slice(0, 2)) {
      await other.goto(`/cameras/${id}`)
      await other.getByText('内容不存在，或不在您的管辖范围内。').waitFor()
      assert.ok(!(await other.locator('body').innerText()).includes(name))
    }
    await other.goto(`/cameras/${own[0]?.id}`)
    await other.getByText(own[0]?.name ?? '').first().waitFor()
    await other.context().close()
  })
})
