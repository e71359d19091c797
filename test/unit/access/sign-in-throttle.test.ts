// Owns proof of how often a sign-in may fail: one account from one source, one source over all accounts, everybody together,
// and that trying at the same time is no way around it.
import assert from 'node:assert/strict'
import { AppError } from '#base/app-error.ts'
import { SignInThrottle } from '../../../backend/access/sign-in-throttle.ts'

const limits = { lockAfterFailures: 5, lockMs: 900_000, failuresPerMinute: 600 }
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('the throttle of sign-in', () => {
  /** What a wrong or right sign-in says; `compared` counts how many got as far as the password. */
  const entering = (throttle: SignInThrottle) => {
    const count = { compared: 0 }
    const enter = (username: string, ip: string, right = false) =>
      throttle
        .during(username, ip, async (tries) => {
          count.compared++
          await turn()
          if (right) await tries.succeeded()
          else await tries.failed()
          return right ? 'in' : 'wrong'
        })
        .catch((error: unknown) => {
          assert.ok(error instanceof AppError)
          return error.code
        })
    return { count, enter }
  }

  it('locks one account for one source and for nobody else', async () => {
    const { enter } = entering(new SignInThrottle(limits))
    for (let at = 0; at < 5; at++) assert.equal(await enter('li', '10.0.0.1'), 'wrong')
    assert.equal(await enter('li', '10.0.0.1', true), 'too_many_tries')
    assert.equal(await enter('li', '10.0.0.2', true), 'in')
    assert.equal(await enter('wang', '10.0.0.1', true), 'in')
  })
  it('compares no more passwords when they are tried at the same time than one after the other', async () => {
    const { count, enter } = entering(new SignInThrottle(limits))
    const said = await Promise.all(Array.from({ length: 60 }, () => enter('li', '10.0.0.1')))
    assert.equal(count.compared, 5)
    assert.deepEqual([said.filter((one) => one === 'wrong').length, said.filter((one) => one === 'too_many_tries').length], [5, 55])
  })
  it('lets one person in thirty times at the same time', async () => {
    const { enter } = entering(new SignInThrottle(limits))
    const said = await Promise.all(Array.from({ length: 30 }, () => enter('li', '10.0.0.1', true)))
    assert.deepEqual(new Set(said), new Set(['in']))
  })
  it('keeps nobody waiting without end: who comes when very many wait is refused', async () => {
    const { enter } = entering(new SignInThrottle(limits))
    const said = await Promise.all(Array.from({ length: 1_000 }, () => enter('li', '10.0.0.1', true)))
    assert.ok(said.includes('too_many_tries') && said.filter((one) => one === 'in').length >= 100)
    assert.equal(await enter('li', '10.0.0.1', true), 'in')
  })
  it('stops one source that goes through the accounts, and a thousand sources that try one each', async () => {
    const one = entering(new SignInThrottle(limits))
    await Promise.all(Array.from({ length: 300 }, (_, at) => one.enter(`u${at}`, '10.0.0.1')))
    assert.equal(one.count.compared, 100)
    const many = entering(new SignInThrottle(limits))
    await Promise.all(Array.from({ length: 1_000 }, (_, at) => many.enter(`u${at}`, `10.1.${at >> 8}.${at & 255}`)))
    assert.equal(many.count.compared, 600)
    assert.equal(await many.enter('anybody', '10.9.9.9', true), 'too_many_tries')
  })
  it('takes a try that ended by our own fault for none', async () => {
    const throttle = new SignInThrottle(limits)
    for (let at = 0; at < 20; at++) await assert.rejects(throttle.during('li', '10.0.0.1', () => Promise.reject(new Error('the database is gone'))), /gone/)
    assert.equal(await entering(throttle).enter('li', '10.0.0.1', true), 'in')
  })
})
