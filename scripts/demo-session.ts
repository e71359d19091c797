// Owns acting in the demo as one of its people: signed in, over HTTP.
import { api } from '#contract/api.ts'

export interface DemoSession {
  send(method: string, path: string, body?: unknown): Promise<Response>
  end(): Promise<unknown>
}

export async function demoSession(origin: string, username: string, password: string): Promise<DemoSession> {
  const session = await fetch(`${origin}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, password }) })
  const headers = {
    'content-type': 'application/json',
    'x-csrf-token': api.signIn.result.parse(await session.json()).csrfToken,
    cookie: session.headers.get('set-cookie')?.split(';', 1)[0] ?? '',
  }
  const send = (method: string, path: string, body?: unknown) => fetch(`${origin}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { send, end: () => send('DELETE', '/api/session') }
}
