// Owns how the 27 fields of the 一机一档 are laid out in the console: six groups, and what each field is entered with.
// Refuses: what is required or valid; the contract's archive schema says that.
import {
  archiveHeadings,
  cameraTypes,
  departments,
  deviceStatuses,
  directions,
  functionTypes,
  pointTypes,
  positionTypes,
  supplementLights,
  vendors,
  type Archive,
} from '#contract/archive.ts'

export type ArchiveKey = keyof Archive
export type ArchiveValue = Archive[ArchiveKey]
/** An archive while it is being edited: any field may hold what is not valid yet. */
export type ArchiveDraft = Record<ArchiveKey, ArchiveValue>

/** Lists of codes by the name under which the locales have their words: `registry.vendors.1`. */
export const codeLists = { vendors, pointTypes, cameraTypes, functionTypes, supplementLights, positionTypes, directions, deviceStatuses, departments } as const
export type CodeList = keyof typeof codeLists

export type FieldEntry =
  | { kind: 'text'; most: number }
  | { kind: 'code'; list: CodeList }
  | { kind: 'codes'; list: CodeList }
  | { kind: 'codec' | 'date' | 'yes-no' }
  | { kind: 'number'; least: number; most: number; decimals: number }

export const fieldEntries: Record<ArchiveKey, FieldEntry> = {
  gbCode: { kind: 'text', most: 20 },
  name: { kind: 'text', most: 50 },
  vendor: { kind: 'code', list: 'vendors' },
  civilCode: { kind: 'text', most: 8 },
  pointType: { kind: 'code', list: 'pointTypes' },
  model: { kind: 'text', most: 64 },
  alias: { kind: 'text', most: 50 },
  ipv4: { kind: 'text', most: 15 },
  ipv6: { kind: 'text', most: 45 },
  mac: { kind: 'text', most: 17 },
  cameraType: { kind: 'code', list: 'cameraTypes' },
  functionTypes: { kind: 'codes', list: 'functionTypes' },
  supplementLight: { kind: 'code', list: 'supplementLights' },
  codec: { kind: 'codec' },
  address: { kind: 'text', most: 100 },
  longitude: { kind: 'number', least: -180, most: 180, decimals: 6 },
  latitude: { kind: 'number', least: -90, most: 90, decimals: 6 },
  positionTypes: { kind: 'codes', list: 'positionTypes' },
  direction: { kind: 'code', list: 'directions' },
  networked: { kind: 'yes-no' },
  policeCode: { kind: 'text', most: 12 },
  installedOn: { kind: 'date' },
  managementUnit: { kind: 'text', most: 60 },
  managementContact: { kind: 'text', most: 60 },
  recordDays: { kind: 'number', least: 0, most: 3650, decimals: 0 },
  deviceStatus: { kind: 'code', list: 'deviceStatuses' },
  departments: { kind: 'codes', list: 'departments' },
}

export const fieldGroups = [
  { group: 'identity', keys: ['gbCode', 'name', 'alias', 'civilCode', 'policeCode', 'pointType'] },
  { group: 'device', keys: ['vendor', 'model', 'cameraType', 'functionTypes', 'supplementLight', 'codec'] },
  { group: 'network', keys: ['ipv4', 'ipv6', 'mac', 'networked'] },
  { group: 'place', keys: ['address', 'longitude', 'latitude', 'positionTypes', 'direction'] },
  { group: 'management', keys: ['managementUnit', 'managementContact', 'departments', 'installedOn'] },
  { group: 'keeping', keys: ['recordDays', 'deviceStatus'] },
] as const satisfies readonly { group: string; keys: readonly ArchiveKey[] }[]

const archiveKeys = Object.keys(fieldEntries).filter((key): key is ArchiveKey => key in fieldEntries)

/** The field under a heading of the import and export file. */
export const keyOfHeading = (heading: string): ArchiveKey | undefined => archiveKeys.find((key) => archiveHeadings[key] === heading)

const isEmpty = (value: ArchiveValue): boolean => value === '' || value === null || (Array.isArray(value) && value.length === 0)

/**
 * Keys whose values differ between two archives.
 * @param unread fields that the server could not read as they are stored: what stands there instead is a change once it is saved
 */
export const changedKeys = (before: ArchiveDraft, after: ArchiveDraft, unread: readonly string[] = []): ArchiveKey[] =>
  archiveKeys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]) || (unread.includes(key) && !isEmpty(after[key])))
