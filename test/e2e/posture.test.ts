// A device that answers strangers, in a browser: told on its page and in the list, asked again by hand, hidden from others.
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { openPage, signInByHand } from '../support/browser.ts'
import type { TestUser } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('a device that answers strangers', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage

  before(async function () {
    this.timeout(180_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationA', 'stationA'], { faults: [{ fault: { name: 'rtsp-open' }, indexes: [1] }] })
  })
  after(() => stage?.close())

  const visit = async (user: TestUser, act: (page: Page) => Promise<void>) => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, user)
    await act(page)
    assert.deepEqual(complaints, [])
    await page.context().close()
  }
  const door = (page: Page, name: string) => page.locator('section.door', { hasText: name })

  it('is on its page and in the list for the maintainer, who has it asked again when it was mended', async () => {
    await visit('maintainer', async (page) => {
      await page.goto(`/cameras/${stage.cameraIds.get(1)}`)
      await page.getByRole('button', { name: '立即检查' }).click()
      await door(page, 'RTSP').getByText('不用登录就能访问').waitFor()
      await door(page, 'RTSP').getByText('关闭匿名访问').waitFor()
      await door(page, 'ONVIF').getByText('须登录，未见隐患').waitFor()
      await page.goto('/cameras?posture=weak')
      await page.locator('.el-table__row').first().waitFor()
      assert.equal(await page.locator('.el-table__row').count(), 1)
      await page.locator('.el-table__row').getByText('安全隐患').first().waitFor()
      await page.goto('/')
      await page.getByText('1 个摄像机有安全隐患').click()
      await page.waitForURL(/posture=weak/)
      await page.locator('.el-table__row a').first().click()
      stage.fleet().clearFault(1)
      await page.getByRole('button', { name: '立即检查' }).click()
      await door(page, 'RTSP').getByText('须登录，未见隐患').waitFor()
      await page.locator('.el-tag', { hasText: '安全隐患' }).waitFor({ state: 'detached' })
      await page.getByRole('link', { name: '返回列表' }).click()
      await page.waitForURL(/\/cameras\?posture=weak$/)
    })
  })

  it('is asked by the watch itself, soon after the camera is known to be there', async () => {
    const cameraId = stage.cameraIds.get(2)
    assert.ok(cameraId)
    const { app } = stage.server
    const told = new Promise((resolve) => app.health.events.on('posture', (posture) => posture.cameraId === cameraId && resolve(posture)))
    if ((await app.cameraService.find(cameraId))?.posture === 'unknown') await told
    assert.equal((await app.cameraService.find(cameraId))?.posture, 'closed')
  })

  it('is nothing that an operator sees', async () => {
    await visit('operatorA', async (page) => {
      await page.goto(`/cameras/${stage.cameraIds.get(1)}`)
      await page.getByText('设备信息').waitFor()
      assert.equal(await page.getByText('设备安全').count(), 0)
      await page.goto('/cameras?posture=weak')
      await page.locator('.el-table__row').first().waitFor()
      assert.equal(await page.getByText('安全状态').count(), 0)
    })
  })
})
