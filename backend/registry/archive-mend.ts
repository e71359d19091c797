// Owns reading an archive that the contract no longer takes (written past the program, or by an older version): field by
// field, what can be saved is. Refuses: good archives, which are read strictly, and writing anything back.
import { archiveSchema, type Archive } from '#contract/archive.ts'
import { asPlainLine } from '#contract/wire.ts'
import { archiveKeys } from './archive-column.ts'

/** What the row's own columns say, for when the archive does not. */
export interface ArchiveColumnsOfRow {
  gbCode: string
  name: string
  deviceStatus: number
}

export interface MendedArchive {
  archive: Archive
  /** Fields whose stored value was refused, in the order of the template; all of them when there was no archive at all. */
  unread: (keyof Archive)[]
}

/** The value of a field that nobody filled in; where the template knows no empty one, its 其他, 未知 or least. */
const notFilledIn: Omit<Archive, keyof ArchiveColumnsOfRow | 'civilCode'> = {
  vendor: 99, pointType: 9, model: '', alias: '', ipv4: '', ipv6: '', mac: '', cameraType: 99, functionTypes: [], supplementLight: null,
  codec: '', address: '', longitude: null, latitude: null, positionTypes: [], direction: null, networked: false, policeCode: '',
  installedOn: '', managementUnit: '', managementContact: '', recordDays: 30, departments: [],
}

/** @param stored the JSON text of the archive column, whatever it holds */
export function mendArchive(stored: unknown, columns: ArchiveColumnsOfRow): MendedArchive {
  const fields = fieldsOf(stored)
  const gbCode = archiveSchema.shape.gbCode.catch('0'.repeat(20)).parse(columns.gbCode)
  const fallback: Archive = {
    ...notFilledIn,
    gbCode,
    name: archiveSchema.shape.name.catch(gbCode).parse(asPlainLine(columns.name, 50)),
    civilCode: gbCode.slice(0, 6),
    deviceStatus: archiveSchema.shape.deviceStatus.catch(1).parse(columns.deviceStatus),
  }
  const saved = archiveKeys.map((key) => ({ key, ...savedField(key, fields.get(key)) }))
  return {
    archive: archiveSchema.parse({ ...fallback, ...Object.fromEntries(saved.filter(({ value }) => value !== undefined).map(({ key, value }) => [key, value])) }),
    unread: saved.filter(({ good }) => !good).map(({ key }) => key),
  }
}

function fieldsOf(stored: unknown): Map<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(String(stored))
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [])
  } catch {
    return new Map()
  }
}

/** @returns the value as it is when it is good, cleaned when that makes it good, undefined when nothing does */
function savedField(key: keyof Archive, value: unknown): { value: unknown; good: boolean } {
  const shape = archiveSchema.shape[key]
  const asItIs = shape.safeParse(value)
  if (asItIs.success) return { value: asItIs.data, good: true }
  const cleaned = typeof value === 'string' ? asPlainLine(value) : Array.isArray(value) ? value.filter((item) => shape.safeParse([item]).success) : undefined
  return { value: shape.safeParse(cleaned).data, good: false }
}
