// Owns the check that zh-CN and en have the same keys, that no text is empty, and that the console uses no key that is missing.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

type Tree = { [key: string]: string | Tree }
const treeSchema: z.ZodType<Tree> = z.lazy(() => z.record(z.string(), z.union([z.string(), treeSchema])))

const root = 'frontend/src/locales'
const flatten = (tree: Tree, prefix: string): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]): [string, string][] => (typeof value === 'string' ? [[`${prefix}${key}`, value]] : flatten(value, `${prefix}${key}.`)))

function read(language: string): Map<string, string> {
  const texts = new Map<string, string>()
  for (const file of readdirSync(join(root, language)).filter((name) => name.endsWith('.json'))) {
    const tree = treeSchema.parse(JSON.parse(readFileSync(join(root, language, file), 'utf8')))
    for (const [key, text] of flatten(tree, `${file.replace('.json', '')}.`)) texts.set(key, text)
  }
  return texts
}

function sources(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(join(directory, entry.name)) : /\.(vue|ts)$/.test(entry.name) ? [join(directory, entry.name)] : [],
  )
}

const problems: string[] = []
const chinese = read('zh-CN')
const english = read('en')
for (const [key, text] of chinese) {
  if (!english.has(key)) problems.push(`en lacks ${key}`)
  if (text.trim() === '') problems.push(`zh-CN has no text for ${key}`)
}
for (const [key, text] of english) {
  if (!chinese.has(key)) problems.push(`zh-CN lacks ${key}`)
  if (text.trim() === '') problems.push(`en has no text for ${key}`)
}
for (const file of sources('frontend/src')) {
  const source = readFileSync(file, 'utf8')
  for (const [, key] of source.matchAll(/(?:\bt|\$t)\(\s*'([a-zA-Z][\w.-]*\.[\w.-]+)'/g)) {
    if (key !== undefined && !chinese.has(key)) problems.push(`${file} uses ${key}, which no locale has`)
  }
  const template = source.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<!--[\s\S]*?-->/g, '')
  if (file.endsWith('.vue') && /[\u4e00-\u9fff]/.test(template.replace(/<style[\s\S]*?<\/style>/g, ''))) problems.push(`${file} has Chinese text outside locales/`)
}
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
