// Owns holding the record against the rules: what is new every few minutes, and a time when somebody asks.
// Refuses: reading the whole log. It goes on where it stopped, and reads of a person's day what that person did.
import { beijingDayStartMs, dayMs as dayLengthMs } from '#base/beijing-time.ts'
import type { Clock, Timer } from '#base/clock.ts'
import { newId, type RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { CameraId, IrregularityId, UnitId, UserId } from '#contract/ids.ts'
import type { UnitStore, User, UserStore } from '../access/index.ts'
import { systemActor, type AuditStore, type AuditTrail } from '../audit/index.ts'
import { isUniqueViolation, toInstant, type Storage } from '../storage/index.ts'
import { deedOf, judgedActions, type Deed } from './deed.ts'
import type { Irregularity } from './irregularity.ts'
import type { IrregularityStore, Known } from './irregularity-store.ts'
import { judge, marginOf, type Limits, type Suspicion } from './oversight-rules.ts'

export interface OversightWatchDeps {
  storage: Storage
  clock: Clock
  random: RandomBytes
  logger: Logger
  trail: AuditTrail
  entries: Pick<AuditStore, 'head' | 'lastBefore' | 'actsBetween' | 'byPerson' | 'daysOf'>
  users: Pick<UserStore, 'byId' | 'inUnits'>
  units: UnitStore
  irregularities: IrregularityStore
  limits: Limits
}

const rowsAtOnce = 5_000

export class OversightWatch {
  readonly #deps: OversightWatchDeps
  #timer: Timer | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(deps: OversightWatchDeps) {
    this.#deps = deps
  }

  start(): void {
    const look = () => void this.look().catch((error: unknown) => this.#deps.logger.error({ error }, 'the record could not be held against the rules of oversight'))
    this.#timer = this.#deps.clock.every(this.#deps.limits.periodMs, look)
    look()
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#turn
  }

  /** Judges the days of everybody who did something since the last look. Gives how many irregularities were raised. */
  look(): Promise<number> {
    return this.#inTurn(async () => {
      const { storage, clock, entries, irregularities, limits } = this.#deps
      const { seq: head } = await entries.head()
      let readTo = (await irregularities.readTo()) ?? (await entries.lastBefore(clock.now() - limits.lookBackDays * dayLengthMs))
      let raised = 0
      while (readTo < head) {
        const upTo = Math.min(readTo + rowsAtOnce, head)
        const days = new Map<UserId, Set<number>>()
        for (const { actorId, atMs } of await entries.actsBetween(readTo, upTo, judgedActions)) {
          const touched = days.get(actorId) ?? new Set()
          // A deed near midnight may complete a stretch of the day beside it.
          for (const near of [atMs - marginOf(limits), atMs, atMs + marginOf(limits)]) touched.add(beijingDayStartMs(near))
          days.set(actorId, touched)
        }
        for (const [userId, touched] of days) raised += await this.#judgeDays(userId, [...touched])
        await storage.transaction((tx) => irregularities.setReadTo(tx, upTo))
        readTo = upTo
      }
      return raised
    })
  }

  /** Judges a time of everybody of these units now. Days are judged whole. */
  judge(unitIds: readonly UnitId[], fromMs: number, toMs: number): Promise<{ people: number; raised: number }> {
    return this.#inTurn(async () => {
      const { users, entries } = this.#deps
      const people = await users.inUnits(unitIds)
      let raised = 0
      for (const { id } of people) raised += await this.#judgeDays(id, await entries.daysOf(id, fromMs, toMs))
      return { people: people.length, raised }
    })
  }

  async #judgeDays(userId: UserId, days: readonly number[]): Promise<number> {
    const person = days.length === 0 ? null : await this.#deps.users.byId(userId)
    if (person === null) return 0
    let raised = 0
    for (const dayMs of days) raised += await this.#judgeDay(person, dayMs)
    return raised
  }

  async #judgeDay(person: User, dayMs: number): Promise<number> {
    const { entries, irregularities, limits } = this.#deps
    const margin = marginOf(limits)
    const deeds: Deed[] = []
    for await (const rows of entries.byPerson(person.id, judgedActions, dayMs - margin, dayMs + dayLengthMs + margin)) {
      deeds.push(...rows.filter(({ outcome }) => outcome === 'done').map(deedOf))
    }
    const day = { person, fromMs: dayMs, toMs: dayMs + dayLengthMs, deeds }
    // What people have answered for only takes away: most days end here.
    if (judge(day, limits).length === 0) return 0
    const known = await irregularities.ofDay(person.id, dayMs)
    const settled = (rule: string, seq: number) => known.some((one) => one.rule === rule && one.state !== 'open' && one.seqs.has(seq))
    let raised = 0
    for (const suspicion of judge(day, limits, settled)) {
      const same = known.filter((one) => one.rule === suspicion.rule && (one.camera?.id ?? null) === (suspicion.camera?.id ?? null))
      const open = same.find(({ state }) => state === 'open')
      if (open !== undefined) await this.#grow(open, suspicion)
      else if (await this.#raise(person, dayMs, same.length + 1, suspicion)) raised++
    }
    return raised
  }

  /** False when another machine has just found the same. */
  async #raise(person: User, dayMs: number, number: number, { rule, camera, deeds, measure }: Suspicion): Promise<boolean> {
    const { storage, clock, random, units, trail, irregularities } = this.#deps
    const unitId = deeds.find((deed) => deed.unitId !== null)?.unitId ?? person.unitId
    const officer = { displayName: person.displayName, policeNumber: person.policeNumber, unitName: (await units.tree()).get(unitId)?.name ?? '' }
    const one: Irregularity = {
      id: newId<IrregularityId>(clock.now(), random),
      rule,
      userId: person.id,
      person: officer,
      unitId,
      dayMs,
      camera: camera === null ? null : { id: camera.id as CameraId, name: camera.name },
      number,
      ...spanOf(deeds),
      measure,
      rows: deeds.length,
      raisedAtMs: clock.now(),
      askedAtMs: null,
      state: 'open',
    }
    try {
      await storage.transaction(async (tx) => {
        await irregularities.add(tx, one, deeds.map(({ seq }) => seq))
        await trail.record(tx, systemActor, actOf('oversight.raise', one))
      })
      return true
    } catch (error) {
      if (isUniqueViolation(error)) return false
      throw error
    }
  }

  async #grow(known: Known, { deeds, measure }: Suspicion): Promise<void> {
    const { storage, trail, irregularities } = this.#deps
    const more = deeds.filter(({ seq }) => !known.seqs.has(seq)).map(({ seq }) => seq)
    if (more.length === 0) return
    const span = spanOf(deeds)
    const grown: Irregularity = { ...known, measure, fromMs: Math.min(known.fromMs, span.fromMs), toMs: Math.max(known.toMs, span.toMs), rows: known.rows + more.length }
    try {
      await storage.transaction(async (tx) => {
        // Somebody may have answered meanwhile: the next look makes another one of what is left.
        if (await irregularities.grow(tx, grown, more)) await trail.record(tx, systemActor, actOf('oversight.grow', grown))
      })
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

function spanOf(deeds: readonly Deed[]): { fromMs: number; toMs: number } {
  const times = deeds.map(({ atMs }) => atMs)
  return { fromMs: times.reduce((a, b) => Math.min(a, b)), toMs: times.reduce((a, b) => Math.max(a, b)) }
}

function actOf(action: string, one: Irregularity) {
  const { rule, userId, fromMs, toMs, measure, rows } = one
  return { action, targetKind: 'irregularity', targetId: one.id, targetName: one.person.displayName, cameraId: one.camera?.id ?? '', detail: { rule, userId, from: toInstant(fromMs), to: toInstant(toMs), ...measure, rows } }
}
