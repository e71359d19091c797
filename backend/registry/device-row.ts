// Owns the columns that hold a device, and the way between them and a Device; every table that keeps devices has these.
import { z } from 'zod'
import { profileSchema } from '#contract/cameras.ts'
import { streamKindSchema } from '#contract/live.ts'
import { column, rowBool, rowJson } from '../storage/index.ts'
import type { Device } from './camera.ts'

export const deviceColumns = {
  address: column.text(45),
  onvif_port: column.int(true),
  manufacturer: column.text(128),
  model: column.text(128),
  firmware: column.text(128),
  serial: column.text(128),
  mac: column.text(17),
  has_ptz: column.bool(),
  clock_offset_ms: column.bigint(true),
  profiles: column.json(),
  stream_paths: column.json(),
}

const streamPathSchema = z.object({
  stream: streamKindSchema,
  tls: z.boolean(),
  port: z.number().int(),
  path: z.string(),
})

/** Fields of a row schema: `z.object({ ...deviceFields, … })`. */
export const deviceFields = {
  address: z.string(),
  onvif_port: z.number().int().nullable(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  serial: z.string(),
  mac: z.string(),
  has_ptz: rowBool,
  clock_offset_ms: z.coerce.number().nullable(),
  profiles: rowJson(z.array(profileSchema)),
  stream_paths: rowJson(z.array(streamPathSchema)),
}
const parsedFields = z.object(deviceFields)

export function deviceOfRow(row: z.output<typeof parsedFields>): Device {
  return {
    address: row.address,
    onvifPort: row.onvif_port,
    manufacturer: row.manufacturer,
    model: row.model,
    firmware: row.firmware,
    serial: row.serial,
    mac: row.mac,
    hasPtz: row.has_ptz,
    clockOffsetMs: row.clock_offset_ms,
    profiles: row.profiles,
    streamPaths: row.stream_paths,
  }
}

export function deviceToRow(device: Device): Record<keyof typeof deviceColumns, string | number | boolean | null> {
  return {
    address: device.address,
    onvif_port: device.onvifPort,
    manufacturer: device.manufacturer,
    model: device.model,
    firmware: device.firmware,
    serial: device.serial,
    mac: device.mac,
    has_ptz: device.hasPtz,
    clock_offset_ms: device.clockOffsetMs === null ? null : Math.round(device.clockOffsetMs),
    profiles: JSON.stringify(device.profiles),
    stream_paths: JSON.stringify(device.streamPaths),
  }
}
