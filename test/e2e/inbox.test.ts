// The inbox in a real browser, against simulated cameras that nobody has registered: search, log in, assign, test, adopt.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { startFleet, type Fleet } from '../fleet/index.ts'
import { openPage, read, signInByHand, when, type WatchedPage } from '../support/browser.ts'
import type { Client } from '../support/server.ts'
import { DEAD_CAMERAS, lacking, openStage, type Stage } from './stage.ts'

const shared = 'inbox-canary-5512'

describe('the inbox in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: true })
  let stage: Stage
  let fleet: Fleet
  let client: Client
  let watched: WatchedPage
  let page: Page

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
    fleet = await startFleet({ cameras: 6, basePort: 0, dataDir: join(tmpdir(), 'tianwang-test-fleet'), discoveryPort: null, passwords: [shared, shared, shared, shared, shared, 'another'] })
    client = await stage.server.signIn('supervisor')
    watched = await openPage(stage.browser, stage.server.origin)
    page = watched.page
    await signInByHand(page, 'supervisor')
    await page.goto('/discovery')
  })
  after(async () => {
    await fleet?.close()
    await stage?.close()
  })

  const findings = async () => (await client.get('/api/discovery/findings?pageSize=100')).as(api.listFindings.result).items
  const dialog = () => page.locator('.el-dialog:visible')
  const choose = async (select: ReturnType<Page['locator']>, text: string) => {
    await select.click()
    await page.locator('.el-select-dropdown:visible, .el-tree-select__popper:visible').getByText(text, { exact: false }).first().click()
  }
  const stateWords = () => read(page, `[...document.querySelectorAll('.steps > span')].map((word) => word.textContent)`, z.array(z.string()))
  /** Rows follow the run by themselves; nobody reloads. */
  const rowsSay = async (words: Record<string, number>) =>
    when(`rows say ${JSON.stringify(words)}`, 20_000, async () => {
      const shown = await stateWords()
      return Object.entries(words).every(([word, count]) => shown.filter((one) => one === word).length === count)
    }).catch(async (error: unknown) => assert.fail(`${String(error)}; they say ${(await stateWords()).join(' ')}`))

  it('keeps a login that several cameras share', async () => {
    await page.getByRole('button', { name: '新建凭据组' }).click()
    const [name, username, password] = [0, 1, 2].map((at) => dialog().locator('input').nth(at))
    await name?.fill('共用口令')
    await username?.fill(fleet.cameras[0]?.username ?? '')
    await password?.fill(shared)
    await dialog().getByRole('button', { name: '保存' }).click()
    await dialog().waitFor({ state: 'hidden' })
    assert.equal((await client.get('/api/credential-sets')).as(api.listCredentialSets.result).items.length, 1)
  })

  it('finds the cameras of a range, and who they are, while one looks on', async () => {
    await page.getByRole('button', { name: '开始发现' }).click()
    await dialog().getByText('组播发现').click()
    await dialog().locator('textarea').fill('127.0.0.1')
    await dialog().locator('input:not([type="checkbox"])').first().fill(fleet.cameras.map(({ onvifPort }) => onvifPort).join(','))
    await choose(dialog().locator('.el-select'), '共用口令')
    await page.keyboard.press('Escape').catch(() => undefined)
    if (!(await dialog().isVisible())) assert.fail('Escape closed the dialog')
    await dialog().getByRole('button', { name: '开始发现' }).click()
    await dialog().waitFor({ state: 'hidden' })
    await rowsSay({ 已识别: 5, 已发现: 1 })
    await page.getByText('上次完成').waitFor({ timeout: 20_000 })
    const all = await findings()
    assert.equal(all.filter(({ serial, fault }) => serial !== '' && fault === null).length, 5)
    assert.equal(all.find(({ onvifPort }) => onvifPort === fleet.cameras[5]?.onvifPort)?.fault, 'onvif_refused')
  })

  it('assigns all of them to a station and says which pass the test', async () => {
    await page.locator('.el-table__header .el-checkbox').click()
    await page.getByText('已选 6 台').waitFor()
    await page.getByRole('button', { name: '分配单位' }).click()
    await choose(dialog().locator('.el-select').first(), 'stationA')
    await choose(dialog().locator('.el-select').nth(1), '共用口令')
    await dialog().locator('input').last().fill('东区{n}号')
    await dialog().getByRole('button', { name: '分配并测试' }).click()
    await page.getByText('已分配 6 台，其中 5 台测试通过').waitFor({ timeout: 20_000 })
    await rowsSay({ 已测试: 5, 已分配: 1 })
  })

  it('adopts those that passed and names the one that did not', async () => {
    await page.locator('.el-table__header .el-checkbox').click()
    await page.getByText('已选 6 台').waitFor()
    await page.getByRole('button', { name: '纳管', exact: true }).click()
    await page.locator('.el-message-box').getByRole('button', { name: '确定' }).click()
    await dialog().getByText('未通过测试，未纳管').waitFor({ timeout: 20_000 })
    assert.equal(await dialog().getByText('已纳管', { exact: true }).count(), 5)
    await dialog().getByRole('button', { name: '关闭' }).last().click()
    await rowsSay({ 已纳管: 5, 已分配: 1 })
  })

  it('has the new cameras in the list, with their first archive', async () => {
    await page.goto('/cameras')
    await page.getByText(`共 ${DEAD_CAMERAS + 5} 条`).first().waitFor()
    await page.getByRole('link', { name: /^东区\d号$/ }).first().click()
    await page.getByText('stationA').first().waitFor()
    const { items } = (await client.get('/api/cameras?pageSize=100')).as(api.listCameras.result)
    const added = items.filter(({ name }) => name.startsWith('东区'))
    assert.equal(added.length, 5)
    assert.ok(added.every(({ unitId }) => unitId === stage.server.unitId('stationA')))
    assert.deepEqual(watched.complaints, [])
    assert.ok(!(await page.content()).includes(shared))
  })

  it('refuses the inbox to who may not adopt, and does not offer it', async () => {
    const operator = await stage.server.signIn('operatorA')
    assert.equal((await operator.get('/api/discovery/findings')).status, 403)
    const { page: other } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(other, 'operatorA')
    assert.equal(await other.getByText('设备发现').count(), 0)
    await other.context().close()
  })
})
