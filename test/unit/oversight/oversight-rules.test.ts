// Owns proof of every rule of oversight: at its limit it speaks, one below it is silent, and what is duty is never named.
import assert from 'node:assert/strict'
import { judge } from '../../../backend/oversight/oversight-rules.ts'
import { dayMs, dayOf, deed, hourMs, judged, limits, midnightMs, minuteMs, rulesOf } from './sample-deeds.ts'

const times = <Item>(count: number, make: (at: number) => Item): Item[] => Array.from({ length: count }, (_, at) => make(at))

describe('the rules of oversight', () => {
  it('say nothing of a shift of standing duty: all night, on a tour that comes round, in the own units', () => {
    for (const cameras of [9, 30, 185]) assert.deepEqual(judged(times(16 * 120, (at) => deed(at / 120, { cameraId: `camera-${at % cameras}` }))), [], `${cameras} cameras`)
  })

  describe('without-case', () => {
    it('names views beyond the own units with neither a case nor an incident, and only those', () => {
      const found = judged([deed(9, { beyond: true }), deed(10, { beyond: true, forCase: true }), deed(11)])
      assert.deepEqual(rulesOf(found), ['without-case'])
      assert.deepEqual(found[0]?.deeds.map(({ seq }) => seq), [1])
      assert.deepEqual(found[0]?.measure, { figure: 1, limit: 1 })
    })
    it('waits for as many as the limit says', () => {
      const options = { limits: { withoutCaseViews: 3 } }
      assert.deepEqual(judged(times(2, (at) => deed(9 + at, { beyond: true })), options), [])
      assert.deepEqual(rulesOf(judged(times(3, (at) => deed(9 + at, { beyond: true })), options)), ['without-case'])
    })
  })

  describe('unusual-hours', () => {
    const nightly = (change = {}) => times(3, (at) => deed(23 + at / 10, change))
    it('names an investigator at night without a case, with the hours that count', () => {
      const [found] = judged([...nightly(), deed(12)], { roles: ['investigator'] })
      assert.deepEqual([found?.rule, found?.deeds.length, found?.measure.hours], ['unusual-hours', 3, '06:30-22:30'])
    })
    it('is silent about a case, about a role that keeps watch round the clock, and about whoever holds such a role too', () => {
      assert.deepEqual(judged(nightly({ forCase: true }), { roles: ['investigator'] }), [])
      assert.deepEqual(judged(nightly(), { roles: ['operator'] }), [])
      assert.deepEqual(judged(nightly(), { roles: ['investigator', 'operator'] }), [])
      assert.deepEqual(judged(nightly(), { roles: [] }), [])
    })
    it('is silent one below the limit', () => assert.deepEqual(judged(nightly().slice(1), { roles: ['investigator'] }), []))
  })

  describe('one-camera', () => {
    const visits = (count: number, change = {}) => times(count, (at) => deed(8 + at / 2, { cameraId: 'yard', cameraName: '家属院门口', ...change }))
    it('names the camera that one goes back to again and again', () => {
      const [found, ...more] = judged([...visits(12), ...times(11, (at) => deed(8.2 + at, { cameraId: `other-${at % 3}` }))])
      assert.deepEqual([found?.rule, found?.camera, found?.measure, more], ['one-camera', { id: 'yard', name: '家属院门口' }, { figure: 12, limit: 12 }, []])
    })
    it('is silent when the others are gone back to nearly as often: a slow tour', () => {
      assert.deepEqual(judged([...visits(12), ...times(5, (at) => deed(8.2 + at, { cameraId: 'other' }))]), [])
      assert.deepEqual(rulesOf(judged([...visits(12), ...times(4, (at) => deed(8.2 + at, { cameraId: 'other' }))])), ['one-camera'])
    })
    it('compares with all that was watched, also with what people have answered for', () => {
      const deeds = [...visits(12), ...times(12, (at) => deed(8.2 + at / 2, { cameraId: 'other' }))]
      const others = new Set(dayOf(deeds).deeds.filter(({ cameraId }) => cameraId === 'other').map(({ seq }) => seq))
      assert.deepEqual(judge(dayOf(deeds), limits, (_rule, seq) => others.has(seq)), [])
    })
    it('counts a watching once: what comes within ten minutes, and what goes on for hours', () => {
      assert.deepEqual(judged(times(60, (at) => deed(8 + at / 10))), [])
      const long = times(12, (at) => [deed(at * 1.9), deed(at * 1.9 + 1.8, { kind: 'view-end' })]).flat()
      assert.deepEqual(judged(long), [], 'the next beginning comes 6 minutes after an end')
    })
    it('does not take the first watching of the day for a new one when it goes on over midnight', () => {
      const found = judged([deed(-0.1, { cameraId: 'yard' }), ...times(12, (at) => deed(at * 0.5 + 0.05, { cameraId: 'yard' }))])
      assert.deepEqual(found, [])
    })
  })

  describe('many-cameras', () => {
    const different = (count: number, change = {}, hour = 9) => times(count, (at) => deed(hour + at / 60, { cameraId: `${hour}-${at}`, forCase: true, ...change }))
    it('names many beyond the own units within an hour, whoever it is and even for a case', () => {
      const [found] = judged(different(12, { beyond: true }))
      assert.deepEqual([found?.rule, found?.measure, found?.deeds.length], ['many-cameras', { figure: 12, limit: 12, windowMs: 3_600_000 }, 12])
      assert.deepEqual(judged(different(11, { beyond: true })), [])
    })
    it('knows that operators tour all of their own, and that investigators do not', () => {
      assert.deepEqual(judged(different(50)), [])
      assert.deepEqual(rulesOf(judged(different(50), { roles: ['investigator'] })), ['many-cameras'])
      assert.deepEqual(judged(different(50), { roles: ['investigator', 'operator'] }), [])
      assert.deepEqual(judged(different(50), { roles: [] }), [])
    })
    it('counts different cameras, and only those of one stretch of time', () => {
      assert.deepEqual(judged(times(50, (at) => deed(9 + at / 60, { cameraId: `c${at % 11}`, beyond: true, forCase: true }))), [])
      assert.deepEqual(judged([...different(6, { beyond: true }), ...different(6, { beyond: true }, 10.1)]), [])
    })
    it('names all of every dense stretch, and nothing of the time between', () => {
      const found = judged([...different(12, { beyond: true }), deed(12, { beyond: true, forCase: true }), ...different(13, { beyond: true }, 15)])
      assert.deepEqual([found.length, found[0]?.deeds.length, found[0]?.measure.figure], [1, 25, 13])
    })
    it('sees a stretch over midnight, and gives the day its own part', () => {
      const found = judged([...different(7, { beyond: true }, -0.1), deed(0.1, { cameraId: 'x', beyond: true, forCase: true }), ...different(6, { beyond: true }, 0.2)])
      assert.deepEqual(rulesOf(found), ['many-cameras'])
      assert.ok(found[0]?.deeds.every(({ atMs }) => atMs >= midnightMs && atMs < midnightMs + dayMs))
    })
    it('is silent about a stretch of which nothing lies in the day', () => assert.deepEqual(judged(different(13, { beyond: true }, -0.5)), []))
  })

  it('many-pictures counts single pictures and the pictures of tags within an hour', () => {
    const kept = (hour: number) => deed(hour, { kind: 'evidence', pictures: 12 })
    const single = times(4, (at) => deed(9 + at / 60, { pictures: 1 }))
    const [found] = judged([kept(9), kept(9.2), kept(9.4), ...single])
    assert.deepEqual([found?.rule, found?.measure.figure, found?.deeds.length], ['many-pictures', 40, 7])
    assert.deepEqual(judged([kept(9), kept(9.2), kept(9.4), ...single.slice(1)]), [])
    assert.deepEqual(judged([kept(9), kept(9.8), kept(11), kept(12.1)]), [])
  })

  it('bulk-export counts every kind of export of the day', () => {
    const exports = times(10, (at) => deed(1 + at * 2, { kind: 'export' }))
    assert.deepEqual(rulesOf(judged(exports)), ['bulk-export'])
    assert.deepEqual(judged([...exports.slice(1), deed(-1, { kind: 'export' })]), [])
  })

  it('own-name knows the name, the police number and the account, and no other search', () => {
    const search = (searched: string) => deed(9, { kind: 'search', searched })
    const { person } = dayOf([])
    for (const own of ['王小明', '014253 ', `x ${person.id}`]) assert.deepEqual(rulesOf(judged([search(own)])), ['own-name'], own)
    assert.deepEqual(judged([search('王小'), search(''), search('014254')]), [])
  })

  it('count no deed that people have answered for, and need the whole number again', () => {
    const deeds = times(6, (at) => deed(9 + at, { beyond: true }))
    const again = (answered: number) => judge(dayOf(deeds), { ...limits, withoutCaseViews: 3 }, (rule, seq) => rule === 'without-case' && seq <= answered)
    assert.deepEqual(again(3)[0]?.deeds.map(({ seq }) => seq), [4, 5, 6])
    assert.deepEqual(again(4), [])
  })

  it('only gain by deeds that come late', () => {
    const change = { beyond: true, pictures: 4, searched: '王小明' }
    const all = times(60, (at) => deed(0.2 + at * 0.3, { ...change, cameraId: `c${at % 20}`, kind: at % 5 === 0 ? 'search' : at % 7 === 0 ? 'export' : 'view' }))
    const seen = (deeds: typeof all) => new Set(judged(deeds, { limits: { sameWatchMs: 0, oneCameraTimes: 2, oneCameraFactor: 0, manyCamerasBeyond: 3, exportsPerDay: 2, manyPictures: 8 } }).flatMap(({ rule, camera, deeds: of }) => of.map(({ atMs }) => `${rule} ${camera?.id ?? ''} ${atMs}`)))
    let before = new Set<string>()
    for (let count = 1; count <= all.length; count++) {
      // As they might come: the odd ones first.
      const arrived = [...all.filter((_, at) => at % 2 === 1), ...all.filter((_, at) => at % 2 === 0)].slice(0, count)
      const now = seen(arrived)
      assert.ok([...before].every((one) => now.has(one)), `with ${count}`)
      before = now
    }
    assert.ok(before.size > 50)
  })

  it('judge 20,000 deeds of a day without looking at any of them twice', () => {
    let reads = 0
    const deeds = dayOf(times(20_000, (at) => deed((at * 20) / 20_000, { cameraId: `c${at % 185}`, beyond: true, forCase: true }))).deeds.map((one) => {
      const { cameraId } = one
      return Object.defineProperty({ ...one }, 'cameraId', { get: () => (reads++, cameraId), enumerable: true })
    })
    judge({ ...dayOf([]), deeds }, limits)
    assert.ok(reads < 20_000 * 12, `${reads} reads`)
  })
  it('look no further beside a day than the longest stretch that they count', () => assert.equal(hourMs, Math.max(limits.manyCamerasMs, limits.manyPicturesMs, limits.sameWatchMs, 10 * minuteMs)))
})
