// Owns proof of the seam to node-onvif: its probe is never run twice at once, never waited for beyond the race.
import assert from 'node:assert/strict'
import { systemClock, type Clock } from '#base/clock.ts'
import { NodeOnvifProbe } from '../../../backend/onvif/node-onvif-probe.ts'

describe('the probe of node-onvif', () => {
  it('is shared by callers at the same time and started again afterwards', async () => {
    let started = 0
    const probe = new NodeOnvifProbe({ clock: systemClock, startProbe: async () => void started++ })
    await Promise.all([probe.probe(), probe.probe()])
    assert.equal(started, 1)
    await probe.probe()
    assert.equal(started, 2)
  })
  it('is one for the whole process, since the library has one socket', async () => {
    let started = 0
    const startProbe = async () => void started++
    await Promise.all([new NodeOnvifProbe({ clock: systemClock, startProbe }).probe(), new NodeOnvifProbe({ clock: systemClock, startProbe }).probe()])
    assert.equal(started, 1)
  })
  it('gives nothing when it never settles, once the race is over', async () => {
    const due: (() => void)[] = []
    const clock: Clock = { ...systemClock, after: (_, run) => (due.push(run), { cancel: () => {} }) }
    const probing = new NodeOnvifProbe({ clock, startProbe: () => new Promise(() => {}) }).probe()
    for (const run of due) run()
    assert.deepEqual(await probing, [])
  })
  it('gives nothing when it fails, and drops entries of another shape', async () => {
    const failing = new NodeOnvifProbe({ clock: systemClock, startProbe: () => Promise.reject(new Error('no socket')) })
    assert.deepEqual(await failing.probe(), [])
    const good = { urn: 'urn:1', xaddrs: ['http://127.0.0.1/'], scopes: ['onvif://www.onvif.org/name/A_B'], types: '' }
    const odd = new NodeOnvifProbe({ clock: systemClock, startProbe: async () => [null, 1, { urn: {}, xaddrs: 'x' }, good] })
    assert.deepEqual(await odd.probe(), [{ endpoint: 'urn:1', xaddrs: ['http://127.0.0.1/'], name: 'A B', hardware: '' }])
  })
})
