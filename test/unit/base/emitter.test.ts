// Owns proof that one listener cannot harm the others.
import assert from 'node:assert/strict'
import { TypedEmitter } from '#base/emitter.ts'

interface Events {
  moved: { to: number }
  stopped: null
}

describe('the typed emitter', () => {
  it('goes on to the other listeners when one throws, and reports the throw with its event', () => {
    const reported: unknown[] = []
    const heard: number[] = []
    const emitter = new TypedEmitter<Events>((error, event) => reported.push([String(error), event]))
    emitter.on('moved', () => {
      throw new Error('broken listener')
    })
    emitter.on('moved', ({ to }) => heard.push(to))
    emitter.emit('moved', { to: 7 })
    assert.deepEqual(heard, [7])
    assert.deepEqual(reported, [['Error: broken listener', 'moved']])
  })

  it('is silent for a listener that was taken off, and for events nobody hears', () => {
    const heard: number[] = []
    const emitter = new TypedEmitter<Events>(() => assert.fail('nothing throws here'))
    const off = emitter.on('moved', ({ to }) => heard.push(to))
    emitter.emit('moved', { to: 1 })
    off()
    emitter.emit('moved', { to: 2 })
    emitter.emit('stopped', null)
    assert.deepEqual(heard, [1])
  })

  it('lets a listener take itself off while it is called', () => {
    const heard: string[] = []
    const emitter = new TypedEmitter<Events>(() => assert.fail('nothing throws here'))
    const off = emitter.on('stopped', () => {
      heard.push('once')
      off()
    })
    emitter.on('stopped', () => heard.push('each time'))
    emitter.emit('stopped', null)
    emitter.emit('stopped', null)
    assert.deepEqual(heard, ['once', 'each time', 'each time'])
  })
})
