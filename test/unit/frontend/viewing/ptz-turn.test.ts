// Proves what a console tells a head from the taking to the giving back, whatever the answers are and however late they come.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { UserId } from '#contract/ids.ts'
import { leaseIdleMs, renewEveryMs, type PtzAnswer, type PtzHolder } from '#contract/ptz.ts'
import { abandonedAfterMs, PtzTurn, troubleFadesMs, type PtzLine } from '../../../../frontend/src/features/viewing/ptz/ptz-turn.ts'
import { FakeClock } from '../../base/fake-clock.ts'

const done: PtzAnswer = { outcome: 'done' }
type Answer = Awaited<ReturnType<PtzLine['take']>>
const notHeld: PtzAnswer = { outcome: 'not-held' }
const bureau: PtzHolder = { userId: newId<UserId>(1), displayName: '王', unitName: '分局', tier: 'bureau', since: '2026-01-01T00:00:00.000Z' }
const right = { pan: 0.5 }
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a turn at a head', () => {
  let clock: FakeClock
  let told: string[]
  let held: string[]
  let isConnected: boolean
  /** Answers of the coming commands by name; done at once when there is none. */
  let answers: Partial<Record<keyof PtzLine, Promise<Answer>[]>>
  let turn: PtzTurn

  const answer = (name: keyof PtzLine, ...coming: Answer[]) => (answers[name] = [...(answers[name] ?? []), ...coming.map(async (one) => one)])
  const later = (name: keyof PtzLine): ((value: Answer) => void) => {
    let resolve: (value: Answer) => void = () => {}
    answers[name] = [...(answers[name] ?? []), new Promise<Answer>((give) => (resolve = give))]
    return resolve
  }
  const say = (name: keyof PtzLine, words = ''): Promise<Answer> => {
    told.push(`${name}${words}`)
    return answers[name]?.shift() ?? Promise.resolve(done)
  }

  beforeEach(() => {
    clock = new FakeClock()
    told = []
    held = []
    answers = {}
    isConnected = true
    turn = new PtzTurn({
      line: {
        take: () => say('take'),
        release: () => say('release'),
        move: ({ pan, tilt, zoom }) => say('move', ` ${pan} ${tilt} ${zoom}`),
        stop: () => say('stop'),
        centre: (x, y) => say('centre', ` ${x} ${y}`),
        preset: (act) => say('preset', ` ${act.kind}`),
      },
      isConnected: () => isConnected,
      onHeld: (holder) => void held.push(holder.displayName),
      monotonicMs: () => clock.monotonicMs(),
      after: (delayMs, run) => {
        const timer = clock.after(delayMs, run)
        return () => timer.cancel()
      },
    })
  })
  const pass = async (forMs: number) => {
    for (let passed = 0; passed < forMs; passed += renewEveryMs) {
      clock.advance(renewEveryMs)
      await settle()
    }
  }

  /** Turned until the hand lets go; the answer to the stop is this. */
  const letGoOf = async (stopped: Answer) => {
    await turn.take()
    turn.hand.hold('key', right)
    await settle()
    answer('stop', stopped)
    turn.hand.release('key')
    await settle()
  }

  it('is taken, moved and given back', async () => {
    assert.equal(await turn.take(), true)
    turn.hand.hold('key', right)
    await settle()
    turn.leave()
    assert.deepEqual([told, turn.state.value], [['take', 'move 0.5 0 0', 'stop', 'release'], 'free'])
  })

  it('is taken again while the hand holds on, which stays in its place and then moves', async () => {
    await turn.take()
    answer('move', notHeld)
    const taken = later('take')
    turn.hand.hold('stick', right)
    await settle()
    assert.equal(turn.state.value, 'retaking')
    await pass(1_000)
    assert.deepEqual(told, ['take', 'move 0.5 0 0', 'take'], 'nothing is moved while it is taken')
    taken(done)
    await settle()
    await pass(renewEveryMs)
    assert.deepEqual([told.at(-1), turn.state.value], ['move 0.5 0 0', 'ours'])
    turn.leave()
  })

  it('moves nothing when the hand let go while the head was taken again', async () => {
    await turn.take()
    answer('move', notHeld)
    const taken = later('take')
    turn.hand.hold('stick', right)
    await settle()
    turn.hand.release('stick')
    taken(done)
    await settle()
    await pass(2_000)
    assert.deepEqual([told, turn.hand.isMoving, turn.state.value], [['take', 'move 0.5 0 0', 'take', 'stop'], false, 'ours'])
  })

  it('does the first preset, home or click after the lease went, once it is taken again', async () => {
    await turn.take()
    answer('preset', notHeld)
    assert.equal(await turn.preset({ kind: 'home' }), true)
    answer('centre', notHeld)
    assert.equal(await turn.centre(0.5, 0.25), true)
    assert.deepEqual(told, ['take', 'preset home', 'take', 'preset home', 'centre 0.5 0.25', 'take', 'centre 0.5 0.25'])
  })

  it('does several that come while it is taken again, each once and in order', async () => {
    await turn.take()
    answer('preset', notHeld)
    const taken = later('take')
    const first = turn.preset({ kind: 'home' })
    await settle()
    const second = turn.centre(0, 1)
    taken(done)
    assert.deepEqual(await Promise.all([first, second]), [true, true])
    assert.deepEqual(told, ['take', 'preset home', 'take', 'preset home', 'centre 0 1'])
  })

  it('drops the act when the head cannot be taken again, and says why', async () => {
    await turn.take()
    answer('preset', notHeld)
    answer('take', { outcome: 'failed', fault: 'unreachable' })
    assert.equal(await turn.preset({ kind: 'home' }), false)
    assert.deepEqual([told, turn.state.value, turn.trouble.value], [['take', 'preset home', 'take'], 'free', { kind: 'fault', fault: 'unreachable' }])
  })

  it('drops the act when the turn was given back meanwhile', async () => {
    await turn.take()
    answer('preset', notHeld)
    const taken = later('take')
    const going = turn.preset({ kind: 'home' })
    await settle()
    turn.leave()
    taken(done)
    assert.equal(await going, false)
    assert.deepEqual(told.filter((one) => one.startsWith('preset')), ['preset home'])
  })

  it('gives back what was left before it was opened', async () => {
    const taken = later('take')
    const taking = turn.take()
    turn.leave()
    taken(done)
    assert.equal(await taking, false)
    assert.deepEqual([told, turn.state.value], [['take', 'release', 'release'], 'free'])
  })

  it('gives way to who goes before, lets go, and tells who it is', async () => {
    await turn.take()
    answer('move', { outcome: 'held-by-other', holder: bureau })
    turn.hand.hold('key', right)
    await settle()
    assert.deepEqual([held, turn.state.value, turn.hand.isMoving], [['王'], 'free', false])
    await pass(1_000)
    assert.equal(told.filter((one) => one.startsWith('move')).length, 1)
    assert.equal(told.includes('release'), false, 'what is another’s is not given back')
  })

  it('says that the camera may still turn when it took no stop, until something is done again', async () => {
    await letGoOf({ outcome: 'not-stopped', fault: 'onvif_silent' })
    assert.deepEqual([turn.trouble.value, turn.state.value], [{ kind: 'not-stopped' }, 'ours'])
    await turn.preset({ kind: 'home' })
    assert.equal(turn.trouble.value, undefined)
  })

  it('says so too when a server that is there does not answer the stop, or the head was left', async () => {
    await letGoOf(undefined)
    assert.deepEqual(turn.trouble.value, { kind: 'not-stopped' })
    answer('release', { outcome: 'not-stopped', fault: 'onvif_silent' })
    turn.leave()
    await settle()
    assert.deepEqual([turn.trouble.value, turn.state.value], [{ kind: 'not-stopped' }, 'free'])
  })

  it('takes a stop that finds no lease for done: the head stopped with it', async () => {
    await letGoOf(notHeld)
    assert.deepEqual([turn.trouble.value, told.at(-1)], [undefined, 'stop'])
  })

  for (const ended of [done, notHeld]) {
    it(`says nothing more of what went wrong once it is given back and the server answers ${ended.outcome}`, async () => {
      await turn.take()
      answer('preset', { outcome: 'failed', fault: 'unreachable' })
      await turn.preset({ kind: 'home' })
      assert.deepEqual(turn.trouble.value, { kind: 'fault', fault: 'unreachable' })
      const released = later('release')
      turn.leave()
      assert.equal(turn.trouble.value, undefined)
      await letGoOf(undefined)
      released(ended)
      await settle()
      answer('release', ended)
      turn.leave()
      assert.deepEqual(turn.trouble.value, { kind: 'not-stopped' }, 'until the server has answered, it may be turning')
      await settle()
      assert.equal(turn.trouble.value, undefined)
    })
  }

  it('forgets a take that failed after a moment, a stop that nobody answered with the lease, and a lost line when it is back', async () => {
    answer('take', { outcome: 'failed', fault: 'unreachable' })
    await turn.take()
    clock.advance(troubleFadesMs - 1)
    assert.deepEqual(turn.trouble.value, { kind: 'fault', fault: 'unreachable' })
    clock.advance(1)
    assert.equal(turn.trouble.value, undefined)
    await letGoOf(undefined)
    answer('release', undefined)
    turn.leave()
    await settle()
    clock.advance(leaseIdleMs - 1)
    assert.deepEqual(turn.trouble.value, { kind: 'not-stopped' })
    clock.advance(1)
    assert.equal(turn.trouble.value, undefined)
    turn.lost({ kind: 'line' })
    clock.advance(leaseIdleMs)
    assert.deepEqual(turn.trouble.value, { kind: 'line' })
  })

  it('tells a lost line from a server that refuses, and forgets the line when it is back', async () => {
    answer('take', undefined)
    assert.equal(await turn.take(), false)
    assert.deepEqual([turn.trouble.value, told], [{ kind: 'unanswered' }, ['take', 'release']], 'the lease may have been given all the same')
    isConnected = false
    answer('take', undefined)
    assert.equal(await turn.take(), false)
    assert.deepEqual(turn.trouble.value, { kind: 'line' })
    turn.connected()
    assert.equal(turn.trouble.value, undefined)
  })

  it('is given back when it was told nothing for some minutes, counted from the last command', async () => {
    await turn.take()
    clock.advance(abandonedAfterMs - 1)
    await turn.preset({ kind: 'home' })
    clock.advance(abandonedAfterMs - 1)
    turn.hand.hold('key', right)
    await pass(2 * abandonedAfterMs)
    assert.equal(turn.state.value, 'ours', 'a hand that holds on is no abandoned head')
    turn.hand.release('key')
    clock.advance(abandonedAfterMs)
    assert.deepEqual([turn.state.value, told.slice(-2), clock.pending], ['free', ['stop', 'release'], 0])
    assert.equal(await turn.preset({ kind: 'home' }), false, 'and nothing takes it again without asking')
  })

  it('tells a right that is not there from a server that can be asked again, and gives nothing back that it never had', async () => {
    for (const [code, trouble] of [['not_found', 'no-right'], ['no_permission', 'no-right'], ['audit_unavailable', 'unanswered']] as const) {
      told = []
      answer('take', { outcome: 'refused', code })
      assert.equal(await turn.take(), false)
      assert.deepEqual([turn.state.value, turn.trouble.value, told], ['free', { kind: trouble }, ['take']])
    }
    await turn.take()
    answer('move', { outcome: 'refused', code: 'not_found' })
    turn.hand.hold('key', right)
    await settle()
    assert.deepEqual([turn.state.value, turn.trouble.value, turn.hand.isMoving], ['free', { kind: 'no-right' }, false])
  })

  it('does nothing for who has not taken it', async () => {
    assert.equal(await turn.preset({ kind: 'home' }), false)
    turn.hand.hold('key', right)
    turn.leave()
    assert.deepEqual(told, [])
  })
})
