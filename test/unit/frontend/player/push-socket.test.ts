// Proves the console's media socket: one for all, asked in order, answering for what it took, honest about its loss.
import assert from 'node:assert/strict'
import { cameraIdSchema } from '#contract/ids.ts'
import { pushHeaderBytes, pushRequestSchema, writePushHeader, type PushRequest } from '#contract/media-push.ts'
import { PushSocket, type PushListener } from '../../../../frontend/src/player/push/push-socket.ts'
import type { PushWireListener } from '../../../../frontend/src/player/push/push-wire.ts'

const cameraId = cameraIdSchema.parse('a'.repeat(26))
const wish = { cameraId, stream: 'sub', mode: 'parts', priority: 'visible', decodes: { h264: 1, h265: 0 } } as const

/** A socket on a wire that a test holds both ends of. */
function scene() {
  const sent: PushRequest[] = []
  const wires: PushWireListener[] = []
  const timers: { ms: number; run: () => void }[] = []
  let nowMs = 0
  let closed = 0
  const socket = new PushSocket({
    open: (listener) => {
      wires.push(listener)
      return { send: (text) => void sent.push(pushRequestSchema.parse(JSON.parse(text))), close: () => void closed++ }
    },
    monotonicMs: () => nowMs,
    after: (ms, run) => {
      const timer = { ms, run }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  })
  const heard: string[] = []
  const listener: PushListener = {
        onSubscribed: ({ form, state }) => heard.push(`subscribed ${form} ${state}`),
    onTrack: ({ epoch }) => heard.push(`track ${epoch}`),
    onInit: (epoch, bytes) => heard.push(`init ${epoch} of ${bytes.byteLength}`),
    onMedia: ({ sequence }, bytes) => heard.push(`media ${sequence} of ${bytes.byteLength}`),
    onRefused: (code, seconds) => heard.push(`refused ${code} ${seconds}`),
    onEnded: (reason) => heard.push(`ended ${reason}`),
    onLost: () => heard.push('lost'),
  }
  return {
    socket, sent, wires, heard, listener,
    closed: () => closed,
    hello: () => wires.at(-1)?.onNotice({ type: 'hello', protocol: 1, serverAt: '2026-11-23T12:00:00.000Z' }),
    media: (kind: 'init' | 'part', id: number, sequence: number, length: number) => {
      const message = new Uint8Array(pushHeaderBytes + length)
      message.set(writePushHeader({ kind, key: true, discontinuity: false, segmentEnd: false, id, sequence, programDateMs: 5, msn: 1, partIndex: 0, durationMs: 333 }))
      wires.at(-1)?.onMedia(message.buffer)
    },
    fire: (ms: number) => {
      for (const timer of timers.splice(0)) if (timer.ms <= ms) timer.run()
      else timers.push(timer)
    },
    later: (ms: number) => (nowMs += ms),
  }
}

describe('the media socket', () => {
  it('is opened by the first subscription and asked when it has greeted', () => {
    const { socket, sent, wires, hello, listener } = scene()
    socket.subscribe(wish, listener)
    socket.subscribe(wish, listener)
    assert.deepEqual([wires.length, sent.length], [1, 0])
    hello()
    assert.deepEqual(sent.map(({ type, id }) => [type, id]), [['subscribe', 1], ['subscribe', 2]])
  })
  it('hands media without its header to the one who asked for it', () => {
    const { socket, hello, media, heard, listener } = scene()
    socket.subscribe(wish, listener)
    hello()
    media('init', 1, 1, 9)
    media('part', 1, 2, 30)
    media('part', 2, 1, 30)
    assert.deepEqual(heard, ['init 5 of 9', 'media 2 of 30'])
  })
  it('answers for the newest of what came, once for many', () => {
    const { socket, sent, hello, media, fire, listener } = scene()
    socket.subscribe(wish, listener)
    hello()
    for (let sequence = 1; sequence <= 5; sequence++) media('part', 1, sequence, 1)
    fire(200)
    assert.deepEqual(sent.slice(1), [{ type: 'ack', id: 1, sequence: 5 }])
  })
  it('tells a refusal and an end, and nothing after them', () => {
    const { socket, wires, hello, media, heard, listener } = scene()
    socket.subscribe(wish, listener)
    socket.subscribe(wish, listener)
    hello()
    wires[0]?.onNotice({ type: 'refused', id: 1, code: 'transcode_limit', retryAfterSeconds: 30 })
    wires[0]?.onNotice({ type: 'ended', id: 2, reason: 'right-ended' })
    media('part', 2, 1, 1)
    assert.deepEqual(heard, ['refused transcode_limit 30', 'ended right-ended'])
  })
  it('unsubscribes who leaves, and closes a while after the last one', () => {
    const { socket, sent, hello, media, fire, heard, listener, closed } = scene()
    const subscription = socket.subscribe(wish, listener)
    hello()
    subscription.close()
    subscription.close()
    media('part', 1, 1, 1)
    assert.deepEqual(sent.slice(1), [{ type: 'unsubscribe', id: 1 }])
    assert.deepEqual(heard, [])
    assert.equal(closed(), 0)
    fire(5_000)
    assert.equal(closed(), 1)
  })
  it('stays open for one who comes back in time', () => {
    const { socket, hello, fire, listener, closed } = scene()
    const subscription = socket.subscribe(wish, listener)
    hello()
    subscription.close()
    socket.subscribe(wish, listener)
    fire(5_000)
    assert.equal(closed(), 0)
  })
  it('closes a while after the last one was refused or ended, too', () => {
    const { socket, wires, hello, fire, listener, closed } = scene()
    socket.subscribe(wish, listener)
    socket.subscribe(wish, listener)
    hello()
    wires[0]?.onNotice({ type: 'refused', id: 1, code: 'not_found' })
    fire(5_000)
    assert.equal(closed(), 0)
    wires[0]?.onNotice({ type: 'ended', id: 2, reason: 'right-ended' })
    fire(5_000)
    assert.equal(closed(), 1)
  })
  it('tells everybody that it was lost and opens anew for the next one', () => {
    const { socket, wires, hello, heard, listener } = scene()
    socket.subscribe(wish, listener)
    hello()
    wires[0]?.onClosed()
    assert.deepEqual([heard, socket.usable], [['lost'], true])
    socket.subscribe(wish, listener)
    assert.equal(wires.length, 2)
  })
  it('is avoided when the server would not open it: two seconds, then twice as long each time, a minute at most', () => {
    const { socket, wires, heard, later, listener } = scene()
    for (const ms of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      socket.subscribe(wish, listener)
      wires.at(-1)?.onClosed()
      later(ms - 1)
      assert.deepEqual([heard.at(-1), socket.usable], ['lost', false])
      later(1)
      assert.equal(socket.usable, true)
    }
  })
  it('is avoided for a moment again once it was open, and not at all when the server is known to be back', () => {
    const { socket, wires, hello, later, listener } = scene()
    const fail = () => {
      socket.subscribe(wish, listener)
      wires.at(-1)?.onClosed()
    }
    fail()
    later(2_000)
    fail()
    later(4_000)
    socket.subscribe(wish, listener)
    hello()
    wires.at(-1)?.onClosed()
    fail()
    later(2_000)
    assert.equal(socket.usable, true)
    fail()
    socket.serverIsBack()
    assert.equal(socket.usable, true)
    fail()
    later(2_000)
    assert.equal(socket.usable, true)
  })
  it('is opened for who only asks whether it is there again, no sooner than it may, and closed when nobody comes', () => {
    const { socket, wires, hello, later, fire, listener, closed } = scene()
    socket.subscribe(wish, listener)
    wires[0]?.onClosed()
    assert.deepEqual([socket.comesBack(), wires.length], [false, 1])
    later(2_000)
    assert.deepEqual([socket.comesBack(), socket.comesBack(), wires.length], [false, false, 2])
    hello()
    assert.equal(socket.comesBack(), true)
    fire(5_000)
    assert.equal(closed(), 1)
  })
})

describe('a media socket whose line is dead', () => {
  it('is given up when a wire that was open brings nothing for five seconds after it was asked', () => {
    const { socket, sent, wires, hello, media, later, fire, heard, listener, closed } = scene()
    socket.subscribe(wish, listener)
    hello()
    media('part', 1, 1, 1)
    later(60_000)
    socket.subscribe(wish, listener)
    later(5_000)
    fire(5_000)
    assert.deepEqual([heard.slice(1), closed(), socket.usable], [['lost', 'lost'], 1, true])
    media('part', 1, 2, 1)
    wires[0]?.onClosed()
    assert.equal(heard.length, 3, 'nothing is heard of it any more')
    socket.subscribe(wish, listener)
    hello()
    assert.deepEqual([wires.length, sent.filter(({ type }) => type === 'subscribe').length], [2, 3])
  })
  it('is given up, and avoided, when it does not open in that time', () => {
    const { socket, later, fire, heard, listener, closed } = scene()
    socket.subscribe(wish, listener)
    later(5_000)
    fire(5_000)
    assert.deepEqual([heard, closed(), socket.usable], [['lost'], 1, false])
  })
  it('is not given up while other streams come, or for who has gone', () => {
    const { socket, hello, media, later, fire, heard, listener, closed } = scene()
    socket.subscribe(wish, listener)
    hello()
    later(1_000)
    const gone = socket.subscribe(wish, listener)
    later(4_000)
    media('part', 1, 1, 1)
    later(1_000)
    fire(5_000)
    later(1_000)
    socket.subscribe(wish, listener).close()
    gone.close()
    later(5_000)
    fire(5_000)
    assert.deepEqual([heard, closed()], [['media 1 of 1'], 0])
  })
  it('is given up at once when the server is back after a loss and nothing has come for a while, else kept', () => {
    const { socket, hello, media, later, heard, listener, closed } = scene()
    socket.subscribe(wish, listener)
    hello()
    later(10_000)
    media('part', 1, 1, 1)
    later(3_000)
    socket.serverIsBack()
    assert.deepEqual([heard.includes('lost'), closed()], [false, 0])
    later(1)
    socket.serverIsBack()
    assert.deepEqual([heard.includes('lost'), closed(), socket.usable], [true, 1, true])
  })
})
