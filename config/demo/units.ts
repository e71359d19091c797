// Owns the demo district's units: one 分局, six 派出所, forty 警务室. Everything here is invented; 149903 is no division.
// Refuses: ids, which the seed makes; a unit is named by its code.
import type { Tier } from '#contract/units.ts'

export interface DemoUnit {
  code: string
  parentCode: string | null
  tier: Tier
  name: string
}

/** Fictitious division code (GB/T 2260 form); no prefecture has 99. */
export const demoDivisionCode = '149903'
export const demoDistrictName = 'XX市矿区'
export const bureauCode = `${demoDivisionCode}000000`

export interface DemoStation {
  code: string
  /** Street of the station; each has one, by assumption. */
  street: string
  /** Names of its communities, without 警务室. */
  communities: string[]
  /** Cameras that hang on the station itself, and on each community in order. */
  ownCameras: number
  communityCameras: number[]
}

const ordinals = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九']
function ordinal(value: number): string {
  const tens = Math.floor(value / 10)
  const ones = value % 10
  return `${tens > 1 ? ordinals[tens] : ''}${tens > 0 ? '十' : ''}${ones > 0 || tens === 0 ? ordinals[ones] : ''}`
}
const generic = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `第${ordinal(from + at)}社区`)

/** 派出所 codes use 51–56 as digits seven and eight. */
const stationCode = (number: number) => `${demoDivisionCode}5${number}0000`

export const demoStations: readonly DemoStation[] = [
  { code: stationCode(1), street: '平潭街', communities: ['中沙坪社区', '刘家垴社区', '枣岭山社区', ...generic(4, 7)], ownCameras: 4, communityCameras: [5, 4, 4, 4, 4, 3, 3] },
  { code: stationCode(2), street: '二号街', communities: generic(8, 14), ownCameras: 5, communityCameras: [4, 4, 4, 4, 4, 4, 3] },
  { code: stationCode(3), street: '三号街', communities: generic(15, 21), ownCameras: 4, communityCameras: [4, 4, 4, 4, 4, 4, 3] },
  { code: stationCode(4), street: '四号街', communities: generic(22, 28), ownCameras: 4, communityCameras: [4, 4, 4, 4, 4, 3, 3] },
  { code: stationCode(5), street: '五号街', communities: generic(29, 34), ownCameras: 4, communityCameras: [5, 4, 4, 4, 4, 4] },
  { code: stationCode(6), street: '六号街', communities: generic(35, 40), ownCameras: 4, communityCameras: [4, 4, 4, 4, 4, 4] },
]

export const stationName = (station: DemoStation): string => `${station.street}派出所`
/** A 警务室 has no 机构代码 of its own: the station's with a local suffix. */
export const communityCode = (station: DemoStation, position: number): string => `${station.code}${String(position + 1).padStart(2, '0')}`

const communityName = (community: string) => `${community.startsWith('第') ? community : community.replace(/社区$/, '')}警务室`

/** Parents come before their children. */
export const demoUnits: readonly DemoUnit[] = [
  { code: bureauCode, parentCode: null, tier: 'bureau', name: 'XX市公安局矿区分局' },
  ...demoStations.flatMap((station): DemoUnit[] => [
    { code: station.code, parentCode: bureauCode, tier: 'station', name: stationName(station) },
    ...station.communities.map(
      (name, position): DemoUnit => ({ code: communityCode(station, position), parentCode: station.code, tier: 'community', name: communityName(name) }),
    ),
  ]),
]
