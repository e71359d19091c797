// Owns reading RTSP, the vendors' paths, and what becomes of time: the pacer and the sent log.
import assert from 'node:assert/strict'
import { cameraIdentity } from '../../fleet/identity.ts'
import { Pacer } from '../../fleet/pacer.ts'
import { matchPath } from '../../fleet/rtsp/connection.ts'
import { RtspReader } from '../../fleet/rtsp/request.ts'
import { SentLog } from '../../fleet/rtsp/sent-log.ts'
import { encodeALaw } from '../../fleet/rtp/audio.ts'
import { handClock } from './support.ts'

describe('RTSP reader', () => {
  const options = 'OPTIONS rtsp://h/main RTSP/1.0\r\nCSeq: 1\r\n\r\n'

  it('puts a request together from pieces and keeps two apart', () => {
    const reader = new RtspReader()
    assert.deepEqual(reader.push(Buffer.from(options.slice(0, 20))), [])
    const requests = reader.push(Buffer.from(options.slice(20) + options))
    assert.deepEqual(requests.map(({ method, url, headers }) => [method, url, headers.get('cseq')]), [['OPTIONS', 'rtsp://h/main', '1'], ['OPTIONS', 'rtsp://h/main', '1']])
  })

  it('reads over receiver reports between requests', () => {
    const report = Buffer.concat([Buffer.from([0x24, 1, 0, 5]), Buffer.from('12345')])
    assert.equal(new RtspReader().push(Buffer.concat([report, Buffer.from(options), report])).length, 1)
  })

  it('waits for a body', () => {
    const reader = new RtspReader()
    assert.equal(reader.push(Buffer.from('SET_PARAMETER rtsp://h RTSP/1.0\r\nContent-Length: 4\r\n\r\nab')).length, 0)
    assert.equal(reader.push(Buffer.from('cd')).length, 1)
  })

  it('refuses HTTP and endless heads', () => {
    assert.throws(() => new RtspReader().push(Buffer.from('GET / HTTP/1.1\r\n\r\n')))
    assert.throws(() => new RtspReader().push(Buffer.alloc(20_000, 65)))
  })
})

describe('RTSP path', () => {
  it("finds each camera's own paths and the plain ones", () => {
    for (let index = 1; index <= 60; index++) {
      const { rtspPaths } = cameraIdentity('demo', index)
      for (const stream of ['main', 'sub'] as const) {
        assert.equal(matchPath(rtspPaths[stream], rtspPaths), stream)
        assert.equal(matchPath(`/${stream}?x=1`, rtspPaths), stream)
      }
    }
  })

  it('does not find others', () => {
    const paths = { main: '/Streaming/Channels/101?profile=1', sub: '/Streaming/Channels/102?profile=2' }
    assert.equal(matchPath('/Streaming/Channels/101', paths), 'main')
    assert.equal(matchPath('/Streaming/Channels/901', paths), null)
    assert.equal(matchPath('/', paths), null)
  })
})

describe('pacer', () => {
  it('gives each stream 15 beats a second, due in even steps', () => {
    const clock = handClock()
    const pacer = new Pacer({ clock })
    const due: number[] = []
    pacer.add({ beat: (dueMs) => due.push(dueMs) })
    clock.advance(2000)
    assert.ok(due.length === 30 || due.length === 31, `${due.length} beats in 2 s`)
    for (let i = 1; i < due.length; i++) assert.ok(Math.abs((due[i] ?? 0) - (due[i - 1] ?? 0) - 1000 / 15) < 0.01)
  })

  it('rests when nobody is left', () => {
    const clock = handClock()
    const pacer = new Pacer({ clock })
    let beats = 0
    const stream = { beat: () => void beats++ }
    pacer.add(stream)
    clock.advance(100)
    pacer.remove(stream)
    const before = beats
    clock.advance(1000)
    assert.equal(beats, before)
    assert.equal(pacer.streams, 0)
  })
})

describe('sent log', () => {
  it('finds the sending nearest to the asked time', () => {
    const log = new SentLog()
    for (let loop = 0; loop < 3; loop++) for (let frame = 0; frame < 180; frame++) log.add(frame, loop * 12_000 + (frame * 1000) / 15)
    assert.equal(log.nearest(15, 12_500), 13_000)
    assert.equal(log.nearest(15, 0), 1000)
  })

  it('knows nothing of frames that were not sent', () => {
    assert.equal(new SentLog().nearest(1, 0), null)
  })
})

describe('A-law', () => {
  it('codes the values of the standard', () => {
    assert.deepEqual([0, 8, -1, 32767, -32768].map(encodeALaw), [0xd5, 0xd5, 0x55, 0xaa, 0x2a])
  })
})
