// One stream, two ways out of a real server: the HTTP origin, which is the reference, and the media socket. The same test
// runs over both, and what they give is the same, byte for byte.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { findFfmpeg } from '../fleet/index.ts'
import { ffmpegThere, openScene, type Scene } from '../integration/acceptance-scene.ts'
import { HttpReader, PushReader, timesOf, type LiveReader, type Piece } from '../support/live-reader.ts'
import type { Client } from '../support/server.ts'

const FIRST_PICTURE_MS = 5_000
const BACK_MS = 15_000
const KILLS = 6

/** Processes of this one whose arguments name a stream to pull. */
function childrenReading(scheme: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(parent) === process.pid && state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').some((word) => word.startsWith(scheme))
    } catch {
      return false // ended meanwhile
    }
  })
}

/** What must hold of anything that was read, in the order in which it came. */
function assertRules(pieces: readonly Piece[]): void {
  for (const [at, piece] of pieces.entries()) {
    const { epoch, msn, part, key, segmentEnd, durationSeconds, partTargetSeconds } = piece
    const name = `${epoch}-${msn}.${part}`
    const { start, end } = timesOf(piece)
    assert.ok(durationSeconds <= partTargetSeconds + 1e-4, `${name} lasts ${durationSeconds} s of ${partTargetSeconds}`)
    assert.ok(key || segmentEnd || durationSeconds >= 0.85 * partTargetSeconds - 1e-4, `${name} lasts ${durationSeconds} s of ${partTargetSeconds}`)
    assert.ok(Math.abs((end - start) / 90_000 - durationSeconds) < 2e-4, `${name} holds another duration than it says`)
    const before = pieces[at - 1]
    if (before === undefined) {
      assert.ok(key, 'the first part begins with a key frame')
      continue
    }
    const sameSegment = msn === before.msn && part === before.part + 1 && !before.segmentEnd
    const nextSegment = msn === before.msn + 1 && part === 0 && before.segmentEnd
    assert.ok(sameSegment || nextSegment, `${name} follows ${before.epoch}-${before.msn}.${before.part}`)
    assert.ok(piece.programDateMs > before.programDateMs, `${name} is dated before what it follows`)
    assert.equal(piece.discontinuity, epoch !== before.epoch, name)
    const { end: ended } = timesOf(before)
    if (epoch === before.epoch) assert.equal(start, ended, `${name} begins where the last part ended`)
    else {
      assert.ok(epoch > before.epoch && nextSegment && key, `${name} begins an epoch`)
      assert.ok(start >= ended, `${name} begins before the last part ended`)
    }
  }
}

/** How many frames a decoder makes of one epoch's bytes, and what it has to say about them. */
async function decoded(reader: LiveReader, epoch: number): Promise<{ frames: number; wanted: number; complaints: string }> {
  const pieces = reader.pieces.filter((piece) => piece.epoch === epoch)
  const ffmpeg = spawn(findFfmpeg(process.env) ?? 'ffmpeg', ['-v', 'warning', '-progress', 'pipe:1', '-nostats', '-i', 'pipe:0', '-f', 'null', '-'])
  let [told, complaints] = ['', '']
  ffmpeg.stdout.on('data', (text: Buffer) => (told += text.toString()))
  ffmpeg.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
  ffmpeg.stdin.end(Buffer.concat([reader.inits.get(epoch) ?? Buffer.alloc(0), ...pieces.map(({ bytes }) => bytes)]))
  await once(ffmpeg, 'close')
  return { frames: Number([...told.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1]), wanted: pieces.reduce((sum, piece) => sum + timesOf(piece).frames, 0), complaints }
}

