// Owns reading the configuration: defaults, then a YAML file, then the environment. Unknown keys stop the start.
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { StartError } from '#base/start-error.ts'
import { configSchema, type Config } from './schema.ts'

export class ConfigError extends StartError {
  constructor(message: string) {
    super('config_refused', message)
    this.name = 'ConfigError'
  }
}

const fileSchema = z.record(z.string(), z.record(z.string(), z.unknown()).nullable()).nullable()

/**
 * @param environment CONFIG_FILE, PORT, HOST, DATA_DIR, DATABASE_URL, LOG_LEVEL, CAMERA_NETWORKS (comma-separated) are read.
 * @throws ConfigError naming every wrong key
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const raw = readFile(environment['CONFIG_FILE'])
  const set = (section: string, key: string, value: unknown) => {
    if (value !== undefined && value !== '') raw[section] = { ...raw[section], [key]: value }
  }
  set('server', 'host', environment['HOST'])
  set('server', 'port', environment['PORT'])
  set('storage', 'dataDir', environment['DATA_DIR'])
  set('storage', 'databaseUrl', environment['DATABASE_URL'])
  set('log', 'level', environment['LOG_LEVEL'])
  set('cameras', 'networks', environment['CAMERA_NETWORKS']?.split(',').map((block) => block.trim()))
  const parsed = configSchema.safeParse(raw)
  if (!parsed.success) {
    throw new ConfigError(`these keys are not as they must be:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`)
  }
  return parsed.data
}

function readFile(path: string | undefined): Record<string, Record<string, unknown>> {
  if (path === undefined || path === '') return {}
  if (!existsSync(path)) throw new ConfigError(`CONFIG_FILE ${path} does not exist`)
  const parsed = fileSchema.safeParse(parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new ConfigError(`CONFIG_FILE ${path} is not a map of sections`)
  return Object.fromEntries(Object.entries(parsed.data ?? {}).map(([section, keys]) => [section, keys ?? {}]))
}
