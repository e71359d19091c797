// A tile whose right ends, in a real browser: the picture is gone at once, the tile says why and which camera, and the way to
// ask again can be clicked; when the right begins, the tile goes on by itself.
import assert from 'node:assert/strict'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, read, signInByHand, when } from '../support/browser.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('a tile whose right ends', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: true })
  let stage: Stage

  before(async function () {
    this.timeout(240_000)
    if (lack !== null) return this.skip()
    stage = await openStage(['stationB'])
  })
  after(() => stage?.close())

  it('shows no picture any more and says so, with the camera’s name and the way to ask again; and comes back by itself', async () => {
    const { server } = stage
    const id = stage.cameraIds.get(1) ?? assert.fail()
    const [asker, chief] = [await server.signIn('operatorA'), await server.signIn('chiefB')]
    const { name, gbCode } = (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result)
    await when('the camera is online', 60_000, async () => (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result).status === 'online')
    const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date(Date.now() + 3_600_000).toISOString()]
    const caseNumber = 'A1499035100002026110001'
    const granted = async () => {
      const grant = (await asker.request('POST', '/api/grants', { gbCodes: [gbCode], actions: ['live'], from, to, reason: '跨所追查嫌疑车辆', caseNumber })).as(api.askGrant.result)
      assert.equal((await chief.request('POST', `/api/grants/${grant.id}/decision`, { approve: true })).status, 200)
      return grant.id
    }
    const first = await granted()
    assert.equal((await asker.request('POST', '/api/register', { purpose: 'case', act: 'live', caseNumber, cameraIds: [id], from, to })).status, 200)
    assert.equal((await asker.request('PUT', '/api/wall', { tiles: 1, cameraIds: [id] })).status, 204)

    const { page } = await openPage(stage.browser, server.origin)
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    const live = `document.querySelector('.cell .delay') !== null`
    await pageWhen(page, live, 30_000)
    assert.equal((await chief.request('POST', `/api/grants/${first}/revocation`, {})).status, 200)
    await pageWhen(page, `document.querySelector('.cell .notice.no-right') !== null`, 6_000)
    assert.equal(await page.locator('.cell .title').innerText().then((text) => text.includes(name.slice(-6))), true, 'the name stays')
    const shown = await read(page, `[...document.querySelectorAll('.cell video, .cell canvas.still')].filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && Number(getComputedStyle(one).opacity) > 0.1).length`, z.number())
    assert.equal(shown, 0, 'the last picture is not shown')

    await granted()
    await pageWhen(page, live, 15_000)
    await page.context().close()
  })

  it('leads to the request in one click, which names the camera', async () => {
    const { server } = stage
    const id = stage.cameraIds.get(1) ?? assert.fail()
    const chief = await server.signIn('chiefB')
    const { gbCode } = (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result)
    const { page } = await openPage(stage.browser, server.origin)
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    await pageWhen(page, `document.querySelector('.cell .delay') !== null`, 30_000)
    const { items } = (await chief.get('/api/grants?state=approved')).as(api.listGrants.result)
    for (const grant of items) await chief.request('POST', `/api/grants/${grant.id}/revocation`, {})
    await page.locator('.notice .ask').click()
    await page.locator('.el-dialog:visible textarea').waitFor()
    assert.equal(await page.locator('.el-dialog:visible textarea').inputValue(), gbCode)
    await page.context().close()
  })

  it('shows no picture any more also when the console hears of it by the media socket alone, and comes back without a hand', async () => {
    const { server } = stage
    const id = stage.cameraIds.get(1) ?? assert.fail()
    const [asker, chief] = [await server.signIn('operatorA'), await server.signIn('chiefB')]
    const { gbCode } = (await chief.get(`/api/cameras/${id}`)).as(api.getCamera.result)
    // The register entry of before is still good.
    const granted = async () => {
      const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date(Date.now() + 3_600_000).toISOString()]
      const grant = (await asker.request('POST', '/api/grants', { gbCodes: [gbCode], actions: ['live'], from, to, reason: '跨所追查嫌疑车辆', caseNumber: 'A1499035100002026110001' })).as(api.askGrant.result)
      assert.equal((await chief.request('POST', `/api/grants/${grant.id}/decision`, { approve: true })).status, 200)
      return grant.id
    }
    const first = await granted()
    const { page } = await openPage(stage.browser, server.origin)
    await page.routeWebSocket('**/socket.io/**', (socket) => socket.close())
    await page.route('**/socket.io/**', (route) => route.abort())
    await signInByHand(page, 'operatorA')
    await page.goto('/wall')
    const live = `document.querySelector('.cell .delay') !== null`
    await pageWhen(page, live, 30_000)
    assert.equal((await chief.request('POST', `/api/grants/${first}/revocation`, {})).status, 200)
    const noRight = `document.querySelector('.cell .notice.no-right') !== null`
    await pageWhen(page, noRight, 6_000)
    await page.evaluate(`(() => {
      window.after = { looks: 0, others: 0, pictures: 0 }
      setInterval(() => {
        after.looks++
        if (!(${noRight})) after.others++
        if ([...document.querySelectorAll('.cell video')].some((video) => video.readyState > 0) || document.querySelector('.cell canvas.still') !== null) after.pictures++
      }, 50)
    })()`)
    await pageWhen(page, 'after.looks > 140', 20_000)
    assert.deepEqual(await read(page, '[after.others, after.pictures]', z.array(z.number())), [0, 0], 'nothing of the picture is left, and nothing else is said')
    await granted()
    await pageWhen(page, live, 45_000)
    await page.context().close()
  })
})
