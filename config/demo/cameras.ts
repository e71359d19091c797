// Owns the demo's cameras: a full 一机一档 for each site, the same on every run.
// Refuses: what only the device knows (address, MAC, vendor, model, codec); `withDevice` joins the two.
import { archiveOfDevice, directions, type Archive } from '#contract/archive.ts'
import { cyclic, demoCameraCount, sitesFor, type Site } from './sites.ts'
import { demoDistrictName, demoDivisionCode } from './units.ts'

export type DemoArchive = Omit<Archive, keyof ReturnType<typeof archiveOfDevice>>
export interface DemoCamera {
  /** 1-based number of the simulated device behind it. */
  fleetIndex: number
  unitCode: string
  archive: DemoArchive
}

/** WGS-84 degrees; in the middle of a desert, on purpose. */
const centre = { longitude: 100, latitude: 41 }

/** A well-spread number in [0, size) for a camera and a purpose; the same on every machine. */
function spread(fleetIndex: number, purpose: number, size: number): number {
  let mixed = Math.imul(fleetIndex + purpose * 65_537, 2_654_435_761)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 2_246_822_519)
  return ((mixed ^ (mixed >>> 13)) >>> 0) % size
}

/** Degrees with six decimals, within about 3 km of the centre; each station's cameras lie together. */
function coordinate(from: number, site: Site, fleetIndex: number, purpose: number): number {
  const quarter = ((Number(site.policeCode.slice(6, 8)) * (purpose === 1 ? 3 : 7)) % 11) * 3_000 - 15_000
  return Math.round((from + (quarter + spread(fleetIndex, purpose, 6_000)) / 1e6) * 1e6) / 1e6
}

function installedOn(fleetIndex: number): string {
  const year = 2021 + spread(fleetIndex, 3, 4)
  const month = 1 + spread(fleetIndex, 4, 12)
  const day = 1 + spread(fleetIndex, 5, 28)
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** A handful of archives are not 合格, each in another way, so that the console has something to report. */
const leftEmpty: Readonly<Record<number, Partial<DemoArchive>>> = {
  19: { managementContact: '' },
  43: { installedOn: '' },
  77: { longitude: null, latitude: null },
  101: { direction: null },
  138: { address: '' },
  166: { installedOn: '', managementContact: '' },
}

function archiveOf(site: Site, fleetIndex: number): DemoArchive {
  const { kind } = site
  // Every fifth simulated device has PTZ (test/fleet); a dome is what such a device is.
  const hasPtz = fleetIndex % 5 === 1
  const cameraType = hasPtz ? 1 : kind.fixedType
  const direction = hasPtz || cameraType === 2 ? 9 : 1 + spread(fleetIndex, 6, 8)
  const [east, north] = [1 + spread(fleetIndex, 7, 9), 1 + spread(fleetIndex, 8, 9)].map((number) => cyclic(['一', '二', '三', '四', '五', '六', '七', '八', '九'], number - 1))
  const stationNumber = site.policeCode.slice(6, 8)
  return {
    gbCode: `${demoDivisionCode}${stationNumber}${kind.industry}1320${String(fleetIndex).padStart(6, '0')}`,
    name: `${site.street || '矿区'}${site.community}经${east}路${kind.point}${direction === 9 ? '' : `${labelOf(direction)}侧`}`,
    civilCode: demoDivisionCode,
    pointType: kind.pointType,
    alias: `${site.community}${kind.alias}`,
    cameraType,
    functionTypes: kind.functionTypes,
    supplementLight: kind.fixedType === 5 ? 3 : 2,
    address: `${demoDistrictName}${site.street}经${east}路与纬${north}路交叉口${site.community}${kind.point}`,
    longitude: coordinate(centre.longitude, site, fleetIndex, 1),
    latitude: coordinate(centre.latitude, site, fleetIndex, 2),
    positionTypes: kind.positionTypes,
    direction,
    networked: true,
    policeCode: site.policeCode,
    installedOn: installedOn(fleetIndex),
    managementUnit: site.managementUnit,
    managementContact: '值班室内线',
    recordDays: kind.functionTypes.includes(1) ? 90 : 30,
    deviceStatus: 1,
    departments: [1],
    ...leftEmpty[fleetIndex],
  }
}

const labelOf = (direction: number) => Object.entries(directions).find(([code]) => Number(code) === direction)?.[1] ?? ''

/** Cameras for a fleet of any size: the first ones of the district, or the district and further ones. */
export function demoCamerasFor(count: number): DemoCamera[] {
  const seen = new Map<string, number>()
  return sitesFor(count).map((site, at) => {
    const archive = archiveOf(site, at + 1)
    const nth = (seen.get(archive.name) ?? 0) + 1
    seen.set(archive.name, nth)
    return { fleetIndex: at + 1, unitCode: site.unitCode, archive: nth === 1 ? archive : { ...archive, name: `${archive.name}${nth}号机` } }
  })
}

export const demoCameras: readonly DemoCamera[] = demoCamerasFor(demoCameraCount)

/** The whole archive: what the district knows about a camera, and what its device said. */
export function withDevice(archive: DemoArchive, device: Parameters<typeof archiveOfDevice>[0]): Archive {
  return { ...archive, ...archiveOfDevice(device) }
}
