// Proves that a click on a page whose code is not there is answered: by words while the server is away, by a fresh console else.
import assert from 'node:assert/strict'
import { createMemoryHistory, createRouter } from 'vue-router'
import { watchPageLoading } from '../../../../frontend/src/shell/page-loading.ts'

describe('a page whose code cannot be loaded', () => {
  const here = { render: () => null }
  async function consoleWith(options: { connected: boolean; message?: string }) {
    const said: string[] = []
    const state = { connected: options.connected }
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [
        { path: '/home', component: here },
        { path: '/cameras', component: here },
        { path: '/cases', component: () => Promise.reject(new TypeError(options.message ?? 'Failed to fetch dynamically imported module: http://x/assets/CasePage.js')) },
      ],
    })
    watchPageLoading(router, { connected: () => state.connected, tell: () => said.push('told'), loadAnew: (path) => said.push(`anew ${path}`) })
    await router.push('/home')
    return { state, said, go: (path: string) => router.push(path).catch(() => undefined), at: () => router.currentRoute.value.path }
  }

  it('is told while the server is away, and the page stays', async () => {
    const { said, go, at } = await consoleWith({ connected: false })
    await go('/cases?q=1')
    assert.deepEqual([said, at()], [['told'], '/home'])
    await go('/cameras')
    assert.equal(at(), '/cameras', 'what is there can still be opened')
  })

  it('takes everything anew by the next click when the server is back', async () => {
    const { state, said, go } = await consoleWith({ connected: false })
    await go('/cases')
    state.connected = true
    await go('/cameras')
    assert.deepEqual(said, ['told', 'anew /cameras'])
  })

  it('takes everything anew at once when the server is there: it was upgraded', async () => {
    for (const message of ['Unable to preload CSS for /assets/CasePage.css', 'Importing a module script failed.']) {
      const { said, go } = await consoleWith({ connected: true, message })
      await go('/cases?q=1')
      assert.deepEqual(said, ['anew /cases?q=1'])
    }
  })

  it('leaves other errors alone', async () => {
    const { said, go } = await consoleWith({ connected: true, message: 'x is not a function' })
    await go('/cases')
    assert.deepEqual(said, [])
  })
})
