// Owns proof that the gates over packages and over the table of threats can fail.
import assert from 'node:assert/strict'
import { packageProblems, type Installed, type PackageFacts } from '../../scripts/package-rules.ts'
import { readThreats, tableProblems, threats } from '../../scripts/security-table.ts'

describe('the gate over packages', () => {
  const judged = (locked: object = {}, there: Installed | null = { version: '1.0.0', license: 'MIT' }, name = 'left', manifest: Partial<PackageFacts['manifest']> = {}) =>
    packageProblems({
      manifest: { dependencies: { left: '1.0.0' }, devDependencies: {}, optionalDependencies: {}, overrides: {}, ...manifest },
      lock: { lockfileVersion: 3, packages: { '': {}, [`node_modules/${name}`]: { version: '1.0.0', integrity: 'sha512-x', license: 'MIT', ...locked } } },
      installed: () => there,
    })

  it('takes a package of an allowed licence, alone or as an alternative, and one for another system that is not installed', () => {
    assert.deepEqual(judged(), [])
    assert.deepEqual(judged({}, { version: '1.0.0', license: '(GPL-3.0 OR MIT)' }), [])
    assert.deepEqual(judged({}, { version: '1.0.0', licenses: [{ type: 'MIT' }] }), [])
    assert.deepEqual(judged({ optional: true }, null), [])
  })
  const refusals: [string, string[], RegExp][] = [
    ['no licence', judged({ license: undefined }, { version: '1.0.0' }), /has no licence/],
    ['a licence that is not listed', judged({}, { version: '1.0.0', license: 'AGPL-3.0' }), /AGPL-3.0/],
    ['a licence that an exception has for another package', judged({}, { version: '1.0.0', license: 'MPL-2.0' }), /MPL-2.0/],
    ['one licence that is not listed beside one that is', judged({}, { version: '1.0.0', license: 'MIT AND GPL-2.0' }), /GPL-2.0/],
    ['another licence than the lock file tells', judged({ license: 'MIT' }, { version: '1.0.0', license: 'SEE LICENSE' }), /SEE LICENSE/],
    ['a program to run when it is installed', judged({ hasInstallScript: true }), /runs a program/],
    ['such a program that the lock file does not tell', judged({}, { version: '1.0.0', license: 'MIT', scripts: { postinstall: 'node x' } }), /runs a program/],
    ['an address of a registry', judged({ resolved: 'https://registry.example/x.tgz' }), /names a registry/],
    ['no sum of its content', judged({ integrity: undefined }), /no sum/],
    ['another version than is locked', judged({}, { version: '1.0.1', license: 'MIT' }), /1\.0\.1 is installed/],
    ['nothing installed', judged({}, null), /not installed/],
    ['a range instead of a version', judged({}, undefined, 'left', { devDependencies: { right: '^1.0.0' } }), /right: "\^1\.0\.0"/],
    ['a range deep in the overrides', judged({}, undefined, 'left', { overrides: { a: { b: '~2.0.0' } } }), /b: "~2\.0\.0"/],
  ]
  for (const [what, problems, expected] of refusals) {
    it(`refuses a package with ${what}`, () => {
      assert.equal(problems.length, 1)
      assert.match(problems[0] ?? '', expected)
    })
  }
})

describe('the gate over the table of threats', () => {
  const proof = '`test/a.test.ts` “is refused”'
  const page = (change: (row: string, threat: string) => string = (row) => row) => threats.map((threat) => change(`| ${threat} | something | \`base/a.ts\` | ${proof} |`, threat)).join('\n')
  const problemsOf = (text: string) => tableProblems(readThreats(text), (path) => (path === 'test/a.test.ts' ? "it('is refused', () => {})" : path === 'base/a.ts' ? '' : null))
  const inT07 = (from: string, to: string) => problemsOf(page((row, threat) => (threat === 'T07' ? row.replace(from, to) : row)))

  it('takes a row for each threat with a test that is there, or with a reason', () => {
    assert.deepEqual(problemsOf(page()), [])
    assert.deepEqual(inT07(proof, 'Reason: nothing of the kind has been built yet'), [])
  })
  it('refuses a missing row, a row twice, a test or file that is not there, and a row without proof', () => {
    assert.match(problemsOf(page((row, threat) => (threat === 'T55' ? '' : row)))[0] ?? '', /T55 has 0 rows/)
    assert.match(problemsOf(`${page()}\n| T01 | x | \`base/a.ts\` | ${proof} |`)[0] ?? '', /T01 has 2 rows/)
    assert.match(inT07('is refused', 'is refuse')[0] ?? '', /T07: test\/a\.test\.ts has no test “is refuse”/)
    assert.match(inT07('test/a.test.ts', 'test/b.test.ts')[0] ?? '', /test\/b\.test\.ts, which is not there/)
    assert.match(inT07('base/a.ts', 'base/b.ts')[0] ?? '', /base\/b\.ts, which is not there/)
    assert.match(inT07('“is refused”', '"is refused"')[0] ?? '', /T07 names a test that is not written/)
    assert.match(inT07(proof, 'see there')[0] ?? '', /neither a test nor a reason/)
    assert.match(inT07(proof, 'Reason: no')[0] ?? '', /neither a test nor a reason/)
    assert.match(inT07('`base/a.ts`', 'somewhere')[0] ?? '', /where it is kept/)
  })
})
