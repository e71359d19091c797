// Owns the demo's cases: three invented ones, dated just before the demo starts so that the lists look lived in.
// Refuses: persons; members are demo accounts by user name.
import type { caseStatuses, tagCategories } from '#contract/cases.ts'
import { bureauCode, communityCode, demoStations } from './units.ts'

/** A tag that its maker sets once pictures come. The pictures are of that moment, so notes speak of looking over the place. */
export interface DemoTag {
  createdBy: string
  /** Whose cameras it shows: the first that are online. */
  unitCode: string
  cameras: number
  category: (typeof tagCategories)[number]
  note: string
}

export interface DemoCase {
  /** 案件编号; null while there is only a 警情编号. */
  caseNumber: string | null
  incidentNumber: string | null
  title: string
  /** 案件类别 code. */
  category: string
  status: (typeof caseStatuses)[number]
  summary: string
  place: string
  unitCode: string
  occurredFromMs: number
  occurredToMs: number
  createdBy: string
  members: { username: string; duty: 'lead' | 'member' }[]
  tags: DemoTag[]
}

const hourMs = 3_600_000
const beijingOffsetMs = 8 * hourMs

/** Digits of an instant in 北京时间, e.g. `20261123201500`. */
function beijingDigits(atMs: number): string {
  return new Date(atMs + beijingOffsetMs).toISOString().replace(/\D/g, '').slice(0, 14)
}

/** `A` + 机构代码 + YYYYMM + four digits. */
const caseNumber = (unitCode: string, atMs: number, number: number) => `A${unitCode}${beijingDigits(atMs).slice(0, 6)}${String(number).padStart(4, '0')}`
export const incidentNumber = (unitCode: string, atMs: number, number: number) => `${unitCode}${beijingDigits(atMs)}${String(number).padStart(4, '0')}`

/** @param nowMs the moment of the seed, UTC ms */
export function demoCases(nowMs: number): DemoCase[] {
  const first = demoStations[0]?.code ?? bureauCode
  const second = demoStations[1]?.code ?? bureauCode
  const burglary = nowMs - 52 * hourMs
  const scooter = nowMs - 20 * hourMs
  const fight = nowMs - 3 * hourMs
  const room = (position: number) => (demoStations[0] ? communityCode(demoStations[0], position) : first)
  return [
    {
      caseNumber: caseNumber(first, burglary, 12),
      incidentNumber: incidentNumber(first, burglary, 31),
      title: '中沙坪社区入室盗窃案',
      category: '050201',
      status: 'investigating',
      summary: '演示案件：报警称夜间住宅被撬，少量现金丢失。需调阅社区东门、便民市场及公交站视频。',
      place: 'XX市矿区中沙坪社区',
      unitCode: first,
      occurredFromMs: burglary - 4 * hourMs,
      occurredToMs: burglary - hourMs,
      createdBy: 'operator',
      members: [
        { username: 'operator', duty: 'lead' },
        { username: 'investigator', duty: 'member' },
        { username: 'officer', duty: 'member' },
      ],
      tags: [
        { createdBy: 'officer', unitCode: room(0), cameras: 1, category: 'entering', note: '演示标注：复看社区东门点位，可覆盖案发楼栋出入口，需调取案发当晚 18 时以后视频。' },
        { createdBy: 'operator', unitCode: room(1), cameras: 2, category: 'fleeing', note: '演示标注：疑似离开路线沿线两处点位，画面清晰、无遮挡。' },
        { createdBy: 'operator', unitCode: first, cameras: 1, category: 'vehicle', note: '演示标注：路口过往车辆，核对嫌疑车辆特征。' },
      ],
    },
    {
      caseNumber: caseNumber(second, scooter, 7),
      incidentNumber: incidentNumber(second, scooter, 18),
      title: '第八社区电动自行车被盗案',
      category: '050200',
      status: 'filed',
      summary: '演示案件：停车场出入口附近一辆电动自行车被盗。',
      place: 'XX市矿区第八社区',
      unitCode: second,
      occurredFromMs: scooter - 2 * hourMs,
      occurredToMs: scooter,
      createdBy: 'operator2',
      members: [
        { username: 'operator2', duty: 'lead' },
        { username: 'investigator', duty: 'member' },
      ],
      tags: [
        { createdBy: 'operator2', unitCode: second, cameras: 2, category: 'entering', note: '演示标注：停车场出入口及邻近路口，复看可视范围。' },
        { createdBy: 'operator2', unitCode: second, cameras: 1, category: 'other', note: '演示标注：夜间补光正常，可辨认车型。' },
      ],
    },
    {
      caseNumber: null,
      incidentNumber: incidentNumber(first, fight, 5),
      title: '平潭街便民市场纠纷警情',
      category: '990000',
      status: 'received',
      summary: '演示警情：市场内发生口角推搡，尚未立案。',
      place: 'XX市矿区平潭街便民市场',
      unitCode: first,
      occurredFromMs: fight - hourMs / 4,
      occurredToMs: fight,
      createdBy: 'operator',
      members: [{ username: 'operator', duty: 'lead' }],
      tags: [{ createdBy: 'operator', unitCode: room(2), cameras: 1, category: 'witness', note: '演示标注：便民市场周边人员流动情况，联系现场目击群众。' }],
    },
  ]
}
