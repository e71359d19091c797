// Owns proof that camera passwords leave no trace: processes, log, files, answers and events are searched for canaries
// while streams run and cameras misbehave. Refuses: passing when the search itself finds nothing that was planted.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Logger } from '#base/logger.ts'
import { mediaPushPath } from '#contract/media-push.ts'
import type { Socket } from 'socket.io-client'
import { WebSocket } from 'ws'
import type { FaultName } from '../fleet/index.ts'
import { databaseDump } from '../support/database-dump.ts'
import { eachDatabase, type TestDatabase } from '../support/databases.ts'
import type { Client } from '../support/server.ts'
import { connectSocket, ffmpegThere, openScene, sweptByHand, untilStatuses, watch, within, type Scene } from './acceptance-scene.ts'

const passwords = ['canary-1@Kx7q', 'canary-2:Lw8r', 'canary-3/Mv9s', 'canary-4%41Nu', 'canary-5#Pt2v', 'canary-6?Qs3w', 'canary-7 Rr4x', 'canary-8中Sq5y']

/** What is fixed of a text in base 64 when `shift` bytes stand before it and anything behind it. */
function base64Core(text: string, shift: number): string {
  const bits = (shift + Buffer.byteLength(text)) * 8
  return Buffer.concat([Buffer.alloc(shift), Buffer.from(text, 'utf8')]).toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor(bits / 6))
}

/** The password as it could stand in a text: clear, in a URL in any spelling, in JSON, hexadecimal, in base 64 wherever in it. */
function formsOf(password: string): string[] {
  const hex = Buffer.from(password, 'utf8').toString('hex')
  const base64 = [0, 1, 2].map((shift) => base64Core(password, shift))
  const inUrl = [encodeURIComponent(password), encodeURI(password), hex.replace(/../g, '%$&')]
  return [...new Set([password, ...inUrl, ...inUrl.map((form) => form.replace(/%../g, (part) => part.toLowerCase())), JSON.stringify(password).slice(1, -1), hex, hex.toUpperCase(), ...base64, ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))])]
}
const needles = passwords.flatMap((password) => formsOf(password).flatMap((form) => [Buffer.from(form, 'utf8'), Buffer.from(form, 'latin1')]))
const hitsIn = (bytes: Buffer) => needles.filter((needle) => bytes.includes(needle)).map((needle) => needle.toString('utf8'))

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile())
}

/** Command line and environment of every descendant of this process. */
function childTexts(): { pid: number; text: Buffer }[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // ended meanwhile
    }
  }
  const ours = (pid: number): boolean => pid === process.pid || (parents.has(pid) && pid > 1 && ours(parents.get(pid) ?? 0))
  return [...parents.keys()].filter((pid) => pid !== process.pid && ours(pid)).flatMap((pid) => {
    try {
      return [{ pid, text: Buffer.concat([readFileSync(`/proc/${pid}/cmdline`), Buffer.from('\n'), readFileSync(`/proc/${pid}/environ`)]) }]
    } catch {
      return []
    }
  })
}

