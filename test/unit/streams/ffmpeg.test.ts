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
import { encoderTrialArguments, grayFromMp4Arguments, jpegFromCameraArguments, jpegFromMp4Arguments, keyFramesArguments, pullArguments, transcodeArguments } from '../../../streams/ffmpeg/command.ts'
import { hardwareCandidates, type Encoder } from '../../../streams/ffmpeg/encoder.ts'
import { isOutdated, locateFfmpeg, toolOf } from '../../../streams/ffmpeg/locate.ts'
import { readStderr } from '../../../streams/ffmpeg/stderr-fault.ts'
import { openPlane, sourceOf } from './plane-fixture.ts'
import { ScriptedCamera } from './scripted-camera.ts'

const tool = { path: 'ffmpeg', syncOption: '-vsync' } as const
const url = `rtsp://127.0.0.1:5540/${'A'.repeat(24)}`
const copy = { url, analyzeMs: 200, wallClockTimestamps: false } as const

describe('ffmpeg’s argument list', () => {
  it('for a copy is exactly this', () => {
    assert.equal(
      pullArguments(copy).join(' '),
      '-hide_banner -nostdin -loglevel warning -max_alloc 134217728 -codec_whitelist h264,hevc,mjpeg -f rtsp -format_whitelist rtsp -protocol_whitelist rtsp,rtp,tcp,udp -rtsp_transport tcp -allowed_media_types video' +
        ' -analyzeduration 200000 -probesize 1000000 -fpsprobesize 0 -max_streams 4 -fflags +discardcorrupt -max_delay 0' +
        ` -i ${url} -map 0:v:0 -an -sn -dn -c:v copy -f mp4 -movflags +frag_every_frame+empty_moov+delay_moov+default_base_moof+skip_trailer -flush_packets 1 pipe:1`,
    )
  })

  it('for a transcode in software is exactly this', () => {
    assert.equal(
      transcodeArguments(tool, { encoder: { kind: 'software' }, fps: 12.4 }).join(' '),
      '-hide_banner -loglevel warning -max_alloc 134217728 -codec_whitelist h264,hevc,mjpeg -f mp4 -format_whitelist mov -protocol_whitelist pipe -threads 1 -flags low_delay -analyzeduration 1 -fpsprobesize 0 -i pipe:0' +
        ' -filter:v scale=w=min(1280\\,iw):h=min(720\\,ih):force_original_aspect_ratio=decrease,scale=w=trunc(iw/2)*2:h=trunc(ih/2)*2,format=yuv420p' +
        ' -map 0:v:0 -c:v libx264 -preset superfast -tune zerolatency -bf 0 -threads 2 -g 12 -force_key_frames expr:isnan(prev_forced_t)+gte(t-prev_forced_t,1) -vsync passthrough -enc_time_base 1:90000 -copyts -start_at_zero' +
        ' -f mp4 -movflags +frag_every_frame+empty_moov+delay_moov+default_base_moof+skip_trailer -flush_packets 1 pipe:1',
    )
  })

  it('for a transcode by hardware opens its device before the input, hands its form of picture over last and has no B-frames', () => {
    const device = '/dev/dri/renderD128'
    const wanted: [Encoder, string, string, string][] = [
      [{ kind: 'nvenc' }, '', 'format=nv12', '-c:v h264_nvenc -preset p2 -tune ull'],
      [{ kind: 'qsv', device }, `-init_hw_device vaapi=va:${device} -init_hw_device qsv=hw@va -filter_hw_device hw`, 'format=nv12', '-c:v h264_qsv -preset veryfast -async_depth 1'],
      [{ kind: 'vaapi', device }, `-vaapi_device ${device}`, 'format=nv12,hwupload', '-c:v h264_vaapi -rc_mode CQP'],
    ]
    for (const [encoder, opened, handed, encoded] of wanted) {
      const args = transcodeArguments(tool, { encoder, fps: 15 })
      const input = args.slice(0, args.indexOf('-i')).join(' ')
      assert.ok(input.includes(opened), input)
      assert.ok((args[args.indexOf('-filter:v') + 1] ?? '').endsWith(`,${handed}`))
      const output = args.slice(args.indexOf('-map')).join(' ')
      assert.ok(output.includes(encoded) && output.includes('-bf 0'), output)
      // The trial asks the same of it.
      const trial = encoderTrialArguments({ encoder, fps: 15, width: 320, height: 240 }).join(' ')
      for (const part of [opened, encoded, '-bf 0', '-force_key_frames']) assert.ok(trial.includes(part), trial)
    }
  })

  it('names no device that is not a render node of the kernel', () => {
    const names = hardwareCandidates(['/dev/dri/renderD128', '/dev/dri/card0', '/dev/dri/renderD128,foo', '-y']).map((encoder) => ('device' in encoder ? `${encoder.kind} ${encoder.device}` : encoder.kind))
    assert.deepEqual(names, ['nvenc', 'qsv /dev/dri/renderD128', 'vaapi /dev/dri/renderD128'])
  })

  for (const other of ['rtsp://10.0.0.1/live', `rtsp://a:b@127.0.0.1:1/${'A'.repeat(24)}`, 'file:///etc/passwd', '-version', `${url} -y`, 'http://127.0.0.1/x.m3u8']) {
    it(`is refused for ${other}`, () => {
      assert.throws(() => pullArguments({ ...copy, url: other }), TypeError)
    })
  }

  it('lets nothing be decoded that cameras do not send, from nowhere else, and no single piece of memory be large', () => {
    for (const args of [pullArguments(copy), transcodeArguments(tool, { encoder: { kind: 'software' }, fps: 15 }), keyFramesArguments(tool, { url, analyzeMs: 1, keyFramesOnly: true, apartMs: 1, width: 1, height: 1 }), jpegFromMp4Arguments(tool, 0), grayFromMp4Arguments(tool, { index: 0, width: 1, height: 1 }), jpegFromCameraArguments(tool, { url, analyzeMs: 1 })]) {
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
