// Owns a real Chromium for tests: where it is, how it is started, a page that keeps every complaint, signing in by hand.
// Refuses: another browser, downloading one, and a page whose complaints nobody reads.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { z } from 'zod'
import { testPassword, type TestUser } from './server.ts'

/** CHROMIUM_PATH, else a Chromium on PATH; null when this machine has none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | null {
  const given = env['CHROMIUM_PATH']
  if (given) return existsSync(given) ? given : null
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
    }
  }
  return null
}

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // Containers have neither user namespaces for the sandbox nor a large /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  })
}

export interface WatchedPage {
  page: Page
  /** Console errors, page errors, refused policies, failed requests and requests to other origins, in order. */
  complaints: string[]
}

/** A page in a browser profile of its own. @param init JavaScript that runs in the page before the console's own. */
export async function openPage(browser: Browser, origin: string, options: { width?: number; height?: number; init?: string } = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: options.width ?? 1366, height: options.height ?? 768 }, locale: 'zh-CN', ignoreHTTPSErrors: true })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // Chromium writes every answer from 400 on as an error; those are read by `response` below.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource: the server responded')) complaints.push(`console: ${message.text()}`)
    else if (/Content[- ]Security[- ]Policy/i.test(message.text())) complaints.push(`policy: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'data:' && url.protocol !== 'blob:') complaints.push(`foreign request: ${request.url()}`)
  })
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // A page that is left, and a player that moves on, abort what is under way.
    if (why !== 'net::ERR_ABORTED') complaints.push(`failed request: ${withoutQuery(request.url())} ${why}`)
  })
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname
    // 401 of the session is the answer to "who am I" before sign-in, and to a wrong password.
    if (response.status() >= 400 && !(response.status() === 401 && path === '/api/session')) complaints.push(`answer ${response.status()}: ${path}`)
  })
  if (options.init !== undefined) await context.addInitScript({ content: options.init })
  return { page, complaints }
}

/** Tickets are in queries; they stay out of messages. */
const withoutQuery = (url: string): string => url.split('?', 1)[0] ?? ''

/** Fills the sign-in page and waits until the console has left it. */
export async function signInByHand(page: Page, username: TestUser, password = testPassword): Promise<void> {
  await page.goto('/sign-in')
  await enter(page, username, password)
  await page.waitForURL((url) => url.pathname !== '/sign-in', { timeout: 20_000 })
}

export async function enter(page: Page, username: string, password: string): Promise<void> {
  await page.fill('input[name=username]', username)
  await page.fill('input[name=password]', password)
  await page.press('input[name=password]', 'Enter')
}

/** Runs JavaScript in the page and parses what it gives. */
export async function read<Shape extends z.ZodType>(page: Page, script: string, schema: Shape): Promise<z.output<Shape>> {
  return schema.parse(await page.evaluate(script))
}

/**
 * Waits until a JavaScript expression is true in the page; gives the milliseconds that it took. It is asked from here and
 * not by a poll inside the page, which would need the `eval` that the console's policy forbids.
 */
export function pageWhen(page: Page, expression: string, withinMs: number): Promise<number> {
  return when(expression, withinMs, async () => (await page.evaluate(`Boolean(${expression})`)) === true)
}

/** Waits until a condition of this process holds; gives the milliseconds. @throws with `what` when it doesn't in time */
export async function when(what: string, withinMs: number, condition: () => boolean | Promise<boolean>): Promise<number> {
  const startedMs = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return performance.now() - startedMs
}
