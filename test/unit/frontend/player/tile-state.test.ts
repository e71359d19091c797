// Proves what a tile may claim from what is known, and when a picture stops counting as live.
import assert from 'node:assert/strict'
import { isKeptFromViewer, openedTile, tileAfter, tileView, type TileEvent } from '../../../../frontend/src/player/tile-state.ts'

const SERVER = Date.parse('2026-11-23T12:00:00.000Z')
/** View after events, `atMs` after the tile was opened; the server's clock started at SERVER. */
function viewAfter(events: TileEvent[], atMs: number) {
  return tileView(events.reduce(tileAfter, openedTile(0)), atMs, SERVER + atMs)
}
const frame = (nowMs: number, delayMs: number | null = 2_500): TileEvent => ({ kind: 'frame', nowMs, delayMs, pictureServerMs: delayMs === null ? null : SERVER + nowMs - delayMs })
const refused = (code: string, barred = false): TileEvent => ({ kind: 'refused', code, barred })
const stream = (state: 'running' | 'stalled' | 'backing-off', atMs: number, fault: 'unreachable' | null = null): TileEvent => ({ kind: 'stream', state, fault, queue: null, sinceServerMs: SERVER + atMs })

describe('a tile', () => {
  it('is connecting, and says how long, before the first frame', () => {
    assert.deepEqual(viewAfter([], 4_200), { kind: 'connecting', waitedMs: 4_200, picture: 'none' })
  })
  it('is live with its measured delay while frames come', () => {
    assert.deepEqual(viewAfter([frame(1_000), frame(2_000, 2_700)], 4_900), { kind: 'live', delayMs: 2_700, warning: null, picture: 'kept' })
  })
  it('is stalled and grey as soon as no frame came for more than 3 s', () => {
    assert.equal(viewAfter([frame(1_000)], 4_000).kind, 'live')
    assert.deepEqual(viewAfter([frame(1_000)], 4_001), { kind: 'stalled', sinceServerMs: SERVER + 1_000, picture: 'greyed' })
  })
  it('fades the last frame when it is older than a minute, and still says since when', () => {
    assert.equal(viewAfter([frame(1_000)], 61_000).picture, 'greyed')
    assert.deepEqual(viewAfter([frame(1_000)], 61_001), { kind: 'stalled', sinceServerMs: SERVER + 1_000, picture: 'faded' })
  })
  it('never calls a picture live that is three quarters of a minute old, however smoothly it plays', () => {
    assert.deepEqual(viewAfter([frame(50_000, 46_000)], 50_100), { kind: 'stalled', sinceServerMs: SERVER + 4_000, picture: 'greyed' })
  })
  it('is offline with its cause at once when the server lost the stream, though buffered frames still play', () => {
    const view = viewAfter([frame(9_000), stream('backing-off', 9_500, 'unreachable'), frame(10_000)], 10_100)
    assert.deepEqual(view, { kind: 'offline', sinceServerMs: SERVER + 9_500, cause: 'unreachable', picture: 'greyed' })
  })
  it('is live again when a frame is newer than the fault, though the news of the recovery was missed', () => {
    assert.equal(viewAfter([frame(9_000), stream('backing-off', 9_500, 'unreachable'), frame(15_000)], 15_100).kind, 'live')
  })
  it('is live again when the server says running', () => {
    assert.equal(viewAfter([stream('backing-off', 1_000, 'unreachable'), stream('running', 2_000), frame(2_500)], 2_600).kind, 'live')
  })
  it('is offline since the camera went offline when it was opened later', () => {
    const view = viewAfter([{ kind: 'camera', status: 'offline', cause: 'unreachable', sinceServerMs: SERVER - 3_600_000 }, stream('backing-off', 500, 'unreachable')], 1_000)
    assert.deepEqual(view, { kind: 'offline', sinceServerMs: SERVER - 3_600_000, cause: 'unreachable', picture: 'none' })
  })
  for (const status of ['abnormal', 'unauthorized', 'offline', 'suspended'] as const) {
    it(`is offline since the camera was ${status}, however often the server has tried since`, () => {
      const view = viewAfter([{ kind: 'camera', status, cause: null, sinceServerMs: SERVER - 3_600_000 }, stream('backing-off', 500, 'unreachable')], 1_000)
      assert.deepEqual(view, { kind: 'offline', sinceServerMs: SERVER - 3_600_000, cause: 'unreachable', picture: 'none' })
    })
  }
  it('is offline since its last picture, which is no later for each new try and no earlier for what the watch thought', () => {
    const watched: TileEvent = { kind: 'camera', status: 'abnormal', cause: 'picture_frozen', sinceServerMs: SERVER - 3_600_000 }
    for (const tries of [[1_500], [1_500, 30_000, 60_000]]) {
      const view = viewAfter([watched, frame(1_000), ...tries.map((atMs) => stream('backing-off', atMs, 'unreachable'))], 70_000)
      assert.deepEqual(view, { kind: 'offline', sinceServerMs: SERVER + 1_000, cause: 'unreachable', picture: 'faded' })
    }
  })
  it('stays live when only the watch says offline while fresh frames prove otherwise', () => {
    assert.equal(viewAfter([{ kind: 'camera', status: 'offline', cause: 'unreachable', sinceServerMs: SERVER }, frame(1_000)], 1_100).kind, 'live')
  })
  it('names what is wrong with a picture that moves technically but is frozen or black', () => {
    const view = viewAfter([{ kind: 'camera', status: 'abnormal', cause: 'picture_frozen', sinceServerMs: SERVER }, frame(1_000)], 1_100)
    assert.deepEqual(view, { kind: 'live', delayMs: 2_500, warning: 'picture_frozen', picture: 'kept' })
  })
  for (const code of ['not_found', 'no_permission']) {
    it(`says no right and shows nothing when opening was refused with ${code}`, () => {
      assert.deepEqual(viewAfter([frame(1_000), refused(code, true)], 1_100), { kind: 'no-right', picture: 'none' })
    })
  }
  it('says where in the queue for a transcode it waits, and is live with the first frame', () => {
    const queue = { position: 2, waiting: 3, taken: 8, limit: 8 }
    const queued: TileEvent = { kind: 'stream', state: 'queued', fault: null, queue, sinceServerMs: SERVER }
    assert.deepEqual(viewAfter([queued], 100), { kind: 'queued', queue, picture: 'none' })
    assert.equal(viewAfter([queued, { ...queued, queue: null, state: 'starting' }], 100).kind, 'connecting')
    assert.equal(viewAfter([queued, frame(200)], 300).kind, 'live')
  })
  it('says that the transcoding limit is reached', () => {
    assert.equal(viewAfter([refused('transcode_limit')], 100).kind, 'transcode-limit')
  })
  it('keeps the code of any other refusal and forgets it when opened again', () => {
    assert.deepEqual(viewAfter([refused('unavailable')], 100), { kind: 'failed', code: 'unavailable', barred: false, picture: 'none' })
    for (const kind of ['opening', 'opened'] as const) assert.deepEqual(viewAfter([refused('unavailable'), { kind, nowMs: 200 }], 300), { kind: 'connecting', waitedMs: 100, picture: 'none' })
  })
  for (const code of ['too_many_tries', 'stream_refused', 'unavailable']) {
    it(`says why it does not go on when opening anew is refused with ${code}, over the last picture`, () => {
      assert.equal(viewAfter([frame(1_000), refused(code)], 4_000).kind, 'live', 'a moment ago it was')
      assert.deepEqual(viewAfter([frame(1_000), refused(code)], 4_001), { kind: 'failed', code, barred: false, picture: 'greyed' })
      assert.equal(isKeptFromViewer(viewAfter([frame(1_000), refused(code)], 4_001)), false)
      assert.equal(viewAfter([frame(1_000), refused(code), { kind: 'opened', nowMs: 5_000 }], 5_001).kind, 'stalled')
      assert.equal(viewAfter([frame(1_000), refused(code), frame(5_000)], 5_001).kind, 'live')
    })
  }
  it('asks for the register entry at once and shows nothing when that has run out, whatever else is wrong', () => {
    const offline: TileEvent = { kind: 'camera', status: 'offline', cause: 'unreachable', sinceServerMs: SERVER }
    for (const also of [[], [offline], [stream('backing-off', 500, 'unreachable')]]) {
      const view = viewAfter([frame(1_000), ...also, refused('purpose_needed', true)], 1_001)
      assert.deepEqual([view, isKeptFromViewer(view)], [{ kind: 'failed', code: 'purpose_needed', barred: true, picture: 'none' }, true])
    }
  })
  it('stays without a right while it is asked for, and whatever was still on its way, until it is given', () => {
    const ended = [frame(1_000), refused('no_permission', true)]
    for (const then of [[frame(1_200)], [{ kind: 'opening', nowMs: 1_200 }], [{ kind: 'opening', nowMs: 1_200 }, frame(1_300)]] satisfies TileEvent[][]) {
      assert.deepEqual(viewAfter([...ended, ...then], 1_400), { kind: 'no-right', picture: 'none' })
    }
    assert.deepEqual(viewAfter([...ended, { kind: 'opened', nowMs: 2_000 }], 2_100), { kind: 'connecting', waitedMs: 100, picture: 'none' }, 'the picture of before is not kept')
    assert.equal(viewAfter([...ended, { kind: 'opened', nowMs: 2_000 }, frame(2_100)], 2_200).kind, 'live')
  })
})
