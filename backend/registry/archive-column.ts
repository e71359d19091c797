// Owns the columns of the archive file: for each archive key how a cell is read and written, and the rule it must keep.
// Refuses: values of its own; what a column may hold is the contract's archiveSchema.
import {
  archiveHeadings, archiveSchema, cameraTypes, departments, deviceStatuses, directions, functionTypes, pointTypes, positionTypes,
  supplementLights, vendors, type Archive,
} from '#contract/archive.ts'
import { readCode, readCodes, readDate, readNetworked, readNumber, writeCode, writeCodes } from './archive-cell.ts'

interface ArchiveColumn {
  /** The sentence that a refused cell gets; one per column, so that the console can translate it by column. */
  rule: string
  /** @returns what archiveSchema judges; undefined for a cell that cannot be read */
  read: (cell: string) => unknown
  write: (archive: Archive) => string
}

const asIs = (cell: string) => cell
const text = (rule: string, write: ArchiveColumn['write'], read: ArchiveColumn['read'] = asIs): ArchiveColumn => ({ rule, read, write })
const listed = 'must be one of the listed codes or labels'
const severalListed = 'must be listed codes or labels, several joined by "/"'
const line = (max: number) => `must be one line of at most ${max} characters`

export const archiveColumns: Readonly<Record<keyof Archive, ArchiveColumn>> = {
  gbCode: text('must be 20 digits; a spreadsheet must keep the column as text', (archive) => archive.gbCode),
  name: text('must be one line of 1 to 50 characters', (archive) => archive.name),
  vendor: { rule: listed, read: readCode(vendors), write: (archive) => writeCode(vendors, archive.vendor) },
  civilCode: text('must be 6 or 8 digits', (archive) => archive.civilCode),
  pointType: { rule: listed, read: readCode(pointTypes), write: (archive) => writeCode(pointTypes, archive.pointType) },
  model: text(line(64), (archive) => archive.model),
  alias: text(line(50), (archive) => archive.alias),
  ipv4: text('must be an IPv4 address', (archive) => archive.ipv4),
  ipv6: text('must be an IPv6 address', (archive) => archive.ipv6),
  mac: text('must be XX-XX-XX-XX-XX-XX', (archive) => archive.mac, (cell) => cell.toUpperCase().replaceAll(':', '-')),
  cameraType: { rule: listed, read: readCode(cameraTypes), write: (archive) => writeCode(cameraTypes, archive.cameraType) },
  functionTypes: { rule: severalListed, read: readCodes(functionTypes), write: (archive) => writeCodes(functionTypes, archive.functionTypes) },
  supplementLight: { rule: listed, read: readCode(supplementLights), write: (archive) => writeCode(supplementLights, archive.supplementLight) },
  codec: text('must be one of the listed codecs', (archive) => archive.codec),
  address: text(line(100), (archive) => archive.address),
  longitude: { rule: 'must be a number from -180 to 180', read: readNumber, write: (archive) => number(archive.longitude) },
  latitude: { rule: 'must be a number from -90 to 90', read: readNumber, write: (archive) => number(archive.latitude) },
  positionTypes: { rule: severalListed, read: readCodes(positionTypes), write: (archive) => writeCodes(positionTypes, archive.positionTypes) },
  direction: { rule: listed, read: readCode(directions), write: (archive) => writeCode(directions, archive.direction) },
  networked: { rule: 'must be 已联网 or 未联网', read: readNetworked, write: (archive) => (archive.networked ? '已联网' : '未联网') },
  policeCode: text('must be 12 digits', (archive) => archive.policeCode),
  installedOn: text('must be a date YYYY-MM-DD', (archive) => archive.installedOn, readDate),
  managementUnit: text(line(60), (archive) => archive.managementUnit),
  managementContact: text(line(60), (archive) => archive.managementContact),
  recordDays: { rule: 'must be a whole number from 30 to 3650', read: readNumber, write: (archive) => number(archive.recordDays) },
  deviceStatus: { rule: listed, read: readCode(deviceStatuses), write: (archive) => writeCode(deviceStatuses, archive.deviceStatus) },
  departments: { rule: severalListed, read: readCodes(departments), write: (archive) => writeCodes(departments, archive.departments) },
}

function number(value: number | null): string {
  return value === null ? '' : String(value)
}

/** In the order of the template. */
export const archiveKeys: readonly (keyof Archive)[] = archiveSchema.keyof().options
export const unitCodeHeading = '所属单位编码'
export const fileHeadings: readonly string[] = [...archiveKeys.map((key) => archiveHeadings[key]), unitCodeHeading]

/** Columns whose cells are numbers: a leading minus there is no formula. */
const numeric: ReadonlySet<keyof Archive> = new Set(['longitude', 'latitude', 'recordDays'])
export const isNumeric = (key: keyof Archive): boolean => numeric.has(key)
