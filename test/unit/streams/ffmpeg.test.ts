// What we ask of ffmpeg and what we understand of its last words; both held against the versions that we run.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AddressPolicy } from '#base/address-policy.ts'
import { AppError } from '#base/app-error.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { defaultLimits } from '#streams'
import { LocalMediaPlane } from '../../../streams/local-media-plane.ts'
import { grayFromMp4Arguments, jpegFromCameraArguments, jpegFromMp4Arguments, keyFramesArguments, pullArguments } from '../../../streams/ffmpeg/command.ts'
import { isOutdated, locateFfmpeg, toolOf } from '../../../streams/ffmpeg/locate.ts'
import { readStderr } from '../../../streams/ffmpeg/stderr-fault.ts'
import { openPlane, sourceOf } from './plane-fixture.ts'
import { ScriptedCamera } from './scripted-camera.ts'

const tool = { path: 'ffmpeg', syncOption: '-vsync' } as const
const url = `rtsp://127.0.0.1:5540/${'A'.repeat(24)}`
const copy = { url, analyzeMs: 200, wallClockTimestamps: false, mode: { kind: 'copy' } } as const

describe('ffmpeg’s argument list', () => {
  it('for a copy is exactly this', () => {
    assert.equal(
      pullArguments(tool, copy).join(' '),
      '-hide_banner -nostdin -loglevel warning -max_alloc 134217728 -codec_whitelist h264,hevc,mjpeg -f rtsp -format_whitelist rtsp -protocol_whitelist rtsp,rtp,tcp,udp -rtsp_transport tcp -allowed_media_types video' +
        ' -analyzeduration 200000 -probesize 1000000 -fpsprobesize 0 -max_streams 4 -fflags +discardcorrupt -max_delay 0' +
        ` -i ${url} -map 0:v:0 -an -sn -dn -c:v copy -f mp4 -movflags +frag_every_frame+empty_moov+delay_moov+default_base_moof -flush_packets 1 pipe:1`,
    )
  })

  it('for a transcode has no B-frames, a key frame a second and at most 1280x720', () => {
    const args = pullArguments(tool, { ...copy, mode: { kind: 'transcode', fps: 15 } }).join(' ')
    for (const part of ['-c:v libx264 -preset superfast -tune zerolatency -bf 0 -g 15', 'min(1280', 'min(720']) assert.ok(args.includes(part), part)
  })

  for (const other of ['rtsp://10.0.0.1/live', `rtsp://a:b@127.0.0.1:1/${'A'.repeat(24)}`, 'file:///etc/passwd', '-version', `${url} -y`, 'http://127.0.0.1/x.m3u8']) {
    it(`is refused for ${other}`, () => {
      assert.throws(() => pullArguments(tool, { ...copy, url: other }), TypeError)
    })
  }

  it('lets nothing be decoded that cameras do not send, from nowhere else, and no single piece of memory be large', () => {
    for (const args of [pullArguments(tool, copy), keyFramesArguments(tool, { url, analyzeMs: 1, keyFramesOnly: true, apartMs: 1, width: 1, height: 1 }), jpegFromMp4Arguments(tool, 0), grayFromMp4Arguments(tool, { index: 0, width: 1, height: 1 }), jpegFromCameraArguments(tool, { url, analyzeMs: 1 })]) {
      const input = args.slice(0, args.indexOf('-i')).join(' ')
      for (const wanted of [/-codec_whitelist h264,hevc,mjpeg( |$)/, /-format_whitelist (rtsp|mov)( |$)/, /-protocol_whitelist (pipe|rtsp,rtp,tcp,udp)( |$)/, /-max_alloc \d+/]) assert.match(input, wanted)
    }
  })

  it('knows which releases get no fixes any more', () => {
    assert.deepEqual(['N-47683-g0e8eb07980-static', '4.4.2', 'n4.1', '5.1.9-0+deb12u1', '7.1', 'n8.0', 'git-2025'].map(isOutdated), [true, true, true, false, false, false, false])
  })

  it('uses the option for frame timing that the version knows', () => {
    const option = (version: string) => toolOf({ ffmpegPath: 'x', origin: 'path', version }).syncOption
    assert.deepEqual(['N-47683-g0e8eb07980-static', '5.1.9-0+deb12u1', '7.1', 'n8.0'].map(option), ['-vsync', '-vsync', '-fps_mode', '-fps_mode'])
    assert.ok(jpegFromMp4Arguments({ path: 'x', syncOption: '-fps_mode' }, 3).includes('-fps_mode'))
  })
})

describe('ffmpeg’s last words', () => {
  const expected: Record<string, string> = {
    garbage: 'stream_undecodable',
    'unknown-codec': 'probe-longer',
    'unknown-encoder': 'probe_failed',
    refused: 'nothing-known',
    'no-parameters': 'nothing-known',
  }
  for (const [name, meaning] of Object.entries(expected)) {
    for (const version of ['4.1', '5.1']) {
      it(`"${name}" of ${version} mean ${meaning} and none of their text is passed on`, () => {
        const verdict = readStderr(readFileSync(new URL(`../../fixtures/ffmpeg/${name}-${version}.txt`, import.meta.url), 'utf8'))
        assert.equal(verdict.kind === 'fault' ? verdict.fault.code : verdict.kind, meaning)
        assert.doesNotMatch(JSON.stringify(verdict), /rtsp:|127\.0\.0\.1|0x/)
      })
    }
  }
})

describe('a server without ffmpeg', () => {
  it('is found out by looking, without failing', async () => {
    const env = { FFMPEG_PATH: '/nonexistent/ffmpeg', PATH: '/nonexistent' }
    const found = await locateFfmpeg(env)
    assert.ok(found === null || found.origin === 'npm')
  })

  it('refuses live and proofs with transcoder_missing and still proves the RTSP rung', async () => {
    const deps = { clock: systemClock, random: randomBytes, logger: silentLogger, addressPolicy: new AddressPolicy(['127.0.0.0/8']), limits: defaultLimits, spawn, capability: null, copyBy: 'ffmpeg' as const }
    const plane = new LocalMediaPlane(deps)
    const camera = await new ScriptedCamera().start()
    const source = sourceOf(camera)
    await assert.rejects(plane.open(source), (error: unknown) => error instanceof AppError && error.code === 'transcoder_missing')
    const proof = await plane.prove(source)
    assert.ok(proof.kind === 'fault' && proof.fault.code === 'transcoder_missing')
    assert.equal((await plane.probe(source, { timeoutMs: 1_000 })).kind, 'answered')
    await plane.close()
    await camera.stop()
  })

  it('refuses an address outside the camera networks before anything connects', async function () {
    const plane = await openPlane()
    if (!plane.capability()) this.skip()
    const source = { ...sourceOf(new ScriptedCamera()), host: '192.0.2.1', port: 554 }
    await assert.rejects(plane.open(source), (error: unknown) => error instanceof AppError && error.code === 'camera_address_refused')
    await plane.close()
  })
})
