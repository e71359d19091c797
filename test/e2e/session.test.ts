// A session in a real browser when something happens to it from outside: signed out elsewhere, the server gone and back.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, signInByHand } from '../support/browser.ts'
import { pageIsThere } from './console-pages.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('a session in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: false })
  let stage: Stage

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
  })
  after(() => stage?.close())

  it('that is signed out in another window says so here and goes to sign-in, and leads back afterwards, in neither window to what was searched for', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'operatorA')
    await page.goto('/cameras?q=李某')
    await pageWhen(page, `document.querySelector('.link.connected') !== null`, 15_000)
    const other = await page.context().newPage()
    await other.goto('/cameras?q=张某')
    await other.locator('.who').click()
    await other.getByRole('menuitem', { name: '退出登录' }).click()
    await page.waitForURL('**/sign-in?next=**')
    await page.getByText('您的会话已在别处退出').waitFor()
    await other.waitForURL((url) => url.pathname === '/sign-in')
    assert.equal(await other.getByText('您的会话已在别处退出').count(), 0, 'who signs out himself is not told so')
    assert.equal(new URL(page.url()).searchParams.get('next'), '/cameras')
    assert.equal(new URL(other.url()).search, '', 'whoever signs in next begins at the beginning')
    await other.goBack().catch(() => undefined)
    assert.doesNotMatch(decodeURIComponent(other.url()), /张某/, 'not by the way back either')
    await page.context().close()
  })

  it('of a restarted server goes on without a reload: a banner while it is gone, fresh figures when it is back', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'operatorA')
    await page.goto('/home')
    await pageWhen(page, `document.querySelector('.link.connected') !== null`, 15_000)
    await page.evaluate(`window.sameDocument = true`)
    await pageWhen(page, pageIsThere, 15_000)
    assert.equal(await page.locator('.banner').count(), 0)
    await stage.server.stop()
    await page.getByRole('alert').getByText('与服务器的实时连接已中断').waitFor()
    await stage.server.startAgain()
    const overview = page.waitForResponse((response) => response.url().endsWith(api.overview.path) && response.status() === 200)
    await page.getByText('已恢复与服务器的连接').waitFor()
    await overview
    assert.equal(await page.locator('.banner.lost').count(), 0)
    assert.equal(await page.evaluate(`window.sameDocument === true`), true, 'the page was not loaded again')
    assert.equal(new URL(page.url()).pathname, '/home', 'the session outlives the restart')
    await page.context().close()
  })

  it('that ended while the server was gone leads to sign-in when the server is back', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'officerA')
    await page.goto('/home')
    await pageWhen(page, `document.querySelector('.link.connected') !== null`, 15_000)
    await pageWhen(page, pageIsThere, 15_000)
    await stage.server.stop()
    await page.locator('.banner.lost').waitFor()
    await page.context().clearCookies()
    await stage.server.startAgain()
    await page.waitForURL('**/sign-in?next=**')
    await page.getByText('会话已过期').waitFor()
    await page.context().close()
  })
})
