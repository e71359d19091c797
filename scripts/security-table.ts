// Owns reading docs/security.md: one row a threat, each with tests that exist by their title, or with a reason.
// Refuses: believing the page; a test that was renamed or taken away is a problem here.

export const threats: readonly string[] = Array.from({ length: 55 }, (_, at) => `T${String(at + 1).padStart(2, '0')}`)

export interface ThreatRow {
  threat: string
  requirement: string
  keptIn: string
  tests: { file: string; title: string }[]
  /** Test files that are named in whatever way; one that is not read as a test would go unchecked. */
  named: number
  /** What stands behind "Reason:"; empty when there is none. */
  reason: string
}

const testReference = /`(test\/[\w./-]+\.test\.ts)` “([^”]+)”/g

export function readThreats(page: string): ThreatRow[] {
  return [...page.matchAll(/^\| (T\d{2}) \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(([, threat = '', requirement = '', keptIn = '', proof = '']) => ({
    threat,
    requirement,
    keptIn,
    tests: [...proof.matchAll(testReference)].map(([, file = '', title = '']) => ({ file, title })),
    named: proof.split('test/').length - 1,
    reason: /Reason: (.+)$/.exec(proof)?.[1]?.trim() ?? '',
  }))
}

/** @param sourceOf text of a file of the repository; null when it is not there */
export function tableProblems(rows: readonly ThreatRow[], sourceOf: (path: string) => string | null): string[] {
  const problems: string[] = []
  for (const threat of threats) {
    const count = rows.filter((row) => row.threat === threat).length
    if (count !== 1) problems.push(`${threat} has ${count} rows`)
  }
  for (const { threat, keptIn, tests, named, reason } of rows) {
    if (!threats.includes(threat)) problems.push(`${threat} is no threat of the list`)
    if (named !== tests.length) problems.push(`${threat} names a test that is not written as \`file\` “title”`)
    if (tests.length === 0 && reason.length < 20) problems.push(`${threat} has neither a test nor a reason`)
    if (tests.length > 0 && !/`[\w./-]+`/.test(keptIn)) problems.push(`${threat} does not say where it is kept`)
    for (const [, path = ''] of keptIn.matchAll(/`([\w./-]+\/[\w./-]+)`/g)) if (sourceOf(path) === null) problems.push(`${threat} is kept in ${path}, which is not there`)
    for (const { file, title } of tests) {
      const source = sourceOf(file)
      if (source === null) problems.push(`${threat} names ${file}, which is not there`)
      else if (!hasTitle(source, title)) problems.push(`${threat}: ${file} has no test “${title}”`)
    }
  }
  return problems
}

function hasTitle(source: string, title: string): boolean {
  return ['it', 'describe', 'eachDatabase'].some((call) => ["'", '"', '`'].some((quote) => source.includes(`${call}(${quote}${title}${quote}`)))
}
