// Owns the fleet's control port: faults at run time, what cameras there are, when a marked frame was sent.
// Refuses: other hosts than this machine (it binds the loopback address) and unknown faults.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { checkedFault, isFaultName } from './fault.ts'
import type { Fleet } from './fleet.ts'

/**
 * `GET /cameras` · `GET /cameras/{i}/ptz` · `GET /stats` · `GET /mark?camera=&stream=&frame=&near=` · `POST /cameras/{i}/fault {name, value?}` ·
 * `DELETE /cameras/{i}/fault[?name=]` · `POST /faults/random {seed, count}` · `DELETE /faults`
 */
export function createControlServer(fleet: Fleet): Server {
  return createServer((request, response) => {
    answer(fleet, request)
      .then(async ({ status, body }) => {
        // What was told takes effect before the answer: who asks the camera next must not find it as it was.
        if (request.method !== 'GET') await fleet.settled()
        send(response, status, body)
      })
      .catch((error: unknown) => send(response, error instanceof RangeError || error instanceof SyntaxError ? 400 : 500, { error: error instanceof Error ? error.message : 'failed' }))
  })
}

interface Answer {
  status: number
  body: unknown
}

async function answer(fleet: Fleet, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://control')
  const route = `${request.method} ${url.pathname}`
  if (route === 'GET /cameras') return { status: 200, body: { items: fleet.cameras.map((camera) => ({ ...camera, password: undefined, faults: fleet.faults(camera.index) })) } }
  if (route === 'GET /stats') return { status: 200, body: fleet.stats() }
  if (route === 'GET /mark') {
    const stream = url.searchParams.get('stream') === 'main' ? 'main' : 'sub'
    const number = (name: string) => Number(url.searchParams.get(name) ?? Number.NaN)
    return { status: 200, body: { sentAtMs: fleet.markTime(number('camera'), stream, number('frame'), number('near')) } }
  }
  if (route === 'POST /faults/random') {
    const { seed, count } = await fields(request)
    return { status: 200, body: { items: fleet.randomFaults(Number(seed ?? 1), Number(count ?? 1)) } }
  }
  if (route === 'DELETE /faults') {
    for (const camera of fleet.cameras) fleet.clearFault(camera.index)
    return { status: 200, body: {} }
  }
  const turned = /^GET \/cameras\/(\d+)\/ptz$/.exec(route)
  if (turned) return { status: 200, body: fleet.ptz(Number(turned[1])) }
  const camera = /^\/cameras\/(\d+)\/fault$/.exec(url.pathname)
  if (!camera) return { status: 404, body: { error: 'nothing here' } }
  const index = Number(camera[1])
  if (request.method === 'POST') {
    const { name, value } = await fields(request)
    fleet.setFault(index, checkedFault(String(name), value === undefined || value === null ? undefined : Number(value)))
  } else if (request.method === 'DELETE') {
    const name = url.searchParams.get('name')
    if (name !== null && !isFaultName(name)) throw new RangeError(`there is no fault "${name}"`)
    fleet.clearFault(index, name ?? undefined)
  } else return { status: 405, body: { error: 'POST or DELETE' } }
  return { status: 200, body: { index, faults: fleet.faults(index) } }
}

async function fields(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > 10_000) throw new RangeError('the body is too long')
  }
  const parsed: unknown = JSON.parse(text === '' ? '{}' : text)
  if (typeof parsed !== 'object' || parsed === null) throw new RangeError('the body is not an object')
  return { ...parsed }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
