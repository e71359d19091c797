// The wall in full screen in a real browser: what the keys open is seen and can be used, and a whole wall is not lost to one click.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { openPage, pageWhen, read, signInByHand } from '../support/browser.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('the wall in full screen', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: false })
  let stage: Stage
  let page: Page

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
    ;({ page } = await openPage(stage.browser, stage.server.origin))
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    const camera = page.locator('.tree .row.camera').first()
    await camera.dblclick()
    await page.locator('.cell .title').first().waitFor()
    await page.locator('.cell').first().click()
    await page.keyboard.press('f')
    await pageWhen(page, 'document.fullscreenElement !== null', 5_000)
  })
  after(() => stage?.close())

  /** Whether what the selector finds is what a person sees and hits at its place. */
  const onTop = (selector: string) =>
    read(
      page,
      `(() => { const found = document.querySelector(${JSON.stringify(selector)}); if (!found) return false; const { x, y, width } = found.getBoundingClientRect(); return found.contains(document.elementFromPoint(x + width / 2, y + 12)) })()`,
      z.boolean(),
    )

  it('covers the bar and the tree', async () => {
    assert.equal(await onTop('.stage'), true)
    assert.equal(await onTop('header.bar'), false)
  })

  for (const [key, dialog] of [['t', 'tagging'], ['?', 'the keys']] as const) {
    it(`shows the dialog of ${dialog} above the pictures`, async () => {
      await page.keyboard.press(key)
      await page.locator('.el-dialog:visible').waitFor()
      await pageWhen(page, `document.querySelector('.el-dialog')?.getAnimations({ subtree: true }).length === 0`, 5_000)
      assert.equal(await onTop('.el-dialog'), true)
      await page.keyboard.press('Escape')
      await page.locator('.el-dialog:visible').waitFor({ state: 'detached' })
    })
  }

  it('asks before the whole wall is cleared', async () => {
    await page.locator('button[title="清空画面"]').click()
    await page.locator('.el-popconfirm:visible').getByRole('button', { name: '取消' }).click()
    // The one that goes is seen until it has faded; the next click would be its, and close the one that it opens.
    await page.locator('.el-popconfirm:visible').waitFor({ state: 'detached' })
    assert.equal(await page.locator('.cell .title').count(), 1)
    await page.locator('button[title="清空画面"]').click()
    await page.locator('.el-popconfirm:visible').getByRole('button', { name: '确定' }).click()
    await pageWhen(page, `document.querySelector('.cell .title') === null`, 5_000)
    assert.equal(await page.locator('button[title="清空画面"]').isDisabled(), true)
  })
})
