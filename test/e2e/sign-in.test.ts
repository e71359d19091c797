// Signing in, in a real browser, and what a page of the console never does: complain, or ask another origin.
import assert from 'node:assert/strict'
import { enter, openPage, pageWhen } from '../support/browser.ts'
import { testPassword } from '../support/server.ts'
import { lacking, openStage, type Stage } from './stage.ts'

describe('the sign-in page in a browser', function () {
  this.timeout(30_000)
  const lack = lacking({ cameras: false })
  let stage: Stage

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
  })
  after(() => stage?.close())

  it('refuses a wrong password in words, leads to the home page with the right one, and complains of nothing', async () => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await page.goto('/')
    await page.waitForURL('**/sign-in')
    await enter(page, 'operatorA', 'wrong horse battery 42')
    await page.getByText('用户名或密码错误，或账号已锁定。').waitFor()
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    assert.equal(await page.inputValue('input[name=password]'), '', 'the wrong password is not kept')
    await enter(page, 'operatorA', testPassword)
    await page.waitForURL('**/home')
    await page.getByText('operatorA').first().waitFor()
    await pageWhen(page, `document.title.startsWith('首页') && document.querySelector('.el-skeleton') === null`, 15_000)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('leads back to the page that was asked for before signing in', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await page.goto('/cameras?status=offline')
    await page.waitForURL('**/sign-in?**')
    await enter(page, 'operatorA', testPassword)
    await page.waitForURL('**/cameras?status=offline')
    await page.context().close()
  })

  it('speaks English when asked and remembers it', async () => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await page.goto('/sign-in')
    await page.getByRole('button', { name: '用户登录' }).waitFor()
    await page.getByTitle('Switch to English').click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    assert.equal(await page.getAttribute('html', 'lang'), 'en')
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  // The tests above are worth nothing if complaints went unheard.
  it('would have heard of a page error, a foreign request and a refused policy', async () => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await page.goto('/sign-in')
    await page.evaluate(`{ const image = new Image(); image.src = 'http://127.0.0.2:9/x.png'; setTimeout(() => { throw new Error('thrown on purpose') }) }`)
    const heard = (what: RegExp) => complaints.some((line) => what.test(line))
    await page.waitForEvent('pageerror', { timeout: 5_000 }).catch(() => undefined)
    assert.ok(heard(/page error: thrown on purpose/), complaints.join('\n'))
    assert.ok(heard(/Content Security Policy|foreign request/), complaints.join('\n'))
  })
})
