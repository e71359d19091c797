// Proves how media shares a browser's connections to the server: four at once over HTTP/1.1, waiting players few.
import assert from 'node:assert/strict'
import { HttpLine, isMultiplexed } from '../../../../frontend/src/player/http/http-line.ts'

const signal = () => new AbortController().signal
const entered = async (line: HttpLine, wanted: number): Promise<number> => {
  let count = 0
  for (let at = 0; at < wanted; at++) void line.enter(signal()).then(() => count++)
  await new Promise((resolve) => setImmediate(resolve))
  return count
}

describe('the line to the HTTP origin', () => {
  it('takes four of the six connections over HTTP/1.1, and as many as servers usually allow over HTTP/2', async () => {
    assert.equal(await entered(new HttpLine(false), 20), 4)
    assert.equal(await entered(new HttpLine(true), 120), 100)
  })
  it('lets nobody on a wall hold a connection to wait for parts over HTTP/1.1, and every tile over HTTP/2', () => {
    const [narrow, wide] = [new HttpLine(false), new HttpLine(true)]
    assert.deepEqual([1, 2, 3].map(() => narrow.takeLowLatency(false, signal())), [false, false, false])
    assert.deepEqual(Array.from({ length: 36 }, () => wide.takeLowLatency(false, signal())), Array.from({ length: 36 }, () => true))
  })
  it('lets the tile that is looked at and its successor wait for parts, and the next one when either has gone', () => {
    const line = new HttpLine(false)
    const first = new AbortController()
    assert.deepEqual([line.takeLowLatency(true, first.signal), line.takeLowLatency(true, signal()), line.takeLowLatency(true, signal())], [true, true, false])
    first.abort()
    assert.deepEqual([line.takeLowLatency(true, signal()), line.takeLowLatency(true, signal())], [true, false])
    assert.equal(new HttpLine(false).takeLowLatency(true, AbortSignal.abort()), false)
  })
  it('knows by the protocol of the page whether requests share a connection', () => {
    assert.deepEqual([['h2'], ['h3'], ['http/1.1'], [''], []].map(isMultiplexed), [true, true, false, false, false])
  })
})
