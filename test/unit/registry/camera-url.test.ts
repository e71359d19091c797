// Owns the refusals of a stream address, and the fields that are kept of a good one.
import assert from 'node:assert/strict'
import { parseStreamUrl } from '../../../backend/registry/index.ts'

describe('a stream address', () => {
  const host = '10.12.0.5'
  const good: [string, string, object][] = [
    ['with a port and a query', 'rtsp://10.12.0.5:8554/cam/real?channel=1&subtype=0', { tls: false, port: 8554, path: '/cam/real?channel=1&subtype=0' }],
    ['without a port', 'rtsp://10.12.0.5/main', { tls: false, port: 554, path: '/main' }],
    ['over TLS', 'rtsps://10.12.0.5/main', { tls: true, port: 322, path: '/main' }],
    ['in capitals', 'RTSP://10.12.0.5/Main', { tls: false, port: 554, path: '/Main' }],
    ['without a path', 'rtsp://10.12.0.5', { tls: false, port: 554, path: '/' }],
  ]
  for (const [what, url, fields] of good) {
    it(`${what} is kept as fields`, () => assert.deepEqual(parseStreamUrl(url, 'sub', host), { stream: 'sub', ...fields }))
  }

  it('of an IPv6 host is kept', () => {
    assert.equal(parseStreamUrl('rtsp://[fd00:12::5]:554/x', 'main', 'fd00:12::5').path, '/x')
  })

  const refused: [string, string][] = [
    ['http', 'http://10.12.0.5/x'],
    ['file', 'file:///etc/passwd'],
    ['rtmp', 'rtmp://10.12.0.5/x'],
    ['an ffmpeg protocol', 'concat:rtsp://10.12.0.5/x'],
    ['a protocol chain', 'rtsp+tcp://10.12.0.5/x'],
    ['no scheme', '//10.12.0.5/x'],
    ['an option of a command', '-i rtsp://10.12.0.5/x'],
    ['user info', 'rtsp://admin:pw@10.12.0.5/x'],
    ['a user alone', 'rtsp://admin@10.12.0.5/x'],
    ['empty user info', 'rtsp://@10.12.0.5/x'],
    ['user info that hides the host', 'rtsp://10.12.0.5:pw@10.99.0.1/x'],
    ['another host', 'rtsp://10.12.0.6/x'],
    ['a name', 'rtsp://localhost/x'],
    ['the same host in octal', 'rtsp://012.014.0.5/x'],
    ['a backslash', 'rtsp://10.12.0.5\\@10.99.0.1/x'],
    ['a line break', 'rtsp://10.12.0.5/x\nHost: y'],
    ['a carriage return', 'rtsp://10.12.0.5/x\r\n'],
    ['a NUL', 'rtsp://10.12.0.5/x\0'],
    ['a tab', 'rtsp://10.12.0.5/\tx'],
    ['a blank', 'rtsp://10.12.0.5/a b'],
    ['a delete character', 'rtsp://10.12.0.5/\u007f'],
    ['characters outside ASCII', 'rtsp://10.12.0.5/路'],
    ['full-width letters', 'ｒtsp://10.12.0.5/x'],
    ['a fragment', 'rtsp://10.12.0.5/x#y'],
    ['a port out of range', 'rtsp://10.12.0.5:70000/x'],
    ['port 0', 'rtsp://10.12.0.5:0/x'],
    ['a port that is no number', 'rtsp://10.12.0.5:rtsp/x'],
    ['a query without a path', 'rtsp://10.12.0.5?x'],
    ['nothing', ''],
    ['more than 1024 characters', `rtsp://10.12.0.5/${'x'.repeat(1_008)}`],
  ]
  for (const [what, url] of refused) {
    it(`with ${what} is refused`, () => assert.throws(() => parseStreamUrl(url, 'main', host), { name: 'AppError', code: 'camera_url_refused', kind: 'invalid' }))
  }

  it('of exactly 1024 characters is kept', () => {
    const url = `rtsp://10.12.0.5/${'x'.repeat(1_007)}`
    assert.equal(url.length, 1_024)
    assert.equal(parseStreamUrl(url, 'main', host).path.length, 1_008)
  })

  it('that is refused does not come back in the error', () => {
    assert.throws(
      () => parseStreamUrl('rtsp://admin:Pw-7531@10.12.0.5/x', 'main', host),
      (error) => error instanceof Error && !JSON.stringify([error.message, error.stack, error.cause]).includes('7531'),
    )
  })
})