/** The media socket with a subscription to each camera; what it says is kept. Resolves when each was answered. */
async function pushed(origin: string, cookie: string, cameraIds: readonly string[], notices: string[]): Promise<WebSocket> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${mediaPushPath}`, { headers: { cookie, origin } })
  const answered = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) notices.push(data.toString('utf8'))
      if (notices.filter((notice) => /"type":"(subscribed|refused)"/.test(notice)).length >= cameraIds.length) resolve()
    })
  })
  await once(socket, 'open')
  for (const [at, cameraId] of cameraIds.entries()) socket.send(JSON.stringify({ type: 'subscribe', id: at + 1, cameraId, stream: 'sub', mode: 'parts' }))
  await within(10_000, 'an answer to each subscription', answered)
  return socket
}

function recording(lines: string[], bound: object = {}): Logger {
  const write = (fields: object, message: string) => void lines.push(inspect({ ...bound, ...fields, message }, { depth: 12, showHidden: true, maxStringLength: null, breakLength: Infinity }))
  return { debug: write, info: write, warn: write, error: write, child: (fields) => recording(lines, { ...bound, ...fields }) }
}

eachDatabase('camera passwords', (make) => {
  let database: TestDatabase
  let scene: Scene
  let dump: ReadonlyMap<string, string>
  let socket: Socket | undefined
  let push: WebSocket | undefined
  const notices: string[] = []
  const lines: string[] = []
  const answers: { what: string; text: string }[] = []
  const events: string[] = []
  const processes: { pid: number; text: Buffer }[] = []

  before('streams run, cameras misbehave, everything is read', async function () {
    this.timeout(180_000)
    if (!ffmpegThere) return this.skip()
    database = make()
    scene = await openScene({ databaseUrl: await database.url(), passwords, logger: recording(lines), config: sweptByHand })
    const { server, fleet, cameras } = scene
    const supervisor = keeping(await server.signIn('supervisor'))
    const sysadmin = keeping(await server.signIn('sysadmin'))
    socket = await connectSocket(server.origin, { cookie: supervisor.cookie, origin: server.origin })
    socket.onAny((...event: unknown[]) => void events.push(JSON.stringify(event)))
    await server.app.start()
    await untilStatuses(scene, new Map(cameras.map(({ id }) => [id, /^online/])), 60_000)
    for (const { id } of cameras) await watch(supervisor, id, 'sub')
    push = await pushed(server.origin, supervisor.cookie, cameras.map(({ id }) => id), notices)
    processes.push(...childTexts())
    const faults: FaultName[] = ['wrong-password', 'basic-auth', 'off', 'redirect', 'malformed-soap', 'off-host-uri']
    for (const [at, name] of faults.entries()) fleet.setFault(cameras[at]?.index ?? 1, { name })
    const [wrong, basic, off, redirect, malformed, offHost] = cameras
    assert.ok(wrong && basic && off && redirect && malformed && offHost)
    await untilStatuses(scene, new Map([[wrong.id, /^unauthorized/], [basic.id, /^unauthorized/], [off.id, /^offline/], [redirect.id, /^abnormal/], [malformed.id, /^abnormal/]]), 60_000)
    processes.push(...childTexts())
    for (const { id, password } of cameras) {
      await supervisor.request('POST', '/api/live', { cameraId: id, stream: 'main' })
      await supervisor.get(`/media/${id}/main/index.m3u8`)
      await supervisor.get(`/api/cameras/${id}`)
      await supervisor.get(`/api/cameras/${id}/health`)
      await supervisor.get(`/api/cameras/${id}/snapshot`)
      await sysadmin.request('PUT', `/api/cameras/${id}/credential`, { username: 'admin', password })
      // Refused bodies must not be answered with what was sent, nor be logged with it.
      await sysadmin.request('PUT', `/api/cameras/${id}/credential`, { username: 'admin', password, extra: password })
    }
    await sysadmin.request('POST', '/api/credential-sets', { name: 'shared', username: 'admin', password: passwords[0] })
    await sysadmin.get('/api/credential-sets')
    for (const path of ['/api/cameras?pageSize=1000', '/api/cameras.csv', '/api/overview', '/api/units', '/api/openapi.json', '/metrics', '/readyz', '/api/register.csv']) await supervisor.get(path)
    const auditor = keeping(await server.signIn('auditor'))
    for (const path of ['/api/audit?pageSize=200', '/api/audit.csv', '/api/audit/export']) await auditor.get(path)
    processes.push(...childTexts())
    dump = await databaseDump(server.app.storage)
  })
  after(async () => {
    socket?.disconnect()
    push?.terminate()
    await scene?.close()
    await database?.drop()
  })

  /** The client, with every answer kept for the search. */
  function keeping(client: Client): Client {
    const request: Client['request'] = async (method, path, body, headers) => {
      const answer = await client.request(method, path, body, headers)
      answers.push({ what: `${method} ${path} ${answer.status}`, text: `${JSON.stringify([...answer.headers])}\n${answer.text}` })
      return answer
    }
    return { ...client, request, get: (path) => request('GET', path) }
  }

  it('would be found by this search in a file, in every form', () => {
    for (const password of passwords) {
      const spelled = encodeURIComponent(password).replace(/%../g, (part) => part.toLowerCase())
      const packed = ['', 'x', 'admin:', 'Digest '].map((before) => Buffer.from(`${before}${password} and more`).toString('base64'))
      for (const form of [password, encodeURIComponent(password), spelled, Buffer.from(password).toString('hex'), Buffer.from(`admin:${password}`).toString('base64'), Buffer.from(password).toString('base64url'), ...packed]) {
        const path = join(scene.server.dataDir, 'planted')
        writeFileSync(path, `x${form}y`)
        assert.ok(filesUnder(scene.server.dataDir).some((file) => hitsIn(readFileSync(file)).length > 0), form)
        writeFileSync(path, '')
      }
    }
  })
  it('are in no command line and no environment of our processes', () => {
    assert.ok(processes.some(({ text }) => text.includes('ffmpeg')), 'no ffmpeg was seen running')
    assert.deepEqual(processes.flatMap(({ pid, text }) => hitsIn(text).map((hit) => `${pid}: ${hit}`)), [])
  })
  it('are in no line that is logged', () => {
    assert.ok(lines.length > 0)
    assert.deepEqual(lines.filter((line) => hitsIn(Buffer.from(line)).length > 0), [])
  })
  it('are in no file of the data directory: database, its log, keys', () => {
    const files = filesUnder(scene.server.dataDir)
    assert.ok(files.some((path) => path.endsWith('.key')) && (scene.server.app.storage.dialect !== 'sqlite' || files.some((path) => path.endsWith('tianwang.sqlite'))))
    assert.deepEqual(files.filter((path) => hitsIn(readFileSync(path)).length > 0), [])
  })
  it('are in no row of the database, the audit’s included', () => {
    assert.ok([...dump.keys()].some((table) => table.startsWith('audit')) && (dump.get('cameras') ?? '').length > 100)
    assert.deepEqual([...dump].filter(([, rows]) => [...hitsIn(Buffer.from(rows, 'utf8')), ...hitsIn(Buffer.from(rows, 'latin1'))].length > 0).map(([table]) => table), [])
  })
  it('are in nothing that the media socket says', () => {
    assert.ok(notices.length >= scene.cameras.length)
    assert.deepEqual(notices.filter((notice) => hitsIn(Buffer.from(notice)).length > 0), [])
  })
  it('are in no answer and no event', () => {
    assert.ok(answers.length > 30 && events.length > 5, `${answers.length} answers, ${events.length} events`)
    assert.deepEqual(answers.filter(({ text }) => hitsIn(Buffer.from(text)).length > 0).map(({ what }) => what), [])
    assert.deepEqual(events.filter((event) => hitsIn(Buffer.from(event)).length > 0), [])
  })
})
