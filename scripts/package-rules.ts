// Owns which packages may be in the lock file: their licences, their install scripts, how exactly they are named.
// Refuses: the network; what is known is package.json, package-lock.json and what is installed.
import { z } from 'zod'

/** Licences under which a closed product may be handed over, as long as their texts go with it. */
export const allowedLicences: ReadonlySet<string> = new Set(['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense', 'Zlib'])

/** One package, or all of a name followed by `*`, under another licence, and why it may stay. */
export const licenceExceptions: Readonly<Record<string, { licence: readonly string[]; why: string }>> = {
  '@ffmpeg-installer/*': { licence: ['LGPL-2.1', 'GPLv3', 'https://git.ffmpeg.org/gitweb/ffmpeg.git/blob_plain/HEAD:/LICENSE.md'], why: 'optional, a program that is started and not linked; for trying things out, never part of what is handed over' },
  'lightningcss*': { licence: ['MPL-2.0'], why: 'of the build; used as it is, and not in what is built' },
  argparse: { licence: ['PSF-2.0'], why: 'of the tests only; permissive, the licence of Python' },
  html: { licence: ['BSD'], why: 'BSD in an old spelling; brought by node-onvif, which needs it at no time that we use' },
}

/** Packages that run a program when they are installed, and why. */
export const allowedInstallScripts: Readonly<Record<string, string>> = {
  '@photostructure/sqlite': 'chooses its prebuilt binary; SQLite',
  esbuild: 'checks its binary; brought by tsx',
  '@ffmpeg-installer/*': 'marks its binary as a program',
}

const lockedSchema = z.object({
  version: z.string().optional(),
  license: z.unknown().optional(),
  integrity: z.string().optional(),
  resolved: z.string().optional(),
  link: z.boolean().optional(),
  optional: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
})
export const lockSchema = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), lockedSchema) })
const named = z.record(z.string(), z.string()).default({})
type Overrides = { [name: string]: string | Overrides }
const overridesSchema: z.ZodType<Overrides> = z.lazy(() => z.record(z.string(), z.union([z.string(), overridesSchema])))
export const manifestSchema = z.object({ dependencies: named, devDependencies: named, optionalDependencies: named, overrides: overridesSchema.default({}) })
/** What an installed package says of itself; the lock file copies it only in part. */
export const installedSchema = z.object({ version: z.string().optional(), license: z.unknown().optional(), licenses: z.unknown().optional(), scripts: z.record(z.string(), z.unknown()).optional() })
export type Installed = z.infer<typeof installedSchema>

export interface PackageFacts {
  manifest: z.infer<typeof manifestSchema>
  lock: z.infer<typeof lockSchema>
  /** By path in the lock file, e.g. `node_modules/vue`; null = not installed (for another system). */
  installed: (path: string) => Installed | null
}

/** A sentence for each thing that may not be. */
export function packageProblems({ manifest, lock, installed }: PackageFacts): string[] {
  const problems: string[] = []
  const { overrides, ...lists } = manifest
  const wanted = [...Object.values(lists).flatMap((list) => Object.entries(list)), ...pinned(overrides)]
  for (const [name, version] of wanted) if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) problems.push(`${name}: "${version}" is no exact version`)
  for (const [path, locked] of Object.entries(lock.packages)) {
    if (path === '' || locked.link === true) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const there = installed(path)
    if (locked.resolved !== undefined) problems.push(`${name}: the lock file names a registry`)
    if (locked.integrity === undefined) problems.push(`${name}: the lock file has no sum of its content`)
    if (there === null && locked.optional !== true) problems.push(`${name}: is not installed; run npm ci`)
    if (there?.version !== undefined && there.version !== locked.version) problems.push(`${name}: ${there.version} is installed and ${locked.version ?? 'nothing'} is locked`)
    const licences = licencesOf(there?.license ?? there?.licenses ?? locked.license)
    if (licences.length === 0) problems.push(`${name}: has no licence`)
    else if (!licences.some((licence) => mayStay(name, licence))) problems.push(`${name}: licence ${licences.join(' or ')} is neither allowed nor excepted in scripts/package-rules.ts`)
    const runs = locked.hasInstallScript === true || ['preinstall', 'install', 'postinstall'].some((script) => there?.scripts?.[script] !== undefined)
    if (runs && entryFor(allowedInstallScripts, name) === undefined) problems.push(`${name}: runs a program when it is installed`)
  }
  return problems
}

/** The alternatives of an SPDX expression, or of the older forms; all parts of an AND stay together and match nothing. */
function licencesOf(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : value.replace(/^\((.*)\)$/, '$1').split(/ OR /).map((part) => part.trim())
  if (Array.isArray(value)) return value.flatMap(licencesOf)
  return typeof value === 'object' && value !== null && 'type' in value ? licencesOf(value.type) : []
}

function mayStay(name: string, licence: string): boolean {
  return allowedLicences.has(licence) || (entryFor(licenceExceptions, name)?.licence.includes(licence) ?? false)
}

function entryFor<Entry>(entries: Readonly<Record<string, Entry>>, name: string): Entry | undefined {
  return Object.entries(entries).find(([pattern]) => pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))))?.[1]
}

function pinned(overrides: Overrides): [string, string][] {
  return Object.entries(overrides).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[name, value]] : pinned(value)))
}
