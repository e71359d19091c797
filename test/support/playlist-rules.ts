// Owns the rules that playlists keep, within one and from one to the next of the same name, as those who read them can see:
// RFC 8216 and rfc8216bis, section 6.2. Refuses: knowing how a list was made, and when it may be had.
import assert from 'node:assert/strict'
import { parseLivePlaylist } from './live-reader.ts'

/** Durations are written with five digits, targets with three. */
const ROUNDED = 1e-5

export interface SeenPlaylist {
  mediaSequence: number
  discontinuitySequence: number
  targetDuration: number
  /** Whole segments. */
  segments: { uri: string; seconds: number; discontinuity: boolean; map: string; dateMs: number }[]
  parts: string[]
  /** Name of the part that comes next; null in a list that has ended, and in one without parts. */
  hint: string | null
  /** What may never change under one name. */
  control: string[]
}

export function readPlaylist(text: string): SeenPlaylist {
  const number = (tag: string) => Number(new RegExp(`#EXT-X-${tag}:(\\d+)`).exec(text)?.[1])
  const seen: SeenPlaylist = { mediaSequence: number('MEDIA-SEQUENCE'), discontinuitySequence: number('DISCONTINUITY-SEQUENCE'), targetDuration: number('TARGETDURATION'), segments: [], parts: [], hint: null, control: text.match(/#EXT-X-(SERVER-CONTROL|PART-INF|VERSION).*/g) ?? [] }
  let [discontinuity, map, dateMs, seconds] = [false, '', NaN, NaN]
  for (const line of text.split('\n')) {
    const uri = /URI="([^"]+)"/.exec(line)?.[1] ?? ''
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true
    else if (line.startsWith('#EXT-X-MAP:')) map = uri
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) dateMs = Date.parse(line.slice(25))
    else if (line.startsWith('#EXT-X-PART:')) seen.parts.push(uri)
    else if (line.startsWith('#EXT-X-PRELOAD-HINT:')) seen.hint = uri
    else if (line.startsWith('#EXTINF:')) seconds = parseFloat(line.slice(8))
    else if (line !== '' && !line.startsWith('#')) {
      seen.segments.push({ uri: line, seconds, discontinuity, map, dateMs })
      ;[discontinuity, dateMs] = [false, NaN]
    }
  }
  return seen
}

export const total = (segments: SeenPlaylist['segments']) => segments.reduce((sum, { seconds }) => sum + seconds, 0)

/** What must hold from one playlist to the next one of the same name. */
export function assertFollows(before: SeenPlaylist, now: SeenPlaylist): void {
  const gone = before.segments.filter(({ uri }) => !now.segments.some((segment) => segment.uri === uri))
  assert.deepEqual(gone, before.segments.slice(0, gone.length), 'only the oldest leave')
  assert.deepEqual(now.segments.slice(0, before.segments.length - gone.length), before.segments.slice(gone.length), 'what stays is as it was')
  assert.equal(now.mediaSequence, before.mediaSequence + gone.length, 'MEDIA-SEQUENCE counts what left')
  // The tag of a segment leaves with it.
  assert.equal(now.discontinuitySequence, before.discontinuitySequence + gone.filter(({ discontinuity }) => discontinuity).length, 'DISCONTINUITY-SEQUENCE counts the tags that left')
  assert.equal(now.targetDuration, before.targetDuration)
  assert.deepEqual(now.control, before.control, 'targets and control are as they were')
  // Durations are written with five digits.
  if (total(before.segments) >= 3 * before.targetDuration) assert.ok(total(now.segments) > 3 * now.targetDuration - 1e-3, `shrank to ${total(now.segments)} s`)
}

/** For so long an epoch's dates may be set back to its least delayed frame, s. */
const SETTLE_SECONDS = 3

/**
 * What must hold within one playlist.
 * @param delayedMs how late the first frames of an epoch may have come; none when a test's own clock brings them
 */
export function assertSound({ segments, targetDuration }: SeenPlaylist, delayedMs = 0): void {
  /** Seconds of its epoch that are listed before a segment, and before the one behind which it comes. */
  let [since, sinceBefore] = [0, 0]
  for (const [at, { uri, seconds, discontinuity, map, dateMs }] of segments.entries()) {
    assert.ok(Math.round(seconds) <= targetDuration, `${uri} lasts ${seconds} s`)
    assert.match(map, new RegExp(`^${uri.split('-')[0]}-init\\.mp4$`), uri)
    const before = segments[at - 1]
    ;[since, sinceBefore] = [discontinuity || before === undefined ? 0 : since + before.seconds, since]
    if (before === undefined) continue
    assert.equal(discontinuity, map !== before.map, uri)
    assert.ok(dateMs > before.dateMs, uri)
    if (discontinuity) continue
    // The media clock is followed by five milliseconds a second.
    const strayMs = dateMs - before.dateMs - before.seconds * 1000
    const followed = 2 + 5 * before.seconds
    assert.ok(strayMs <= followed && strayMs >= -followed - (sinceBefore < SETTLE_SECONDS ? delayedMs : 0), `${uri} is dated ${dateMs - before.dateMs} ms after one of ${before.seconds} s`)
  }
}

/** What must hold of the parts of a playlist that has them, and has not ended. */
export function assertParts(text: string): void {
  const { parts, hint } = parseLivePlaylist(text)
  const { segments, control } = readPlaylist(text)
  const number = (name: string) => Number(new RegExp(`${name}=([\\d.]+)`).exec(control.join())?.[1])
  const partTarget = number('PART-TARGET')
  assert.match(control.join(), /CAN-BLOCK-RELOAD=YES/)
  assert.ok(number('PART-HOLD-BACK') >= 3 * partTarget - ROUNDED, control.join())
  /** Of the segment that the parts come to. */
  let sum = NaN
  for (const [at, part] of parts.entries()) {
    const name = `${part.epoch}-${part.msn}.${part.part}`
    const told = `${name} lasts ${part.durationSeconds} s of ${partTarget} s`
    assert.ok(part.durationSeconds <= partTarget + ROUNDED, told)
    assert.ok(part.segmentEnd || part.key || part.durationSeconds >= 0.85 * partTarget - ROUNDED, told)
    const before = parts[at - 1]
    if (before) assert.deepEqual([part.msn, part.part], before.segmentEnd ? [before.msn + 1, 0] : [before.msn, before.part + 1], `${name} after ${before.msn}.${before.part}`)
    sum = part.part === 0 ? part.durationSeconds : sum + part.durationSeconds
    const whole = part.segmentEnd && segments.find(({ uri }) => uri.startsWith(`${part.epoch}-${part.msn}.m4s`))
    if (whole && !Number.isNaN(sum)) assert.ok(Math.abs(sum - whole.seconds) <= (part.part + 2) * ROUNDED, `the parts of ${whole.uri} last ${sum} s, it says ${whole.seconds} s`)
  }
  const newest = parts.at(-1)
  if (newest) assert.deepEqual([hint.msn, hint.part], newest.segmentEnd ? [newest.msn + 1, 0] : [newest.msn, newest.part + 1], 'the hint is the next part')
}
