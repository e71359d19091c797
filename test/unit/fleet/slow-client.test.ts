// Owns what happens to a client that does not read: frames are dropped, and it comes back in with a key frame.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { CameraState } from '../../fleet/camera-state.ts'
import { newCounters } from '../../fleet/counters.ts'
import { cameraIdentity } from '../../fleet/identity.ts'
import { Pacer } from '../../fleet/pacer.ts'
import { interleave, prebuild } from '../../fleet/rtp/prebuilt.ts'
import { Player } from '../../fleet/rtsp/player.ts'
import { CameraStream } from '../../fleet/rtsp/stream.ts'
import { RtpTrack } from '../../fleet/rtsp/track.ts'
import { handClock, tinyLibrary } from './support.ts'

const LIMIT = 2 * 1024 * 1024

describe('a client that does not read', () => {
  it('has frames dropped once 2 MB wait for it, and gets a key frame first when it reads again', async () => {
    const accepted: Socket[] = []
    const server = createServer((socket) => accepted.push(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const client = connect({ port: address.port, host: '127.0.0.1' })
    await once(client, 'connect')
    while (accepted.length === 0) await once(server, 'connection')
    const [socket] = accepted
    assert.ok(socket)
    const clock = handClock()
    const counters = newCounters()
    const state = new CameraState({ identity: cameraIdentity('test', 1), clock, library: tinyLibrary() })
    const stream = new CameraStream({ state, name: 'main', pacer: new Pacer({ clock }), prebuilt: prebuild })
    const player = new Player({ socket, state, stream, codec: 'h264', video: new RtpTrack(0), audio: null, tone: [], clock, counters })
    const frame = (key: boolean) => ({ key, ...interleave([Buffer.alloc(50_000)], 96) })
    try {
      let number = 0
      for (; number < 1000 && counters.framesDropped === 0; number++) player.frame(frame(false), number, 0)
      assert.equal(counters.framesDropped, 1)
      assert.ok(socket.writableLength > LIMIT && socket.writableLength < LIMIT + 200_000)
      player.frame(frame(true), number++, 0)
      assert.equal(counters.framesDropped, 2, 'even a key frame waits until there is room')
      const sent = counters.framesSent
      const drained = once(socket, 'drain')
      client.resume()
      await drained
      player.frame(frame(false), number++, 0)
      assert.equal(counters.framesSent, sent, 'nothing between key frames')
      player.frame(frame(true), number++, 0)
      player.frame(frame(false), number++, 0)
      assert.equal(counters.framesSent, sent + 2)
    } finally {
      client.destroy()
      socket.destroy()
      server.close()
    }
  })
})
