// Proves how a declared endpoint becomes a request, and how every kind of answer comes back.
import assert from 'node:assert/strict'
import { api } from '#contract/api.ts'
import { exhibitIdSchema } from '#contract/ids.ts'
import { ApiClient, pathOf, queryOf } from '../../../../frontend/src/api/api-client.ts'
import { ApiProblem, problemOf } from '../../../../frontend/src/api/api-problem.ts'

const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const problem = (status: number, code: string, more: object = {}): Response => json(status, { type: 'about:blank', title: code, status, code, ...more })

function clientThatGets(answer: () => Response | Promise<Response>) {
  const asked: { url: string; init: RequestInit }[] = []
  let lost = 0
  const client = new ApiClient({
    fetch: async (url, init) => {
      asked.push({ url, init })
      return answer()
    },
    onSessionLost: () => void lost++,
  })
  return { client, asked, sessionsLost: () => lost }
}
const refusal = async (promise: Promise<unknown>): Promise<ApiProblem> => {
  const thrown: unknown = await promise.then(
    () => assert.fail('was not refused'),
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof ApiProblem, String(thrown))
  return thrown
}
const wall = { tiles: 4, cameraIds: [null] }

describe('a call', () => {
  it('parses the answer by the contract', async () => {
    const { client } = clientThatGets(() => json(200, wall))
    assert.deepEqual(await client.call(api.getWall, {}), wall)
  })
  it('gives a picture with the moment that it shows, and without one when the answer tells none', async () => {
    const told: (string | undefined)[] = []
    for (const headers of [new Headers({ 'x-picture-at': '2026-01-05T08:00:00.000Z' }), new Headers()]) {
      const { client } = clientThatGets(() => new Response('jpeg', { headers }))
      const { blob, pictureAt } = await client.callForPicture(api.exhibitPicture, { params: { exhibitId: exhibitIdSchema.parse('0'.repeat(26)) } })
      assert.equal(await blob.text(), 'jpeg')
      told.push(pictureAt)
    }
    assert.deepEqual(told, ['2026-01-05T08:00:00.000Z', undefined])
  })
  it('refuses an answer that the contract does not describe', async () => {
    const { client } = clientThatGets(() => json(200, { tiles: 5, cameraIds: [] }))
    assert.equal((await refusal(client.call(api.getWall, {}))).code, 'answer_unreadable')
  })
  it('takes 204 as null', async () => {
    const { client } = clientThatGets(() => new Response(null, { status: 204 }))
    assert.equal(await client.call(api.putWall, { body: { tiles: 1, cameraIds: [] } }), null)
  })
  it('sends the CSRF token with everything but a GET', async () => {
    const { client, asked } = clientThatGets(() => (asked.length === 1 ? json(200, wall) : new Response(null, { status: 204 })))
    client.useCsrfToken('token-of-the-session')
    await client.call(api.getWall, {})
    await client.call(api.putWall, { body: { tiles: 1, cameraIds: [] } })
    assert.deepEqual(asked.map(({ init }) => new Headers(init.headers).get('x-csrf-token')), [null, 'token-of-the-session'])
  })
  it('sends a CSV body as it is', async () => {
    const { client, asked } = clientThatGets(() => json(200, { rows: 0, updated: 0, unchanged: 0, errors: [] }))
    await client.call(api.importArchive, { query: { dryRun: 'true' }, body: '设备编码,设备名称' })
    assert.equal(asked[0]?.url, '/api/cameras.csv?dryRun=true')
    assert.equal(asked[0]?.init.body, '设备编码,设备名称')
    assert.equal(new Headers(asked[0]?.init.headers).get('content-type'), 'text/csv')
  })
  it('maps problem+json to its code, issues and time to wait', async () => {
    const { client } = clientThatGets(() => problem(429, 'too_many_tries', { retryAfterSeconds: 30, issues: [{ path: 'username', message: 'x' }] }))
    const refused = await refusal(client.call(api.signIn, { body: { username: 'a', password: 'b' } }))
    assert.deepEqual([refused.status, refused.code, refused.retryAfterSeconds, refused.issues], [429, 'too_many_tries', 30, [{ path: 'username', message: 'x' }]])
  })
  it('says that the session is lost when a call is answered 401', async () => {
    const { client, sessionsLost } = clientThatGets(() => problem(401, 'not_signed_in'))
    await refusal(client.call(api.getWall, {}))
    assert.equal(sessionsLost(), 1)
  })
  it('does not take a refused sign-in for a lost session', async () => {
    const { client, sessionsLost } = clientThatGets(() => problem(401, 'sign_in_refused'))
    await refusal(client.call(api.signIn, { body: { username: 'a', password: 'b' } }))
    assert.equal(sessionsLost(), 0)
  })
  it('says network_failed when no answer came', async () => {
    const { client } = clientThatGets(() => Promise.reject(new TypeError('Failed to fetch')))
    assert.equal((await refusal(client.call(api.getWall, {}))).code, 'network_failed')
  })
  it('lets an abort of ours through as an abort', async () => {
    const aborted = new DOMException('gone', 'AbortError')
    const { client } = clientThatGets(() => Promise.reject(aborted))
    await assert.rejects(client.call(api.getWall, {}, { signal: AbortSignal.abort() }), aborted)
  })
})

describe('an answer that is not problem+json', () => {
  it("becomes a problem by its status, such as a proxy's page", async () => {
    const codes = await Promise.all([401, 403, 404, 502].map(async (status) => (await problemOf(new Response('<html>', { status }))).code))
    assert.deepEqual(codes, ['not_signed_in', 'no_permission', 'not_found', 'unavailable'])
  })
})

describe('a path', () => {
  it('has its parameters filled in and escaped', () => assert.equal(pathOf('/api/units/:unitId/health', { unitId: 'a/b?' }), '/api/units/a%2Fb%3F/health'))
  it('is refused while a parameter is missing', () => assert.throws(() => pathOf('/api/cameras/:cameraId', {}), /missing/))
})

describe('a query', () => {
  it('leaves out what is undefined or empty', () => assert.equal(queryOf({ q: '', page: 2, status: undefined, name: '平潭 街' }), '?page=2&name=%E5%B9%B3%E6%BD%AD+%E8%A1%97'))
  it('is nothing when all is left out', () => assert.equal(queryOf({ q: '' }), ''))
})
