// Owns proof of the scan's rules against scripted addresses: who is asked again, for how long, and who never is.
import assert from 'node:assert/strict'
import type { OnvifTarget } from '../../../backend/onvif/index.ts'
import { scanAddresses, scanAnswerOf, type ScanAnswer } from '../../../backend/onvif/address-scan.ts'
import { onvifFault, type OnvifFaultCode } from '../../../backend/onvif/onvif-fault.ts'
import { FakeClock } from '../base/fake-clock.ts'

/** Each host's answers in order; the last one is given again. */
async function scan(script: Record<string, ScanAnswer[]>, options: { lateTry?: number; isKnown?: (host: string) => boolean } = {}) {
  const clock = new FakeClock()
  const asked: { host: string; deadlineMs: number }[] = []
  const found: string[] = []
  let counted = 0
  const targets = Object.keys(script).map((host): OnvifTarget => ({ host, port: 80, tls: false }))
  await scanAddresses({
    clock,
    targets,
    ask: async ({ host }, deadlineMs) => {
      const nth = asked.filter((one) => one.host === host).length
      asked.push({ host, deadlineMs })
      await Promise.resolve()
      if (options.lateTry === nth) clock.stall(500)
      const answers = script[host] ?? []
      return answers[Math.min(nth, answers.length - 1)] ?? 'no'
    },
    isKnown: ({ host }) => options.isKnown?.(host) ?? false,
    onDevice: ({ host }) => void found.push(host),
    onAsked: () => counted++,
  })
  return { found, counted, pending: clock.pending, triesOf: (host: string) => asked.filter((one) => one.host === host).map((one) => one.deadlineMs) }
}

describe('the scan of addresses', () => {
  it('asks a silent device up to three times, each time longer', async () => {
    const { found, triesOf, counted, pending } = await scan({ quick: ['device'], slow: ['silent', 'device'], slowest: ['silent', 'silent', 'device'], dumb: ['silent'] })
    assert.deepEqual(found, ['quick', 'slow', 'slowest'])
    assert.deepEqual([triesOf('quick'), triesOf('slow'), triesOf('slowest'), triesOf('dumb')], [[1000], [1000, 2500], [1000, 2500, 6000], [1000, 2500, 6000]])
    assert.equal(counted, 4, 'each address counts once')
    assert.equal(pending, 0, 'no timer is left')
  })

  it('asks an address that gives no connection once more, and one that refuses never', async () => {
    const { triesOf, found } = await scan({ gone: ['empty'], lost: ['empty', 'device'], refused: ['no'] })
    assert.deepEqual([triesOf('gone').length, triesOf('lost').length, triesOf('refused').length], [2, 2, 1])
    assert.deepEqual(found, ['lost'])
  })

  it('asks an empty address a third time where our own loop was late in the second', async () => {
    const script = { a: ['empty', 'empty', 'device'] satisfies ScanAnswer[] }
    assert.deepEqual((await scan(script)).found, [])
    assert.deepEqual((await scan(script, { lateTry: 1 })).found, ['a'])
  })

  it('does not ask for what another source has found', async () => {
    const { triesOf, counted } = await scan({ announced: ['device'], other: ['no'] }, { isKnown: (host) => host === 'announced' })
    assert.deepEqual(triesOf('announced'), [])
    assert.equal(counted, 2)
  })

  it('asks no empty address again when there are thousands of them', async () => {
    const wide = Object.fromEntries(Array.from({ length: 2_100 }, (_, at): [string, ScanAnswer[]] => [`h${at}`, ['empty']]))
    const { triesOf } = await scan({ ...wide, slow: ['silent', 'device'] })
    assert.equal(triesOf('h0').length, 1)
    assert.equal(triesOf('slow').length, 2)
  })

  it('tells silence from a refusal by the time that it took', () => {
    const failed = (code: OnvifFaultCode, tookMs: number) => scanAnswerOf({ kind: 'fault', fault: onvifFault(code, 'x'), tookMs }, 1_000)
    assert.equal(failed('unreachable', 3), 'no')
    assert.equal(failed('unreachable', 1_000), 'empty')
    assert.equal(failed('onvif_silent', 1_000), 'silent')
    assert.equal(failed('probe_failed', 2), 'empty')
    assert.equal(failed('onvif_malformed', 5), 'no')
    assert.equal(failed('auth_downgrade', 5), 'no')
    assert.equal(failed('onvif_refused', 5), 'device')
  })
})
