// Owns the check that every relative link in the documents leads to a file, and every `npm run x` they name exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync('package.json', 'utf8')))
const documents = ['README.md', ...walk('docs')]

function walk(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(directory, entry.name)) : entry.name.endsWith('.md') ? [join(directory, entry.name)] : [],
  )
}

const problems: string[] = []
for (const document of documents) {
  const text = readFileSync(document, 'utf8')
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|mailto:|#)/.test(target)) continue
    const path = join(dirname(document), target.split('#', 1)[0] ?? '')
    if (!existsSync(path)) problems.push(`${document} links ${target}, which is not there`)
  }
  for (const [, name = ''] of text.matchAll(/npm run ([a-z][\w:-]*)/g)) {
    if (!(name in scripts)) problems.push(`${document} names npm run ${name}, which package.json does not have`)
  }
  for (const [, path = ''] of text.matchAll(/`((?:backend|streams|frontend|contract|base|config|test|scripts|docs)\/[\w./-]+\.\w+)`/g)) {
    if (!existsSync(path)) problems.push(`${document} names ${path}, which is not there`)
  }
}
const designNotes = existsSync('docs/design') ? readdirSync('docs/design') : []
for (const note of designNotes) {
  const text = readFileSync(join('docs/design', note), 'utf8')
  for (const heading of ['Status', 'Objective', 'Non-goals', 'Decision', 'Alternatives considered']) {
    if (!text.includes(heading)) problems.push(`docs/design/${note} has no ${heading}`)
  }
}
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
