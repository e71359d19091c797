// Owns proof of the bounds on work at once, for lists and for items that are still to come.
import assert from 'node:assert/strict'
import { forEachLimited, LimitedQueue } from '../../../backend/onvif/limited.ts'

function gate() {
  const open: (() => void)[] = []
  return { open, wait: () => new Promise<void>((resolve) => open.push(resolve)) }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('work with a bound', () => {
  it('follows a bound that changes while it runs', async () => {
    const { open, wait } = gate()
    let limit = 2
    const all = forEachLimited([1, 2, 3, 4, 5, 6], () => limit, wait)
    assert.equal(open.length, 2)
    limit = 1
    open[0]?.()
    await turn()
    assert.equal(open.length, 2, 'nothing starts while more run than the bound allows')
    limit = 4
    open[1]?.()
    await turn()
    assert.equal(open.length, 6)
    for (const release of open) release()
    await all
  })

  it('ends without items, after an abort, and with the first failure', async () => {
    await forEachLimited([], 3, () => assert.fail('ran'))
    const stop = new AbortController()
    let ran = 0
    await forEachLimited([1, 2, 3], 1, async () => (ran++, stop.abort()), stop.signal)
    assert.equal(ran, 1)
    await assert.rejects(forEachLimited([1, 2], 1, async () => Promise.reject(new Error('no'))), /no/)
  })

  it('takes items while it works and is idle when all are done', async () => {
    const done: number[] = []
    const queue = new LimitedQueue<number>({
      limit: 2,
      run: async (item) => {
        await turn()
        done.push(item)
        if (item === 1) queue.add(4)
      },
    })
    await queue.idle()
    for (const item of [1, 2, 3]) queue.add(item)
    await queue.idle()
    assert.deepEqual(done.toSorted(), [1, 2, 3, 4])
    const failing = new LimitedQueue<number>({ limit: 1, run: () => Promise.reject(new Error('no')) })
    failing.add(1)
    await assert.rejects(failing.idle(), /no/)
  })
})
