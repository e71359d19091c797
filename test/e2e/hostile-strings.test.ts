// Owns proof that no name ever runs: cameras, devices, cases, people and units that call themselves scripts, templates,
// formulas and changes of direction are walked over in a real browser, page by page, and their CSV is read back as text.
import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { systemClock } from '#base/clock.ts'
import { newId } from '#base/ids.ts'
import { Secret } from '#base/secret.ts'
import { demoCamerasFor, withDevice } from '#config/demo/district.ts'
import { api } from '#contract/api.ts'
import type { CameraId, UnitId } from '#contract/ids.ts'
import { systemActor } from '../../backend/audit/index.ts'
import type { Device } from '../../backend/registry/index.ts'
import { openPage, pageWhen, read, signInByHand } from '../support/browser.ts'
import type { Answer, Client, TestUser } from '../support/server.ts'
import { addressOf, pageIsThere, pagePaths } from './console-pages.ts'
import { lacking, openStage, type Stage } from './stage.ts'

const ran = 'window.__ran=(window.__ran||0)+1'
const markup = `<img src=x onerror="${ran}">`
const hostile = [
  markup, `"><svg onload=${ran}>`, `'><script>${ran}</script>`, `{{constructor.constructor('${ran}')()}}`, `<a href="javascript:${ran}">x</a>`, `javascript:${ran}`, `</title><script>${ran}</script>`, `<iframe srcdoc="<script>${ran}</script>">`,
  `=HYPERLINK("http://evil.example","x")`, '@SUM(1+1)*cmd|x', '+1', '-1+1', '＝1+1', '__proto__', 'constructor', '${7*7}', '%s%n', '&lt;b&gt;&#x27;', `" onmouseover="${ran}`, '`', '\\u003cimg src=x onerror=alert(1)\\u003e',
] as const
/** What every edge refuses or takes off; in a device's row only another program could have put it. */
const beneath = ['摄\u202e像机\u2066', 'x\u001b[2J\u009b2J', 'x\n{"level":60}', 'a\u0000b'.replace('\u0000', '\u0001'), '\u2028\u2029']
const text = (at: number, most: number) => (hostile[at % hostile.length] ?? '').slice(0, most)

