// Owns acting in the demo as one of its people: signed in, over HTTP. Refuses: going on after a refusal; the demo's people
// may do what they do.
import { api } from '#contract/api.ts'

export interface DemoSession {
  /** @throws on any answer that is not 2xx */
  send(method: string, path: string, body?: unknown): Promise<Response>
  end(): Promise<unknown>
}

/** @param signal ends what is under way, when the demo ends */
export async function demoSession(origin: string, username: string, password: string, signal?: AbortSignal): Promise<DemoSession> {
  const ask = async (method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Response> => {
    const answer = await fetch(`${origin}${path}`, { method, headers, signal: signal ?? null, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${username} could not ${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  const session = await ask('POST', '/api/session', { 'content-type': 'application/json' }, { username, password })
  const headers = {
    'content-type': 'application/json',
    'x-csrf-token': api.signIn.result.parse(await session.json()).csrfToken,
    cookie: session.headers.get('set-cookie')?.split(';', 1)[0] ?? '',
  }
  const send = (method: string, path: string, body?: unknown) => ask(method, path, headers, body)
  return { send, end: () => send('DELETE', '/api/session') }
}
