// Owns the rules over what one person did in one day: each a pure function that gives the deeds it speaks about.
// Refuses: judging the person. A rule says what stands out; people say what it was.
import type { Config } from '#config/schema.ts'
import { oversightRules, type Measure, type OversightRule } from '#contract/oversight.ts'
import type { User } from '../access/index.ts'
import type { Deed } from './deed.ts'
import { denseStretches, distinctCameras, pictureCount } from './dense-stretches.ts'
import { hoursOf, isWithin } from './duty-hours.ts'

export type Limits = Config['oversight']
export type Person = Pick<User, 'id' | 'displayName' | 'policeNumber' | 'unitId' | 'roles'>

/** What is judged: a day by 北京时间, with the deeds of `marginOf` before and behind it, in order of time. */
export interface PersonDay {
  person: Person
  fromMs: number
  toMs: number
  deeds: readonly Deed[]
}
export interface Suspicion {
  rule: OversightRule
  /** The one camera that it is about; null when it is about several. */
  camera: { id: string; name: string } | null
  /** Of the day itself, in order of time; never empty. */
  deeds: readonly Deed[]
  measure: Measure
}
/** Deeds that this rule has spoken about before, and people have answered for: they count no more. */
type JudgedDay = PersonDay & { isSettled: (deed: Deed) => boolean }
type Rule = (day: JudgedDay, limits: Limits) => Suspicion[]

/** Milliseconds before and behind a day whose deeds a rule may count with it. */
export const marginOf = (limits: Limits): number => Math.max(limits.manyCamerasMs, limits.manyPicturesMs, limits.sameWatchMs)

const isView = ({ kind }: Deed): boolean => kind === 'view'
const inDay = ({ fromMs, toMs }: PersonDay) => (deed: Deed): boolean => deed.atMs >= fromMs && deed.atMs < toMs
const counts = (day: JudgedDay) => (deed: Deed): boolean => inDay(day)(deed) && !day.isSettled(deed)

/** Speaks when the day's deeds are as many as the limit. */
function counted(rule: OversightRule, deeds: readonly Deed[], limit: number, more: Partial<Measure> = {}): Suspicion[] {
  return deeds.length < limit ? [] : [{ rule, camera: null, deeds, measure: { figure: deeds.length, limit, ...more } }]
}

const withoutCase: Rule = (day, limits) => counted('without-case', day.deeds.filter(counts(day)).filter((deed) => isView(deed) && deed.beyond && !deed.forCase), limits.withoutCaseViews)

const unusualHours: Rule = (day, limits) => {
  const hours = hoursOf(day.person.roles, limits.dutyHours)
  if (hours === null) return []
  const deeds = day.deeds.filter(counts(day)).filter((deed) => isView(deed) && !deed.forCase && !isWithin(hours, deed.atMs))
  return counted('unusual-hours', deeds, limits.unusualHoursViews, { hours: hours.join(' ') })
}

/**
 * Beginnings of a camera's watchings: a row that comes `sameWatchMs` or later after the row before, of whichever stream.
 * A slow tour goes back to every camera of the unit, so the camera must stand out among the person's others too.
 */
const oneCamera: Rule = (day, limits) => {
  const lastOf = new Map<string, number>()
  const beginnings = new Map<string, Deed[]>()
  for (const deed of day.deeds) {
    if (deed.kind !== 'view' && deed.kind !== 'view-end') continue
    const last = lastOf.get(deed.cameraId) ?? Number.NEGATIVE_INFINITY
    lastOf.set(deed.cameraId, deed.atMs)
    if (deed.kind === 'view' && deed.atMs - last >= limits.sameWatchMs && inDay(day)(deed)) beginnings.set(deed.cameraId, [...(beginnings.get(deed.cameraId) ?? []), deed])
  }
  const total = [...beginnings.values()].reduce((sum, { length }) => sum + length, 0)
  const standsOut = (times: number): boolean => beginnings.size < 2 || times >= (limits.oneCameraFactor * (total - times)) / (beginnings.size - 1)
  return [...beginnings].filter(([, { length }]) => standsOut(length)).flatMap(([id, deeds]) => counted('one-camera', deeds.filter(counts(day)), limits.oneCameraTimes).map((one) => ({ ...one, camera: { id, name: deeds[0]?.cameraName ?? '' } })))
}

/** Cameras beyond the own units have a limit of their own; in the own units the role says how many are usual. */
const manyCameras: Rule = (day, limits) => {
  const { roles } = day.person
  const usual = roles.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...roles.map((role) => limits.manyCameras[role] ?? Number.POSITIVE_INFINITY))
  const views = day.deeds.filter((deed) => isView(deed) && !day.isSettled(deed))
  const parts = [
    { deeds: views.filter(({ beyond }) => beyond), limit: limits.manyCamerasBeyond },
    { deeds: views.filter(({ beyond }) => !beyond), limit: usual },
  ]
  const found = parts.map(({ deeds, limit }) => ({ limit, ...denseStretches(deeds, limits.manyCamerasMs, limit, distinctCameras()) }))
  return ofStretches('many-cameras', day, found, limits.manyCamerasMs)
}

const manyPictures: Rule = (day, limits) => {
  const taken = day.deeds.filter((deed) => deed.pictures > 0 && !day.isSettled(deed))
  return ofStretches('many-pictures', day, [{ limit: limits.manyPictures, ...denseStretches(taken, limits.manyPicturesMs, limits.manyPictures, pictureCount()) }], limits.manyPicturesMs)
}

/** A stretch over midnight gives each of its days its own part. */
function ofStretches(rule: OversightRule, day: JudgedDay, found: readonly { deeds: Deed[]; figure: number; limit: number }[], windowMs: number): Suspicion[] {
  const deeds = found.flatMap((part) => part.deeds).filter(counts(day)).sort((a, b) => a.atMs - b.atMs || a.seq - b.seq)
  const [first] = found.filter((part) => part.deeds.some(counts(day)))
  return first === undefined ? [] : [{ rule, camera: null, deeds, measure: { figure: first.figure, limit: first.limit, windowMs } }]
}

const bulkExport: Rule = (day, limits) => counted('bulk-export', day.deeds.filter(counts(day)).filter(({ kind }) => kind === 'export'), limits.exportsPerDay)

const ownName: Rule = (day, limits) => {
  const own = [day.person.displayName, day.person.policeNumber, day.person.id].filter((text) => text.length >= 2)
  return counted('own-name', day.deeds.filter(counts(day)).filter(({ searched }) => own.some((text) => searched.includes(text))), limits.ownNameSearches)
}

const rules: Readonly<Record<OversightRule, Rule>> = {
  'without-case': withoutCase,
  'unusual-hours': unusualHours,
  'one-camera': oneCamera,
  'many-cameras': manyCameras,
  'many-pictures': manyPictures,
  'bulk-export': bulkExport,
  'own-name': ownName,
}

/**
 * What stands out in the day. More deeds never make a suspicion smaller, but for watchings that turn out to be one.
 * @param isSettled whether a deed, by its place in the chain, counts no more for a rule: people have answered for it
 */
export function judge(day: PersonDay, limits: Limits, isSettled: (rule: OversightRule, seq: number) => boolean = () => false): Suspicion[] {
  return oversightRules.flatMap((rule) => rules[rule]({ ...day, isSettled: ({ seq }) => isSettled(rule, seq) }, limits))
}