describe('names that want to run, in a browser', function () {
  this.timeout(120_000)
  const lack = lacking({ cameras: false })
  let stage: Stage
  let supervisor: Client
  let auditor: Client
  const parameters: Record<string, string> = {}
  const cameraIds: CameraId[] = []

  before(async function () {
    if (lack !== null) return this.skip()
    stage = await openStage()
    const { server } = stage
    const { app } = server
    supervisor = await server.signIn('supervisor')
    auditor = await server.signIn('auditor')
    const sysadmin = await server.signIn('sysadmin')
    const units: UnitId[] = []
    for (let at = 0; at < 4; at++) {
      const made = await sysadmin.request('POST', '/api/units', { parentId: server.unitId('stationA'), tier: 'community', code: `H${at}`, name: text(at, 60) })
      units.push(made.as(api.createUnit.result).id)
    }
    const names = [...hostile, ...beneath]
    const places = demoCamerasFor(40)
    const sample = await app.users.inUnits([server.unitId('stationA')])
    await app.storage.transaction(async (tx) => {
      for (const [at, name] of names.entries()) {
        const place = places[at + 6] ?? assert.fail()
        const told = name.slice(0, 50)
        const written = (hostile as readonly string[]).includes(name) ? told : `${at}号枪机`
        const device: Device = {
          address: '127.0.0.1', onvifPort: 9, manufacturer: told, model: told, firmware: told, serial: told, mac: '02-00-00-00-00-01', hasPtz: true, clockOffsetMs: null,
          profiles: [{ stream: 'sub', token: told, name: told, codec: 'h264', width: 640, height: 360, fps: 15, hasAudio: false }], streamPaths: [{ stream: 'sub', tls: false, port: 9, path: '/sub' }],
        }
        const added = await app.cameraService.add(tx, systemActor, {
          unitId: units[at % units.length] ?? server.unitId('stationA'),
          archive: { ...withDevice(place.archive, { ...device, mainCodec: 'h264' }), gbCode: `149903510013299${String(at).padStart(5, '0')}`, name: written, model: written, alias: written, address: written, managementUnit: written, managementContact: written },
          device,
          credentialSetId: null,
          credential: { username: 'admin', password: new Secret('camera-canary-7391') },
        })
        cameraIds.push(added.id)
      }
      for (const [at, name] of names.entries()) {
        await app.userService.addBySystem(tx, { ...(sample[0] ?? assert.fail()), id: newId(systemClock.now()), username: `h${at}`, displayName: name.slice(0, 40), policeNumber: `H${at}`, roles: ['operator'] })
      }
    })
    const [cameraId] = cameraIds
    const done = ({ status, text: said }: Answer) => assert.equal(status, 200, said)
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const [from, to] = [new Date(Date.now() - 60_000).toISOString(), new Date().toISOString()]
    for (let at = 0; at < hostile.length; at++) {
      const opened = await supervisor.request('POST', '/api/cases', { title: text(at, 80), summary: `${text(at, 80)}\n${text(at + 1, 80)}`, place: text(at, 80), category: '050201', incidentNumber: `14990351000020261123${String(at).padStart(4, '0')}` })
      const { id } = opened.as(api.createCase.result)
      parameters['caseId'] ??= id
      if (at < 6) done(await supervisor.request('POST', '/api/tags', { caseId: id, cameraIds: [cameraIds[at]], from, to, category: 'other', note: text(at, 80) }))
      done(await supervisor.request('POST', '/api/layouts', { tiles: 4, cameraIds: [cameraIds[at] ?? null], name: text(at, 40), shared: true }))
      done(await supervisor.request('POST', '/api/register', { purpose: 'security', act: 'playback', note: `${text(at, 80)} 安保巡查`, cameraIds: [cameraIds[at]], from, to }))
      if (at < 4) await supervisor.request('POST', `/api/cameras/${cameraIds[at]}/suspend`, { reason: `${text(at, 80)} 检修`, until: later })
      await supervisor.request('POST', '/api/credential-sets', { name: text(at, 40), username: text(at, 40), password: 'x' })
      await (await server.signIn('operatorB')).request('POST', '/api/grants', { gbCodes: [`149903510013299${String(at).padStart(5, '0')}`], actions: ['live'], from: to, to: later, reason: `${text(at, 80)} 借调`, incidentNumber: '149903510000202611230002' })
      // A name that nobody has stands in the audit as it was typed.
      await fetch(`${server.origin}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: text(at, 80), password: 'x' }) })
    }
    parameters['cameraId'] = cameraId ?? ''
    parameters['unitId'] = units[0] ?? ''
    await supervisor.request('PUT', '/api/wall', { tiles: 16, cameraIds: cameraIds.slice(0, 16) })
  })
  after(() => stage?.close())

  const visitors: TestUser[] = ['supervisor', 'auditor', 'secadmin', 'sysadmin']
  for (const username of visitors) {
    it(`run on no page for ${username}, and stand there as text`, async () => {
      const { page, complaints } = await openPage(stage.browser, stage.server.origin)
      const dialogs: string[] = []
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      const policies: (string | undefined)[] = []
      page.on('response', (response) => {
        if (response.request().resourceType() === 'document') policies.push(response.headers()['content-security-policy'])
      })
      await signInByHand(page, username)
      let seen = ''
      for (const path of pagePaths) {
        for (const cameraId of path.includes(':cameraId') ? cameraIds.slice(0, 3) : [parameters['cameraId'] ?? '']) {
          await page.goto(addressOf(path, { ...parameters, cameraId }))
          await pageWhen(page, pageIsThere, 15_000)
          // What is shown only under the pointer is made of the same names.
          for (const place of (await page.locator('.el-table__row, .el-tree-node, canvas, [title]').all()).slice(0, 4)) await place.hover({ timeout: 300, force: true }).catch(() => undefined)
          const state = await read(page, '({ ran: window.__ran ?? 0, planted: document.querySelectorAll("img[src=x], svg[onload], iframe, a[href^=javascript]").length, title: document.title })', z.object({ ran: z.number(), planted: z.number(), title: z.string() }))
          assert.deepEqual([path, state.ran, state.planted, dialogs], [path, 0, 0, []])
          seen += await page.locator('body').innerText()
          assert.deepEqual(complaints.filter((complaint) => !/^answer (403|404|503)/.test(complaint)), [], path)
        }
      }
      assert.ok(seen.includes('<img src=x onerror='), 'the names were not on any page')
      assert.ok(policies.length >= pagePaths.length)
      for (const policy of policies) {
        assert.match(policy ?? '', /default-src 'self';.*object-src 'none';.*frame-ancestors 'none'/)
        assert.doesNotMatch(policy ?? '', /script-src|default-src[^;]*unsafe|https?:/)
      }
      await page.context().close()
    })
  }

  it('would have been heard of: the same markup put into a page by hand is a complaint', async () => {
    const { page, complaints } = await openPage(stage.browser, stage.server.origin)
    await page.goto('/sign-in')
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(markup)})`)
    await pageWhen(page, 'document.querySelectorAll("img[src=x]").length === 1', 5_000)
    for (let turn = 0; turn < 40 && !complaints.some((line) => /inline event handler|Content Security Policy/i.test(line)); turn++) await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
    assert.ok(complaints.some((line) => /inline event handler|Content Security Policy/i.test(line)), complaints.join('\n'))
    await page.context().close()
  })

  it('are text in every CSV: no cell begins what a spreadsheet would run, and the names are all there', async () => {
    const start = /^[\s\ufeff]*[=+\-@＝＋－＠\t\r\n\0]/
    for (const [client, path, expected] of [[supervisor, '/api/cameras.csv', hostile], [supervisor, '/api/register.csv', ['@SUM', '=HYPERLINK']], [auditor, '/api/audit.csv', ['@SUM', '=HYPERLINK']]] as const) {
      const answer = await client.get(path)
      assert.equal(answer.status, 200, path)
      assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="[\w.-]+"/)
      const rows = z.array(z.array(z.string())).parse(parse(answer.text, { bom: true }))
      assert.ok(rows.length > 10, path)
      for (const cell of rows.flat()) assert.ok(!start.test(cell) || /^-?\d+(\.\d+)?$/.test(cell), `${path}: ${JSON.stringify(cell)}`)
      for (const name of expected) assert.ok(rows.flat().some((cell) => cell.includes(name.slice(0, 50))), `${path} has ${name}`)
    }
  })
})