for (const copyBy of ['direct', 'ffmpeg'] as const) describe(`a live stream out of a real server, read ${copyBy === 'direct' ? 'without a process' : 'by ffmpeg'}`, function () {
  this.timeout(60_000)
  let scene: Scene
  let client: Client
  const readers: LiveReader[] = []
  const ways = {
    'the HTTP origin': (at: number) => new HttpReader(client, cameraAt(at).id),
    'the media socket': (at: number) => new PushReader(client, cameraAt(at).id),
  }
  const cameraAt = (at: number) => scene.cameras[at] ?? assert.fail(`no camera ${at}`)
  const read = <Reader extends LiveReader>(reader: Reader): Reader => {
    readers.push(reader)
    return reader
  }

  before(async function () {
    if (!ffmpegThere) return this.skip()
    scene = await openScene({ config: { streams: { copyBy } } })
    client = await scene.server.signIn('supervisor')
  })
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.close()
  })
  after(() => scene?.close())

  for (const [at, [name, open]] of Object.entries(ways).entries()) {
    it(`over ${name} shows a picture soon, obeys the rules of parts and decodes without a gap`, async () => {
      const reader = read(open(at))
      await reader.until('the first part', FIRST_PICTURE_MS, () => reader.pieces.length > 0)
      await reader.until('four segments', 20_000, () => new Set(reader.pieces.map(({ msn }) => msn)).size > 4)
      assertRules(reader.pieces)
      const { frames, wanted, complaints } = await decoded(reader, reader.pieces[0]?.epoch ?? 0)
      assert.equal(complaints, '')
      assert.ok(wanted > 30)
      assert.equal(frames, wanted)
    })

    it(`over ${name} goes on after the camera was away, with a discontinuity, the next number and a new init segment`, async () => {
      const { index } = cameraAt(at)
      const reader = read(open(at))
      await reader.until('the first parts', FIRST_PICTURE_MS, () => reader.pieces.length > 3)
      scene.fleet.setFault(index, { name: 'off' })
      const before = reader.pieces[0]?.epoch ?? 0
      try {
        await reader.until('the end of what came', 10_000, () => reader.pieces.at(-1)?.segmentEnd === true && scene.fleet.viewers(index) === 0)
      } finally {
        scene.fleet.clearFault(index)
      }
      await reader.until('a new epoch', BACK_MS, () => reader.pieces.filter(({ epoch }) => epoch !== before).length > 5)
      assertRules(reader.pieces)
      const epochs = [...new Set(reader.pieces.map(({ epoch }) => epoch))]
      assert.equal(epochs.length, 2)
      for (const epoch of epochs) {
        const { frames, wanted, complaints } = await decoded(reader, epoch)
        assert.deepEqual([frames, complaints], [wanted, ''])
      }
    })
  }

  if (copyBy === 'ffmpeg') it('keeps its rules over both through kills of its process at any phase, each time back within five seconds', async function () {
    if (process.platform !== 'linux') return this.skip()
    const both = [read(new HttpReader(client, cameraAt(3).id)), read(new PushReader(client, cameraAt(3).id))]
    const newest = (reader: LiveReader) => reader.pieces.at(-1)?.epoch ?? 0
    for (let kill = 0; kill < KILLS; kill++) {
      const [counts, phase] = [both.map(({ pieces }) => pieces.length), 1 + ((kill * 3) % 5)]
      for (const [at, reader] of both.entries()) await reader.until('parts to be cut off', FIRST_PICTURE_MS, () => reader.pieces.length > (counts[at] ?? 0) + phase)
      const epochs = both.map(newest)
      const pulls = childrenReading('rtsp://')
      assert.ok(pulls.length > 0)
      for (const pid of pulls) process.kill(pid, 'SIGKILL')
      for (const [at, reader] of both.entries()) await reader.until(`the picture after kill ${kill + 1}`, 5_000, () => newest(reader) > (epochs[at] ?? 0))
    }
    for (const reader of both) {
      assertRules(reader.pieces)
      assert.equal(new Set(reader.pieces.map(({ epoch }) => epoch)).size, KILLS + 1)
    }
  })

  it('is the same over both, byte for byte, and a segment is its parts', async () => {
    const http = read(new HttpReader(client, cameraAt(2).id))
    const push = read(new PushReader(client, cameraAt(2).id))
    for (const reader of [http, push]) await reader.until('parts', 30_000, () => reader.pieces.length > 15)
    const nameOf = ({ epoch, msn, part }: Piece) => `${epoch}-${msn}.${part}`
    const pushed = new Map(push.pieces.map((piece) => [nameOf(piece), piece]))
    const both = http.pieces.flatMap((piece) => {
      const other = pushed.get(nameOf(piece))
      return other ? [[piece, other] as const] : []
    })
    assert.ok(both.length >= 10, `${both.length} parts came both ways`)
    for (const [one, other] of both) {
      assert.ok(one.bytes.equals(other.bytes), nameOf(one))
      assert.deepEqual([one.key, one.segmentEnd, one.partTargetSeconds], [other.key, other.segmentEnd, other.partTargetSeconds], nameOf(one))
      assert.ok(Math.abs(one.durationSeconds - other.durationSeconds) < 2e-4 && Math.abs(one.programDateMs - other.programDateMs) <= 2, nameOf(one))
    }
    assert.deepEqual([...http.inits].map(([epoch, bytes]) => push.inits.get(epoch)?.equals(bytes)), [true])
    const whole = push.pieces.filter(({ msn }) => push.pieces.some((piece) => piece.msn === msn && piece.segmentEnd) && push.pieces.some((piece) => piece.msn === msn && piece.part === 0))
    const { epoch = 0, msn = 0 } = whole[0] ?? {}
    assert.ok(Buffer.concat(whole.filter((piece) => piece.msn === msn).map(({ bytes }) => bytes)).equals(await http.bytes(`${epoch}-${msn}.m4s`)))
  })
})
