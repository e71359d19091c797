// Owns the gate that docs/security.md stays true (scripts/security-table.ts has the rules).
import { existsSync, readFileSync } from 'node:fs'
import { readThreats, tableProblems } from './security-table.ts'

const problems = tableProblems(readThreats(readFileSync('docs/security.md', 'utf8')), (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null))
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
