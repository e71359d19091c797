// Owns proof that an audit entry's details are read by people: their time zone, their words, nothing lost.
import assert from 'node:assert/strict'
import { detailText, type DetailWords } from '../../../../frontend/src/features/audit/detail-text.ts'

describe('a detail of an audit entry', () => {
  const texts: Record<string, string> = { 'common.yes': '是', 'common.no': '否', 'wall.stream.sub': '子码流', 'registry.fields.name': '设备名称', 'oversight.rules.one-camera': '反复查看同一摄像机' }
  const words: DetailWords = { word: (key) => texts[key], unitName: (id) => (id === 'u1' ? '平潭街派出所' : undefined) }
  const cases: [string, string, unknown, string][] = [
    ['an instant reads as 北京时间', 'pictureAt', '2026-11-28T16:00:05.347Z', '2026-11-29 00:00:05'],
    ['milliseconds since 1970 as well', 'fromMs', Date.UTC(2026, 10, 28, 16), '2026-11-29 00:00:00'],
    ['a span of time reads in minutes', 'windowMs', 3_600_000, '60'],
    ['a count stays a count', 'cameras', 40, '40'],
    ['yes is a word', 'secondFactor', true, '是'],
    ['a code reads as on its own page', 'stream', 'sub', '子码流'],
    ['so do several', 'changed', ['name', 'unheardOf'], '设备名称、unheardOf'],
    ['a unit has its name', 'unitId', 'u1', '平潭街派出所'],
    ['a unit that is gone keeps its id', 'unitId', 'u9', 'u9'],
    ['nothing says nothing', 'caseNumber', null, ''],
    ['an empty list says nothing', 'ranges', [], ''],
    ['what is not known is shown as recorded', 'members', [{ duty: 'lead' }], '[{"duty":"lead"}]'],
  ]
  for (const [title, name, value, wanted] of cases) it(title, () => assert.equal(detailText(name, value, words), wanted))
})
