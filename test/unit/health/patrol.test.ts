// Owns proof of the patrol's round on a clock that stands still: bounded, first looks first, spread, confirmed.
import assert from 'node:assert/strict'
import { newId } from '#base/ids.ts'
import type { CameraId } from '#contract/ids.ts'
import { Patrol, type ProofOutcome } from '../../../backend/health/patrol.ts'
import { FakeClock } from '../base/fake-clock.ts'

const periodMs = 600_000

/** A round over cameras whose proofs take `lookMs`; `outcome` says how each ends. */
class Round {
  readonly clock = new FakeClock()
  readonly looks: { cameraId: CameraId; atMs: number }[] = []
  readonly ids: CameraId[]
  atOnce = 0
  places = 6
  most = 0
  outcome: (cameraId: CameraId) => ProofOutcome = () => 'proven'
  #chance = 0
  readonly patrol: Patrol

  constructor(cameras: number, lookMs = 1_000) {
    this.ids = Array.from({ length: cameras }, (_, index) => newId<CameraId>(index))
    this.patrol = new Patrol({
      clock: this.clock,
      chance: () => (this.#chance = (this.#chance + 0.618034) % 1),
      prove: (cameraId) => {
        this.looks.push({ cameraId, atMs: this.clock.monotonicMs() })
        this.most = Math.max(this.most, ++this.atOnce)
        return new Promise((resolve) =>
          this.clock.after(lookMs, () => {
            this.atOnce--
            resolve(this.outcome(cameraId))
          }),
        )
      },
      atOnce: () => this.places,
      periodMs,
      runningPeriodMs: 60_000,
      failingPeriodMs: 60_000,
    })
    this.patrol.start()
    for (const id of this.ids) this.patrol.add(id, false)
  }

  /** Moves time second by second, letting what was awaited go on in between. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  of(cameraId: CameraId | undefined): number[] {
    return this.looks.filter((look) => look.cameraId === cameraId).map((look) => look.atMs)
  }
}

describe('the patrol', () => {
  it('looks at fewer pictures at once while it may not do more, and goes on with one', async () => {
    const round = new Round(40)
    round.places = 1
    await round.pass(8)
    assert.ok(round.looks.length <= 15, `${round.looks.length} looks`)
    const before = round.looks.length
    await round.pass(4)
    assert.ok(round.atOnce <= 1, `${round.atOnce} at once`)
    assert.ok(round.looks.length > before, 'it stands still')
  })

  it('looks at all 185 cameras within a minute of the start, six at a time', async () => {
    const round = new Round(185, 1_500)
    await round.pass(65)
    assert.equal(new Set(round.looks.map((look) => look.cameraId)).size, 185)
    assert.equal(round.most, 6)
    assert.equal(round.patrol.waiting, 0)
  })

  it('looks at every camera at least once in every period afterwards, spread evenly', async () => {
    const round = new Round(60)
    await round.pass(2_400)
    for (const id of round.ids) {
      const times = round.of(id)
      const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
      assert.ok(gaps.length >= 3 && Math.max(...gaps) <= periodMs, `${id}: ${gaps}`)
    }
    const perMinute = Array.from({ length: 10 }, (_, minute) => round.looks.filter(({ atMs }) => atMs >= 1_200_000 + minute * 60_000 && atMs < 1_260_000 + minute * 60_000).length)
    assert.ok(Math.max(...perMinute) <= 12, `looks per minute ${perMinute}`)
  })

  it('looks again 15 to 30 s after a failure, then at growing intervals up to the limit', async () => {
    const round = new Round(1)
    round.outcome = () => 'failed'
    await round.pass(400)
    const times = round.of(round.ids[0])
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
    assert.ok((gaps[0] ?? 0) >= 15_000 && (gaps[0] ?? 0) <= 32_000, `first ${gaps[0]}`)
    assert.ok(Math.max(...gaps) <= 63_000, `gaps ${gaps}`)
  })

  it('looks at an urgent camera before all that are waiting', async () => {
    const round = new Round(60)
    const last = round.ids.at(-1)
    assert.ok(last)
    round.patrol.add(last, true)
    await round.pass(2)
    assert.ok(round.of(last).length === 1)
  })

  it('looks again after a look during which it was asked for', async () => {
    const round = new Round(1, 5_000)
    const [only] = round.ids
    assert.ok(only)
    await round.pass(2)
    round.patrol.add(only, true)
    await round.pass(5)
    assert.equal(round.of(only).length, 2)
  })

  it('leaves a camera that was taken off the round alone', async () => {
    const round = new Round(1)
    await round.pass(2)
    round.patrol.remove(round.ids[0] ?? newId<CameraId>(9))
    await round.pass(1_300)
    assert.equal(round.looks.length, 1)
  })

  it('looks at running streams every minute', async () => {
    const round = new Round(1)
    await round.pass(2)
    round.patrol.setRunning(new Set(round.ids))
    await round.pass(300)
    assert.ok(round.looks.length >= 5, `${round.looks.length} looks`)
  })

  it('starts no look after stop, and stop waits for those under way', async () => {
    const round = new Round(20, 3_000)
    let stopped = false
    const stopping = round.patrol.stop().then(() => (stopped = true))
    await round.pass(1)
    assert.equal(stopped, false)
    await round.pass(10)
    await stopping
    assert.equal(round.looks.length, 6)
  })
})
