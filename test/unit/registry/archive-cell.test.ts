// Owns proof of single cells: formulas disarmed and restored exactly, codes and labels, numbers, dates.
import assert from 'node:assert/strict'
import { directions, functionTypes, vendors } from '#contract/archive.ts'
import { codeOf, guardFormula, readCode, readCodes, readDate, readNetworked, readNumber, unguardFormula } from '../../../backend/registry/archive-cell.ts'
import { archiveColumns, archiveKeys, fileHeadings } from '../../../backend/registry/archive-column.ts'
import { sampleArchive } from './sample-camera.ts'

describe('formula protection', () => {
  for (const text of ['=1', '+1', '-1', '@x', '\tx', '\rx', '\nx', '\0x', '＝1', '＋1', '－1', '＠x', '  =1', '\u3000=1', "'=1", "' '=1"]) {
    it(`disarms ${JSON.stringify(text)} and gives it back`, () => {
      assert.equal(guardFormula(text), `'${text}`)
      assert.equal(unguardFormula(guardFormula(text)), text)
    })
  }

  for (const text of ['', '平潭街', 'a=1', '5-3', "'quoted'", "o'clock", '1.5']) {
    it(`leaves ${JSON.stringify(text)} alone in both directions`, () => {
      assert.equal(guardFormula(text), text)
      assert.equal(unguardFormula(text), text)
    })
  }

  it('takes linear time on a long run of blanks and apostrophes', () => {
    const startedMs = performance.now()
    guardFormula(" '".repeat(200_000))
    assert.ok(performance.now() - startedMs < 1_000)
  })
})

describe('a cell', () => {
  it('names a code by number or label', () => {
    for (const cell of ['2', '02', '大华', ' 大华 ']) assert.equal(codeOf(vendors, cell), 2, cell)
  })

  it('is refused when it names no listed code', () => {
    for (const cell of ['16', '0', '-1', '2.0', '1e1', '0x2', 'constructor', '海康']) assert.equal(codeOf(vendors, cell), undefined, cell)
  })

  it('may be empty, or hold several codes', () => {
    assert.equal(readCode(directions)(''), null)
    assert.deepEqual(readCodes(functionTypes)(''), [])
    assert.deepEqual(readCodes(functionTypes)('普通监控/2/人脸'), [5, 2, undefined])
    assert.deepEqual(readCodes(functionTypes)('5/'), [5, undefined])
  })

  it('is a number only when it is written as a decimal one', () => {
    assert.deepEqual(['-77.5', '+1', '0', '1e-7', ''].map(readNumber), [-77.5, 1, 0, 1e-7, null])
    for (const cell of ['0x10', 'Infinity', 'NaN', '1,5', '1 2', '=1', '１']) assert.equal(readNumber(cell), undefined, cell)
  })

  it('takes a date also as spreadsheets rewrite it', () => {
    assert.deepEqual(['2024/3/5', '2024-03-05', '5.3.2024'].map(readDate), ['2024-03-05', '2024-03-05', '5.3.2024'])
  })

  it('says whether the camera is connected in words only, since 0 and 1 mean both in different templates', () => {
    assert.deepEqual(['已联网', '未联网', '1', '0', ''].map(readNetworked), [true, false, undefined, undefined, undefined])
  })
})

describe('the columns', () => {
  it('are the 27 of the template and the unit, in order', () => {
    assert.equal(fileHeadings.length, 28)
    assert.deepEqual([fileHeadings[0], fileHeadings[26], fileHeadings[27]], ['设备编码', '所属部门/行业', '所属单位编码'])
  })

  it('read back what they write', () => {
    for (const archive of [sampleArchive(1), sampleArchive(1, { longitude: -0.000001, functionTypes: [], direction: null, supplementLight: null, networked: false, alias: '' })]) {
      for (const key of archiveKeys) assert.deepEqual(archiveColumns[key].read(archiveColumns[key].write(archive)), archive[key], key)
    }
  })
})
