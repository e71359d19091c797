// Owns the price of access: what session, ticket, policy and audit add to a segment, beside the same bytes out of a bare
// express server in the same run; and how long a page of a list takes when the register has ten thousand cameras, asked by
// people of each tier.
import { randomBytes } from 'node:crypto'
import { Agent, get } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { newId } from '#base/ids.ts'
import { api } from '#contract/api.ts'
import type { CameraId } from '#contract/ids.ts'
import { databasesHere } from '../support/databases.ts'
import { startServer, type Client, type TestServer, type TestUser, type UnitName } from '../support/server.ts'
import { sampleArchive, sampleCamera } from '../unit/registry/sample-camera.ts'
import { registerFleet } from './fleet-cameras.ts'
import { camerasFor, FleetProcess } from './fleet-process.ts'
import { median, table, type Row } from './table.ts'

const share = (values: readonly number[], part: number) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
/** A segment leaves the list after some seconds. */
const freshEvery = 20
const startMs = 60_000

interface Fetched {
  status: number
  bytes: Buffer
  tookMs: number
}

function fetcher() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return async (url: string, headers: Record<string, string> = {}): Promise<Fetched> => {
    const startedMs = performance.now()
    const [response] = await once(get(url, { agent, headers }), 'response')
    const pieces: Buffer[] = []
    for await (const piece of response) pieces.push(piece)
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(pieces), tookMs: performance.now() - startedMs }
  }
}

/** @param requests of each kind, in turn */
export async function priceOfSegments(requests: number): Promise<string> {
  const fleet = await FleetProcess.start(camerasFor(1))
  const server = await startServer()
  let given: Buffer = Buffer.alloc(0)
  const bare = express().get('/segment', (_request, response) => void response.type('video/mp4').end(given)).listen(0, '127.0.0.1')
  try {
    await once(bare, 'listening')
    const bareUrl = `http://127.0.0.1:${(bare.address() as AddressInfo).port}/segment`
    const [cameraId] = await registerFleet(server, fleet, 1)
    const client = await server.signIn('operatorA')
    const { playlistUrl } = (await client.request('POST', '/api/live', { cameraId, stream: 'sub' })).as(api.openLive.result)
    const [fromUs, fromBare] = [fetcher(), fetcher()]
    const deadlineMs = performance.now() + startMs
    const newestSegment = async (): Promise<string> => {
      for (;;) {
        const { status, bytes } = await fromUs(server.origin + playlistUrl)
        const line = bytes.toString().split('\n').findLast((one) => one.includes('.m4s') && !one.startsWith('#'))
        if (status === 200 && line !== undefined) return new URL(line, server.origin + playlistUrl).toString()
        if (performance.now() > deadlineMs) throw new Error(`no segment came: ${status}`)
      }
    }
    let url = await newestSegment()
    const took = { ticket: [] as number[], cookie: [] as number[], bare: [] as number[] }
    const warmUp = Math.min(200, requests)
    for (let at = -warmUp; at < requests; at++) {
      if (at % freshEvery === 0) url = await newestSegment()
      const byTicket = await fromUs(url)
      const byCookie = await fromUs(url.split('?', 1)[0] ?? '', { cookie: client.cookie })
      given = byTicket.bytes
      const plain = await fromBare(bareUrl)
      if (byTicket.status !== 200 || byCookie.status !== 200 || !plain.bytes.equals(byCookie.bytes)) throw new Error(`a segment was not given: ${byTicket.status}, ${byCookie.status}`)
      if (at < 0) continue
      took.ticket.push(byTicket.tookMs)
      took.cookie.push(byCookie.tookMs)
      took.bare.push(plain.tookMs)
    }
    const rows = (['ticket', 'cookie'] as const).flatMap((kind): Row[] => [
      { measure: `a segment by ${kind}, median`, value: median(took[kind]), unit: 'ms', reference: { name: 'bare express', value: median(took.bare) } },
      { measure: `a segment by ${kind}, p95`, value: share(took[kind], 0.95), unit: 'ms', reference: { name: 'bare express', value: share(took.bare, 0.95) } },
      { measure: `what access adds to it, middle of the pairs`, value: median(took[kind].map((ms, at) => ms - (took.bare[at] ?? ms))), unit: 'ms', target: 1 },
      { measure: `what access adds to it, p95`, value: share(took[kind], 0.95) - share(took.bare, 0.95), unit: 'ms', target: 1 },
    ])
    return table(`Price of access: ${requests} segments of ${Math.round(given.length / 1024)} KiB each way`, rows, ['One after another on one connection each, in turn; the stream is packaged and the callers run in the same process.'])
  } finally {
    bare.close()
    bare.closeAllConnections()
    await server.close()
    await fleet.close()
  }
}

