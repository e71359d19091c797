// Every page of the console in a real browser for three kinds of users: it opens, complains of nothing, and every text
// has words. Pages are read from the features' route files, so that a new page is looked at without being named here.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { api } from '#contract/api.ts'
import { openPage, pageWhen, signInByHand } from '../support/browser.ts'
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

  const visitors: readonly [TestUser, 'zh-CN' | 'en'][] = [['supervisor', 'zh-CN'], ['supervisor', 'en'], ['secadmin', 'zh-CN'], ['auditor', 'zh-CN']]
  for (const [username, language] of visitors) {
    it(`opens for ${username} in ${language} at 1366×768`, async () => {
      const { page, complaints } = await openPage(stage.browser, stage.server.origin, { init: `localStorage.setItem('tianwang.language', '${language}')` })
      await signInByHand(page, username)
      for (const path of paths) {
        const words = await wordsAt(page, path)
        assert.deepEqual(words.match(rawKey), null, `${path} has words for every text`)
        assert.ok(!/\b(undefined|NaN|\[object)\b/.test(words), `${path} shows a value that isn't one`)
        assert.deepEqual(complaints, [], path)
      }
      await page.context().close()
    })
  }
})
