// Owns what people of the demo watched yesterday: mostly nothing worth a word, and a few things that stand out in the report.
// Refuses: accusing anybody; accounts are roles, and each scene has a harmless reason.
import { beijingDayStartMs, dayMs } from '#base/beijing-time.ts'
import { incidentNumber } from './cases.ts'
import { bureauCode, communityCode, demoStations } from './units.ts'

export interface DemoView {
  /** Place among the cameras of the scene. */
  camera: number
  atMs: number
  forMs: number
}
export interface DemoWatching {
  username: string
  /** Whose cameras, with everything below. */
  unitCode: string
  /** Beyond the own units: the grant and the register entry that it took. */
  beyond: { approvedBy: string; reason: string; note: string; incidentNumber: string } | null
  views: DemoView[]
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** @param nowMs the moment of the seed, UTC ms */
export function demoWatching(nowMs: number): DemoWatching[] {
  const yesterdayMs = beijingDayStartMs(nowMs) - dayMs
  const [first] = demoStations
  const firstCode = first?.code ?? bureauCode
  const at = (hours: number) => yesterdayMs + hours * hourMs
  return [
    // A neighbour helps at a market day: granted, registered as security duty, no case.
    {
      username: 'operator2',
      unitCode: firstCode,
      beyond: { approvedBy: 'chief', reason: '集市安保联勤', note: '集市日跨所联勤巡防，协助查看人流', incidentNumber: incidentNumber(firstCode, at(8.5), 9) },
      views: [0, 1, 2].map((camera) => ({ camera, atMs: at(9.5) + camera * 6 * minuteMs, forMs: 4 * minuteMs })),
    },
    // The same gate again and again, on a day with a noise complaint.
    {
      username: 'officer',
      unitCode: first === undefined ? bureauCode : communityCode(first, 0),
      beyond: null,
      views: [
        ...Array.from({ length: 13 }, (_, visit) => ({ camera: 0, atMs: at(8) + visit * 50 * minuteMs, forMs: 3 * minuteMs })),
        ...[1, 2].map((camera) => ({ camera, atMs: at(8.3) + camera * hourMs, forMs: 5 * minuteMs })),
      ],
    },
    // One quick look through the whole district, and a late evening without a case.
    { username: 'investigator', unitCode: bureauCode, beyond: null, views: Array.from({ length: 44 }, (_, camera) => ({ camera, atMs: at(15) + camera * minuteMs, forMs: 40_000 })) },
    { username: 'investigator', unitCode: bureauCode, beyond: null, views: [3, 4, 5, 6].map((camera, turn) => ({ camera, atMs: at(23.2) + turn * 8 * minuteMs, forMs: 6 * minuteMs })) },
    // A quiet shift, in which nothing stands out.
    { username: 'operator', unitCode: firstCode, beyond: null, views: [0, 1, 2, 3].flatMap((camera) => [8, 14].map((hour) => ({ camera, atMs: at(hour) + camera * 1_000, forMs: 4 * hourMs }))) },
  ]
}
