// Owns proof of when a verdict becomes a status: two sweeps to get worse, one proof to get better, few periods when flapping.
import assert from 'node:assert/strict'
import type { CameraStatus } from '#contract/cameras.ts'
import type { FaultCode } from '#contract/faults.ts'
import { settle, standingAt, type SteadyRule } from '../../../backend/health/hysteresis.ts'
import type { Verdict } from '../../../backend/health/ladder.ts'

const rule: SteadyRule = { failuresToChange: 2, flapCount: 4, flapWindowMs: 900_000, sweepsToTrust: 10 }
const verdict = (status: CameraStatus, cause: FaultCode | null = null, by: 'lower' | 'picture' = 'lower'): Verdict => ({ kind: 'status', status, cause, detail: '', by })
const online = verdict('online', null, 'picture')
const dead = verdict('offline', 'unreachable')
const mute = verdict('abnormal', 'rtsp_silent')

class Story {
  standing
  nowMs = 0
  readonly changes: string[] = []
  constructor(status: CameraStatus, cause: FaultCode | null = null) {
    this.standing = standingAt(status, cause)
  }
  tell(said: Verdict, by: 'sweep' | 'proof' = 'sweep'): this {
    this.nowMs += 30_000
    const { standing, change } = settle(this.standing, said, by, this.nowMs, rule)
    this.standing = standing
    if (change) this.changes.push(`${change.status} ${change.cause ?? '-'} @${change.fromMs / 1000}`)
    return this
  }
}

describe('hysteresis', () => {
  it('leaves a camera online after one bad sweep and changes it at the second, back-dated to the first', () => {
    const story = new Story('online').tell(dead)
    assert.deepEqual(story.changes, [])
    assert.deepEqual(story.tell(dead).changes, ['offline unreachable @30'])
  })

  it('forgets a single bad sweep when the next one is good', () => {
    assert.deepEqual(new Story('online').tell(dead).tell(online).tell(dead).tell(online).changes, [])
  })

  it('takes the later word about a camera that failed twice in two ways, back-dated to the first', () => {
    assert.deepEqual(new Story('online').tell(mute).tell(dead).changes, ['offline unreachable @30'])
    assert.deepEqual(new Story('online').tell(dead).tell(verdict('offline', 'rtsp_silent')).changes, ['offline rtsp_silent @30'])
  })

  it('does not add up our own trouble and the camera’s', () => {
    const ours = verdict('unknown', 'probe_failed')
    const story = new Story('online').tell(ours).tell(dead).tell(ours)
    assert.deepEqual(story.changes, [])
    assert.deepEqual(story.tell(ours).changes, ['unknown probe_failed @90'])
  })

  it('does not add up sweeps that name different bad statuses of a camera that is not online', () => {
    const story = new Story('unauthorized', 'onvif_refused').tell(dead).tell(mute).tell(dead)
    assert.deepEqual(story.changes, [])
    assert.deepEqual(story.tell(dead).changes, ['offline unreachable @90'])
  })

  it('needs the count to move from one bad status to another, and to another cause of the same', () => {
    assert.deepEqual(new Story('offline', 'unreachable').tell(mute).tell(mute).changes, ['abnormal rtsp_silent @30'])
    const causes = new Story('abnormal', 'rtsp_silent')
    causes.tell(verdict('abnormal', 'stream_missing')).tell(verdict('abnormal', 'rtsp_malformed'))
    assert.deepEqual(causes.changes, [])
    assert.deepEqual(causes.tell(verdict('abnormal', 'rtsp_malformed')).changes, ['abnormal rtsp_malformed @60'])
  })

  it('gets better at the first full proof, by sweep or by proof', () => {
    assert.deepEqual(new Story('offline', 'unreachable').tell(online, 'proof').changes, ['online - @30'])
    assert.deepEqual(new Story('abnormal', 'onvif_silent').tell(online).changes, ['online - @30'])
  })

  it('takes a verdict on the picture at once, since proofs have confirmed it', () => {
    assert.deepEqual(new Story('online').tell(verdict('abnormal', 'picture_frozen', 'picture'), 'proof').changes, ['abnormal picture_frozen @30'])
  })

  it('does not count a proof as a sweep', () => {
    assert.deepEqual(new Story('online').tell(dead).tell(dead, 'proof').tell({ kind: 'hold' }, 'proof').changes, [])
  })

  it('keeps a camera where it is while a proof is awaited, and breaks a run of bad sweeps', () => {
    const story = new Story('offline', 'unreachable').tell({ kind: 'hold' })
    assert.deepEqual(story.changes, [])
    assert.deepEqual(new Story('online').tell(dead).tell({ kind: 'hold' }).tell(dead).changes, [])
  })

  describe('of a flapping camera', () => {
    const flap = (story: Story, times: number) => {
      for (let time = 0; time < times; time++) story.tell(dead).tell(dead).tell(online)
      return story
    }

    it('stops making a period per flap after the fourth fall', () => {
      const story = flap(new Story('online'), 20)
      assert.equal(story.changes.length, 7, story.changes.join('\n'))
      assert.equal(story.standing.status, 'offline')
    })

    it('believes it again after ten good sweeps in a row, not before', () => {
      const story = flap(new Story('online'), 6)
      const before = story.changes.length
      for (let sweep = 0; sweep < 8; sweep++) story.tell(online)
      assert.equal(story.changes.length, before)
      assert.match(story.tell(online).changes.at(-1) ?? '', /^online/)
    })

    it('does not suspect a camera that fell four times over a long time', () => {
      const story = new Story('online')
      for (let time = 0; time < 5; time++) {
        story.tell(dead).tell(dead).tell(online)
        story.nowMs += rule.flapWindowMs
      }
      assert.equal(story.standing.status, 'online')
    })

    it('does not count our own trouble as the camera’s falls', () => {
      const story = new Story('online')
      const ours = verdict('unknown', 'transcoder_missing', 'picture')
      for (let time = 0; time < 6; time++) story.tell(ours).tell(online)
      assert.equal(story.standing.status, 'online')
    })
  })
})
