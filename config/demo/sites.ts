// Owns where the demo's cameras stand and in which order they are numbered: any first few of them cover all stations.
// Refuses: devices and archives.
import { bureauPoints, communityPoints, stationPoints, type PointKind } from './points.ts'
import { bureauCode, communityCode, demoStations, stationName, type DemoStation } from './units.ts'

export interface Site {
  unitCode: string
  policeCode: string
  /** Empty for the bureau's own. */
  street: string
  /** Empty for a camera of the station itself or of the bureau. */
  community: string
  kind: PointKind
  managementUnit: string
}

/** An item by its number, starting over at the end. @throws RangeError when there is none at all */
export function cyclic<Item>(items: readonly Item[], at: number): Item {
  const item = items[at % items.length]
  if (item === undefined) throw new RangeError('there is nothing to choose from')
  return item
}

/** Items of several lanes in turn: the first of each, then the second of each, … */
function inTurn<Item>(lanes: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(...lanes.map((lane) => lane.length))
  return Array.from({ length: longest }, (_, round) => lanes.flatMap((lane) => lane.slice(round, round + 1))).flat()
}

function communitySite(station: DemoStation, position: number, number: number): Site {
  return {
    unitCode: communityCode(station, position),
    policeCode: station.code,
    street: station.street,
    community: cyclic(station.communities, position),
    kind: cyclic(communityPoints, number + position),
    managementUnit: `XX市公安局矿区分局${stationName(station)}`,
  }
}

function stationLane(station: DemoStation): Site[] {
  const communities = station.communityCameras.map((cameras, position) => Array.from({ length: cameras }, (_, number) => communitySite(station, position, number)))
  const own = Array.from({ length: station.ownCameras }, (_, number): Site => ({
    unitCode: station.code,
    policeCode: station.code,
    street: station.street,
    community: '',
    kind: cyclic(stationPoints, number),
    managementUnit: `XX市公安局矿区分局${stationName(station)}`,
  }))
  return inTurn([...communities, own])
}

const bureauLane: readonly Site[] = bureauPoints.map((kind) => ({
  unitCode: bureauCode,
  policeCode: bureauCode,
  street: '',
  community: '',
  kind,
  managementUnit: 'XX市公安局矿区分局科信大队',
}))

const districtSites: readonly Site[] = inTurn([...demoStations.map(stationLane), bureauLane])

/** The number of cameras of the district as it is told. */
export const demoCameraCount = districtSites.length

/** The first `count` sites; beyond the district's own, further ones in its communities. */
export function sitesFor(count: number): Site[] {
  const further = Array.from({ length: Math.max(0, count - districtSites.length) }, (_, at) => {
    const station = cyclic(demoStations, at)
    const round = Math.floor(at / demoStations.length)
    return communitySite(station, round % station.communities.length, 5 + Math.floor(round / station.communities.length))
  })
  return [...districtSites.slice(0, count), ...further]
}
