// Owns proof of when a database counts as silent: after 1.5 s without an answer, not because of a hold-up of ours, and only until it answers.
import assert from 'node:assert/strict'
import { Pulse } from '../../../backend/storage/pulse.ts'
import { FakeClock } from '../base/fake-clock.ts'

describe('the pulse of a database', () => {
  let clock: FakeClock
  let pulse: Pulse
  let questions: { answer: (() => void) | null; refuse: () => void; givenUp: boolean }[]
  let silences: number
  const settle = () => new Promise(setImmediate)
  const newest = () => questions.at(-1) ?? assert.fail('nothing was asked')
  beforeEach(() => {
    clock = new FakeClock()
    questions = []
    silences = 0
    pulse = new Pulse({
      clock,
      ask: () => {
        const question: (typeof questions)[number] = { answer: null, refuse: () => {}, givenUp: false }
        questions.push(question)
        const answered = new Promise<void>((resolve, reject) => {
          question.answer = resolve
          question.refuse = () => reject(new Error('ECONNREFUSED'))
        })
        return { answered, giveUp: () => (question.givenUp = true) }
      },
      onSilent: () => silences++,
    })
  })
  afterEach(() => pulse.close())

  it('asks twice a second while it answers', async () => {
    for (let count = 1; count <= 3; count++) {
      clock.advance(500)
      assert.equal(questions.length, count)
      newest().answer?.()
      await settle()
    }
    assert.deepEqual([pulse.silent, silences], [false, 0])
  })
  it('is silent 1.5 s after the last answer at the latest, and says so once', async () => {
    clock.advance(500)
    clock.advance(899)
    assert.equal(pulse.silent, false)
    clock.advance(1)
    assert.deepEqual([pulse.silent, silences, questions[0]?.givenUp], [true, 1, true])
    clock.advance(5_000)
    assert.deepEqual([pulse.silent, silences], [true, 1])
  })
  it('ends its silence with any answer, also a refusal, and not with an answer that came after it was given up', async () => {
    for (const way of ['answer', 'refuse'] as const) {
      clock.advance(1_400)
      assert.equal(pulse.silent, true)
      questions.at(-2)?.answer?.()
      await settle()
      assert.equal(pulse.silent, true)
      newest()[way]?.()
      await settle()
      assert.equal(pulse.silent, false)
    }
    assert.equal(silences, 2)
  })
  it('does not take a hold-up of our own loop for silence', async () => {
    clock.advance(500)
    clock.stall(10_000)
    assert.equal(pulse.silent, false)
    newest().answer?.()
    await settle()
    assert.deepEqual([pulse.silent, silences], [false, 0])
  })
  it('leaves no timer and no question behind', () => {
    clock.advance(500)
    pulse.close()
    assert.deepEqual([clock.pending, newest().givenUp], [0, true])
  })
})
