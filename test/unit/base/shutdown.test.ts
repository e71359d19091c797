// Owns proof of the order and the patience of shutting down.
import assert from 'node:assert/strict'
import { silentLogger, type Logger } from '#base/logger.ts'
import { Shutdown } from '#base/shutdown.ts'

describe('shutting down', () => {
  const recording = (parts: unknown[]): Logger => ({ ...silentLogger, error: (fields) => void parts.push('part' in fields ? fields.part : fields) })

  it('closes what was started last first, one after the other', async () => {
    const steps: string[] = []
    const shutdown = new Shutdown({ logger: silentLogger })
    for (const name of ['storage', 'registry', 'http']) {
      shutdown.add(name, async () => {
        steps.push(`${name} closing`)
        await new Promise(setImmediate)
        steps.push(`${name} closed`)
      })
    }
    await shutdown.close()
    assert.deepEqual(steps, ['http closing', 'http closed', 'registry closing', 'registry closed', 'storage closing', 'storage closed'])
  })

  it('goes on when a part fails or never ends, and reports both by name', async () => {
    const reported: unknown[] = []
    let storageClosed = false
    const shutdown = new Shutdown({ logger: recording(reported), perCloseMs: 5 })
    shutdown.add('storage', async () => void (storageClosed = true))
    shutdown.add('stuck', () => new Promise(() => {}))
    shutdown.add('broken', () => Promise.reject(new Error('no')))
    await shutdown.close()
    assert.equal(storageClosed, true)
    assert.deepEqual(reported, ['broken', 'stuck'])
  })

  it('closes each part once however often it is asked', async () => {
    let closed = 0
    const shutdown = new Shutdown({ logger: silentLogger })
    shutdown.add('part', async () => void closed++)
    await Promise.all([shutdown.close(), shutdown.close()])
    await shutdown.close()
    assert.equal(closed, 1)
  })
})
