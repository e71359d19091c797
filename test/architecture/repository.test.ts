// Owns proof about the files of the repository: names, lengths and opening words, and a lock file that any registry serves.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** The versioned files, where git can tell them; a copy without its history is not judged. */
function versioned(): string[] | null {
  if (!existsSync('.git')) return null
  return execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n').filter((path) => path !== '' && existsSync(path))
}

describe('the repository', () => {
  const files = versioned()
  const sources = (files ?? []).filter((path) => /\.(ts|vue)$/.test(path))
  const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').length - 1
  before(function () {
    if (files === null) this.skip()
  })

  it('keeps every file under its limit of lines: 400, a component 250', () => {
    assert.deepEqual(sources.filter((path) => linesOf(path) > (path.endsWith('.vue') ? 250 : 400)).map((path) => `${path}: ${linesOf(path)}`), [])
  })
  it('keeps nine files in ten under 200 lines', () => {
    const long = sources.filter((path) => linesOf(path) > 200)
    assert.ok(long.length <= sources.length / 10, `${long.length} of ${sources.length}`)
  })
  it('opens every source by saying what it owns', () => {
    assert.deepEqual(sources.filter((path) => path.endsWith('.ts') && !/^(#!.*\n)?(\/\/|\/\*)/.test(readFileSync(path, 'utf8'))), [])
  })
  it('starts programs in one room of the server only, and by no shell', () => {
    const starts = sources.filter((path) => /^(backend|streams|base|config|contract|frontend)\//.test(path) && /child_process/.test(readFileSync(path, 'utf8')))
    assert.deepEqual(starts, ['streams/ffmpeg/child.ts', 'streams/ffmpeg/locate.ts', 'streams/index.ts'])
    for (const path of starts) assert.doesNotMatch(readFileSync(path, 'utf8'), /shell: *true|import \{[^}]*\bexec(Sync)?\b/, path)
  })
  it('puts no markup into a page but by Vue’s own binding, and makes no code of text', () => {
    const console = sources.filter((path) => path.startsWith('frontend/'))
    assert.deepEqual(console.filter((path) => /v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslyUseHTMLString|\beval\(|new Function\(/.test(readFileSync(path, 'utf8'))), [])
  })
  it('tests nothing with .only', () => {
    const dotOnly = new RegExp(`\\b(it|describe)\\.${'only'}\\(`)
    assert.deepEqual(sources.filter((path) => path.endsWith('.test.ts') && dotOnly.test(readFileSync(path, 'utf8'))), [])
  })
})

describe('the lock file', () => {
  const lock = readFileSync('package-lock.json', 'utf8')
  it('names no registry host, so that an installation inside a closed network works', () => {
    assert.deepEqual(lock.match(/https?:\/\/[^"]*\.tgz|"resolved"/g) ?? [], [])
  })
  it('holds every package to its content', () => {
    const packages = Object.entries(parseLock(lock)).filter(([path, entry]) => path.startsWith('node_modules/') && entry.link !== true)
    assert.ok(packages.length > 100)
    assert.deepEqual(packages.filter(([, entry]) => typeof entry.integrity !== 'string').map(([path]) => path), [])
  })
})

function parseLock(text: string): Record<string, { integrity?: unknown; link?: unknown }> {
  const lock: unknown = JSON.parse(text)
  assert.ok(typeof lock === 'object' && lock !== null && 'packages' in lock)
  const { packages } = lock
  assert.ok(typeof packages === 'object' && packages !== null)
  return Object.fromEntries(Object.entries(packages).map(([path, entry]: [string, unknown]) => [path, typeof entry === 'object' && entry !== null ? entry : {}]))
}
