// Owns proof of reading Media1 and Media2 profiles and of choosing main and sub among them.
import assert from 'node:assert/strict'
import { chooseProfiles, readProfiles, type DeviceProfile } from '../../../backend/onvif/media-profiles.ts'
import { readXml } from '../../../backend/onvif/xml-element.ts'

describe('media profiles', () => {
  const profile = (token: string, codec: DeviceProfile['codec'], width: number, height: number): DeviceProfile => ({
    token, name: token, codec, width, height, fps: 25, hasAudio: false, hasPtz: false,
  })
  const chosen = (...profiles: DeviceProfile[]) => chooseProfiles(profiles).map((one) => `${one.stream} ${one.token}`)

  it('are read from Media2 with H.265, audio and PTZ', () => {
    const answer = readXml(
      '<r><tr2:Profiles token="m"><tr2:Name>Main</tr2:Name><tr2:Configurations><tr2:VideoEncoder><tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>2560</tt:Width><tt:Height>1440</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>12.5</tt:FrameRateLimit></tt:RateControl></tr2:VideoEncoder><tr2:AudioEncoder/><tr2:PTZ/></tr2:Configurations></tr2:Profiles></r>',
    )
    assert.deepEqual(readProfiles(answer), [
      { token: 'm', name: 'Main', codec: 'h265', width: 2560, height: 1440, fps: 12.5, hasAudio: true, hasPtz: true },
    ])
  })
  it('are dropped without a video encoder, and with a token that cannot be sent back as it is', () => {
    const video = '<tt:VideoEncoderConfiguration><tt:Encoding>H264</tt:Encoding></tt:VideoEncoderConfiguration>'
    const answer = readXml(`<r><trt:Profiles token="a"/><trt:Profiles>${video}</trt:Profiles><trt:Profiles token="b&#x202e;">${video}</trt:Profiles></r>`)
    assert.deepEqual(readProfiles(answer), [])
  })
  it('give the largest as main and the smallest H.264 as sub', () => {
    const small = profile('s', 'h264', 640, 360)
    assert.deepEqual(chosen(small, profile('m', 'h265', 2560, 1440), profile('t', 'h264', 352, 288)), ['main m', 'sub t'])
    assert.deepEqual(chosen(profile('j', 'mjpeg', 320, 240), profile('m', 'h264', 1920, 1080), small), ['main m', 'sub s'])
  })
  it('give the smallest of all as sub when no H.264 is small enough', () => {
    assert.deepEqual(chosen(profile('m', 'h264', 2560, 1440), profile('n', 'h264', 1920, 1080), profile('h', 'h265', 640, 360)), ['main m', 'sub h'])
  })
  it('give a single profile as both, and none when nothing is usable', () => {
    assert.deepEqual(chosen(profile('m', 'h264', 1920, 1080)), ['main m', 'sub m'])
    assert.deepEqual(chosen(profile('o', 'other', 1920, 1080), profile('z', 'h264', 0, 0)), [])
  })
})
