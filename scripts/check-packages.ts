// Owns the gate over packages (scripts/package-rules.ts has the rules). Needs no network.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installedSchema, lockSchema, manifestSchema, packageProblems } from './package-rules.ts'

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
const problems = packageProblems({
  manifest: manifestSchema.parse(read('package.json')),
  lock: lockSchema.parse(read('package-lock.json')),
  installed: (path) => (existsSync(join(path, 'package.json')) ? installedSchema.parse(read(join(path, 'package.json'))) : null),
})
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
