// Owns the check of file names, lengths and opening words, so that a newcomer finds a room by guessing.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' }).split('\n').filter(Boolean)
const problems: string[] = []
/** Over the limit, with the reason. */
const longWithReason = new Map<string, string>([])

for (const path of tracked) {
  const name = path.split('/').at(-1) ?? ''
  if (/(^|[-/.])(util|utils|helper|helpers|manager|common|misc)\b/i.test(path) && !path.includes('/locales/')) problems.push(`${path}: a name that says nothing`)
  if (path.endsWith('.ts') && !/^[a-z0-9]+([-.][a-z0-9]+)*\.ts$/.test(name)) problems.push(`${path}: not kebab-case`)
  if (path.endsWith('.vue') && !/^[A-Z][A-Za-z0-9]*\.vue$/.test(name)) problems.push(`${path}: not PascalCase`)
  if (!/\.(ts|vue)$/.test(path)) continue
  const source = readFileSync(path, 'utf8')
  const lines = source.split('\n').length
  const limit = path.endsWith('.vue') ? 250 : 400
  if (lines > limit && !longWithReason.has(path)) problems.push(`${path}: ${lines} lines; split it or give the reason in scripts/check-files.ts`)
  if (path.endsWith('.ts') && !/^(#!.*\n)?(\/\/|\/\*)/.test(source)) problems.push(`${path}: does not open by saying what it owns`)
  const code = source.replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  if (/\bas any\b|[\w)\]?]: any\b(?! \w)|@ts-ignore|@ts-nocheck/.test(code) && path !== 'scripts/check-files.ts') problems.push(`${path}: any, or a switched-off check`)
  if (/v-html/.test(source) && path.endsWith('.vue')) problems.push(`${path}: v-html`)
}
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
