// A wall that could not be read, in a real browser: it says so, a click does not overwrite the kept one, a button reads it again.
import assert from 'node:assert/strict'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, read, signInByHand, when } from '../support/browser.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('a wall that could not be read', function () {
  this.timeout(90_000)
  const lack = lacking({ cameras: false })
  let stage: Stage

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
  })
  after(() => stage?.close())

  it('says so, keeps what was kept, and has both when it is read again', async () => {
    const client = await stage.server.signIn('operatorA')
    const kept = async () => (await client.get('/api/wall')).as(api.getWall.result)
    const [first, second, third] = (await client.get('/api/cameras?pageSize=9')).as(api.listCameras.result).items
    assert.ok(first && second && third)
    assert.equal((await client.request('PUT', '/api/wall', { tiles: 1, cameraIds: [first.id] })).status, 204)

    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'operatorA')
    const saved: string[] = []
    page.on('request', (request) => void (request.method() === 'PUT' && saved.push(request.url())))
    await page.route('**/api/wall', (route) => route.fulfill({ status: 503, body: '' }))
    let reads = 0
    page.on('request', (request) => void (request.method() === 'GET' && new URL(request.url()).pathname === '/api/wall' && reads++))
    await page.goto('/wall')
    const told = page.locator('.trouble')
    await told.getByRole('button', { name: '重试' }).waitFor()
    assert.match(await told.innerText(), /未能读取您的画面布局/)
    await page.locator('.tree .row.camera', { hasText: second.name }).dblclick()
    await page.locator('.cell .title').first().waitFor()
    // Longer than a change waits to be saved: the page itself tries to read again meanwhile, at last every half minute.
    const until = reads + 2
    await when('the page has tried twice more', 45_000, () => reads >= until)
    assert.deepEqual([saved, (await kept()).cameraIds], [[], [first.id]])

    await page.unroute('**/api/wall')
    await told.getByRole('button', { name: '重试' }).click()
    await pageWhen(page, `document.querySelector('.trouble') === null && document.querySelectorAll('.cell .title').length === 2`, 8_000)
    assert.equal(await read(page, `document.querySelectorAll('.grid > .cell').length`, z.number()), 4, 'the grid grew by one step')
    await when('both are saved', 8_000, async () => (await kept()).cameraIds.filter((id) => id !== null).join() === [first.id, second.id].join())
    await page.context().close()
  })
})