const tiers: { user: TestUser; name: string }[] = [{ user: 'supervisor', name: 'bureau' }, { user: 'operatorA', name: 'station' }, { user: 'officerA', name: 'room' }]
const units: UnitName[] = ['bureau', 'stationA', 'stationB', 'roomA', 'roomB']
/** As the console asks: 50 a page, also found by words and by status. */
const questions: { name: string; query: (at: number) => string }[] = [
  { name: 'a page', query: (at) => `page=${1 + at}&pageSize=50` },
  { name: 'a search', query: (at) => `page=1&pageSize=50&q=${encodeURIComponent(`${at * 7}号`)}` },
  { name: 'one status', query: () => 'page=1&pageSize=50&status=unknown' },
]

async function fill({ app, unitId }: TestServer, cameras: number): Promise<void> {
  for (let from = 0; from < cameras; from += 500) {
    await app.storage.transaction(async (tx) => {
      for (let number = from; number < Math.min(from + 500, cameras); number++) {
        const unit = units[number % units.length] ?? 'bureau'
        await app.cameras.add(tx, sampleCamera(unitId(unit), number, { id: newId<CameraId>(1_000 + number, randomBytes), archive: sampleArchive(100_000 + number, { name: `${(number * 7_919) % cameras}号杆` }) }))
      }
    })
  }
}

/** @param cameras in the register; @param times each question is put by each tier */
export async function priceOfLists({ cameras, times }: { cameras: number; times: number }): Promise<string> {
  const tables: string[] = []
  for (const database of databasesHere()) {
    const server = await startServer({ databaseUrl: await database.url() })
    try {
      await fill(server, cameras)
      const rows: Row[] = []
      for (const { user, name } of tiers) {
        const client = await server.signIn(user)
        const health = await timedOf(times, client, () => '/readyz')
        for (const { name: question, query } of questions) {
          const took = await timedOf(times, client, (at) => `/api/cameras?${query(at)}`)
          rows.push({ measure: `${question}, asked from the ${name}, p95`, value: share(took, 0.95), unit: 'ms', reference: { name: 'GET /readyz', value: share(health, 0.95) }, target: 50 })
        }
        const counted = await timedOf(times, client, () => '/api/units')
        rows.push({ measure: `units with their counts, asked from the ${name}, p95`, value: share(counted, 0.95), unit: 'ms', reference: { name: 'GET /readyz', value: share(health, 0.95) }, target: 50 })
      }
      tables.push(table(`A list of ${cameras} cameras over HTTP (${database.name})`, rows))
    } finally {
      await server.close()
      await database.drop()
    }
  }
  return tables.join('\n')
}

async function timedOf(times: number, client: Client, path: (at: number) => string): Promise<number[]> {
  const took: number[] = []
  for (let at = 0; at < times; at++) {
    const startedMs = performance.now()
    const { status } = await client.get(path(at))
    if (status !== 200) throw new Error(`${path(at)} answered ${status}`)
    took.push(performance.now() - startedMs)
  }
  return took
}
