// Every page of the console in a real browser for every kind of user, at both sizes: it opens, complains of nothing, fits
// its window, and every text has words. Pages are read from the route files, so that a new page is looked at unnamed.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, read, signInByHand } from '../support/browser.ts'
import type { TestUser } from '../support/server.ts'
import { addressOf, pageIsThere, pagePaths as paths } from './console-pages.ts'
import { lacking, openStage, type Stage } from './stage.ts'

const topics = readdirSync('frontend/src/locales/zh-CN').map((name) => name.replace(/\.json$/, ''))
/** A locale key that reached the page: topic.word or topic.group.word. */
const rawKey = new RegExp(`(?<![\\w./@-])(${topics.join('|')})\\.[a-zA-Z]\\w*(\\.[a-zA-Z]\\w*)*(?![\\w./@-])`, 'g')

describe('every page of the console in a browser', function () {
  this.timeout(60_000)
  const lack = lacking({ cameras: false })
  let stage: Stage
  const parameters: Record<string, string> = {}

  before(async function () {
    this.timeout(120_000)
    if (lack !== null) return this.skip()
    stage = await openStage()
    const supervisor = await stage.server.signIn('supervisor')
    const opened = await supervisor.request('POST', '/api/cases', { title: '入室盗窃案', category: '050201', incidentNumber: '149903510000202611230002' })
    parameters['caseId'] = opened.as(api.createCase.result).id
    parameters['cameraId'] = stage.server.cameraId('roomA')
    parameters['unitId'] = stage.server.unitId('stationA')
  })
  after(() => stage?.close())

  /** Words of the page once nothing on it is being loaded any more. */
  async function wordsAt(page: Page, path: string): Promise<string> {
    await page.goto(addressOf(path, parameters))
    await pageWhen(page, pageIsThere, 15_000)
    return `${await page.title()}\n${await page.locator('body').innerText()}`
  }

  it('knows pages and topics', () => {
    assert.ok(paths.includes('/wall') && paths.length >= 6, paths.join(' '))
    assert.match('x registry.cameraList y', rawKey)
    assert.doesNotMatch('实时 1.5 秒 10.0.0.1 cases', rawKey)
  })

  /** What a page must not have at any size: anything wider than its place, a control without a name, a focus that cannot be seen. */
  const faults = `(() => {
    const found = []
    for (const box of [document.documentElement, ...document.querySelectorAll('header.bar, nav.tabs, main, main > .page > .body, .bare, .el-dialog__body')]) {
      if (box.scrollWidth > box.clientWidth + 1) found.push('wider than its place: ' + (box.className || box.tagName) + ' ' + box.scrollWidth + ' > ' + box.clientWidth)
    }
    const shown = (element) => element.checkVisibility({ visibilityProperty: true })
    for (const field of [...document.querySelectorAll('input:not([type=hidden]):not([type=file]), textarea')].filter(shown)) {
      if (field.closest('.el-table, .el-pagination')) continue // the library's own, which take no name
      const name = field.getAttribute('aria-label') || field.getAttribute('placeholder') || [...(field.labels ?? [])].map((label) => label.innerText).join('')
      if (!name) found.push('a field without a name: ' + field.outerHTML.slice(0, 120))
    }
    for (const button of [...document.querySelectorAll('button, [role=button]')].filter(shown)) {
      if (!(button.innerText || button.getAttribute('aria-label') || button.title || button.querySelector('[aria-label]'))) found.push('a button without a name: ' + button.outerHTML.slice(0, 120))
    }
    return found
  })()`

  /** What a person asks for in vain on a page that is not for them: it must answer as if it were not there. */
  async function outOfScope(username: TestUser): Promise<Set<string>> {
    const client = await stage.server.signIn(username)
    const asked = [`/api/cases/${parameters['caseId']}`, `/api/cameras/${parameters['cameraId']}`, `/api/units/${parameters['unitId']}/health`]
    const answers = await Promise.all(asked.map(async (path) => ({ path, status: (await client.get(path)).status })))
    return new Set(answers.filter(({ status }) => status === 404).map(({ path }) => `answer 404: ${path}`))
  }

  const sizes = { '1366×768': { width: 1366, height: 768 }, '1920×1080': { width: 1920, height: 1080 } } as const
  const everybody: readonly TestUser[] = ['supervisor', 'chiefA', 'operatorA', 'officerA', 'investigator', 'maintainer', 'inspector', 'sysadmin', 'secadmin', 'auditor']
  const visits: readonly [TestUser, 'zh-CN' | 'en', keyof typeof sizes][] = [
    ...everybody.map((username): [TestUser, 'zh-CN', '1366×768'] => [username, 'zh-CN', '1366×768']),
    ['supervisor', 'zh-CN', '1920×1080'],
    ['auditor', 'zh-CN', '1920×1080'],
    ['supervisor', 'en', '1366×768'],
    ['sysadmin', 'en', '1366×768'],
    ['auditor', 'en', '1366×768'],
  ]
  for (const [username, language, size] of visits) {
    it(`opens for ${username} in ${language} at ${size}`, async () => {
      const { page, complaints } = await openPage(stage.browser, stage.server.origin, { ...sizes[size], init: `localStorage.setItem('tianwang.language', '${language}')` })
      await signInByHand(page, username)
      const unseen = await outOfScope(username)
      for (const path of paths) {
        const words = await wordsAt(page, path)
        assert.deepEqual(words.match(rawKey), null, `${path} has words for every text`)
        assert.ok(!/\b(undefined|NaN|\[object)\b/.test(words), `${path} shows a value that isn't one`)
        assert.deepEqual(await read(page, faults, z.array(z.string())), [], path)
        assert.deepEqual(complaints.filter((complaint) => !unseen.has(complaint)), [], path)
      }
      await page.context().close()
    })
  }

  it('shows where the focus is, and closes a dialog by Escape', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'supervisor')
    for (const [path, button] of [['/cases', '新建案件'], ['/discovery', '开始发现'], ['/register', '填写调用登记'], ['/grants', '申请授权'], ['/cameras', '导入 CSV']] as const) {
      await wordsAt(page, path)
      await page.locator('main button', { hasText: button }).first().click()
      await page.locator('.el-dialog:visible').waitFor()
      assert.deepEqual(await read(page, faults, z.array(z.string())), [], path)
      await page.keyboard.press('Escape')
      await page.locator('.el-dialog:visible').waitFor({ state: 'detached' })
    }
    await page.keyboard.press('Tab')
    const outline = await read(page, `(() => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement); return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none' })()`, z.boolean())
    assert.ok(outline, 'the focused element looks like any other')
    await page.context().close()
  })

  it('tells what is wrong with a form in the user’s language, and keeps what was typed', async () => {
    const { page } = await openPage(stage.browser, stage.server.origin)
    await signInByHand(page, 'supervisor')
    await wordsAt(page, '/discovery')
    await page.locator('main button', { hasText: '开始发现' }).first().click()
    const dialog = page.locator('.el-dialog:visible')
    const ranges = dialog.locator('textarea')
    for (const [text, told] of [['8.8.8.0/24', '单播网段：不在允许的摄像机网段内'], ['rubbish', '单播网段：应为网段或地址范围，如 10.12.1.0/24']] as const) {
      await ranges.fill(text)
      await dialog.locator('button', { hasText: '开始发现' }).click()
      await dialog.getByText(told).waitFor()
      assert.equal(await ranges.inputValue(), text)
    }
    assert.doesNotMatch(await dialog.innerText(), /body\.|ranges|Invalid|must /)
    await page.context().close()
  })
})
