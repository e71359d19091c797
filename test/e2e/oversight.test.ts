// The report on watching in a browser: a supervisor asks, the person explains, the supervisor answers, another one closes.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { openPage, signInByHand } from '../support/browser.ts'
import type { TestUser } from '../support/server.ts'
import { beyond, record } from '../integration/oversight-scene.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('the report on watching in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: false })
  let stage: Stage

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
    await record(stage.server, 'operatorA', [beyond(9, '二号街路口'), beyond(9.2, '二号街路口')])
    await stage.server.app.oversight.watch.look()
  })
  after(() => stage?.close())

  const visit = async (user: TestUser, path: string, act: (page: Page) => Promise<void>) => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, user)
    await page.goto(path)
    await act(page)
    assert.deepEqual(complaints, [])
    await page.context().close()
  }
  const open = (page: Page) => page.getByRole('button', { name: '查看', exact: true }).click()
  const badge = (page: Page) => page.locator('.tabs .count')

  it('goes from a number in the menu to an answer, each by who it is up to', async () => {
    await visit('chiefA', '/oversight', async (page) => {
      await badge(page).getByText('1', { exact: true }).waitFor()
      await open(page)
      await page.getByText('无案件、警情编号查看辖区外视频 2 次').last().waitFor()
      const rows = page.locator('.el-drawer .el-table__row', { hasText: '二号街路口' })
      await rows.nth(1).waitFor()
      assert.equal(await rows.count(), 2)
      assert.equal(await page.getByRole('button', { name: '提交答复' }).isDisabled(), true, 'an answer needs words')
      await page.getByRole('button', { name: '要求本人说明' }).click()
      await page.locator('.el-drawer__header').getByText('待本人说明').waitFor()
      await badge(page).waitFor({ state: 'detached' })
    })
    await visit('operatorA', '/oversight/own', async (page) => {
      await page.locator('.who .count').getByText('1', { exact: true }).waitFor()
      await open(page)
      await page.locator('.el-drawer textarea').fill('协助二所查找走失老人')
      await page.getByRole('button', { name: '提交说明' }).click()
      await page.getByText('当前无需处理').waitFor()
      await page.locator('.who .count').waitFor({ state: 'detached' })
    })
    await visit('chiefA', '/oversight', async (page) => {
      await open(page)
      await page.locator('.el-drawer').getByText('协助二所查找走失老人').waitFor()
      await page.locator('.el-drawer textarea').fill('与二所核实无误')
      await page.getByText('已提醒教育').click()
      await page.getByRole('button', { name: '提交答复' }).click()
      await page.getByText('可由答复人以外的监督人员复核').waitFor()
    })
    await visit('inspector', '/oversight', async (page) => {
      await open(page)
      await page.getByRole('button', { name: '复核通过' }).click()
      await page.locator('.el-drawer__header').getByText('已复核').waitFor()
    })
  })

  it('says that nothing stands out, and bars who has no right', async () => {
    await visit('chiefB', '/oversight', (page) => page.getByText('没有符合条件的疑点').waitFor())
    await visit('operatorB', '/oversight', (page) => page.getByText('无权访问').waitFor())
  })
})
