// Which encoder transcodes use is found out by trial: with an ffmpeg that lists and fails, one that works, one that gives
// the wrong picture, one that hangs. The fakes are scripts around the real one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/logger.ts'
import { encoderName } from '../../../streams/ffmpeg/encoder.ts'
import { locateFfmpeg, toolOf, type FfmpegTool } from '../../../streams/ffmpeg/locate.ts'
import { Encoders } from '../../../streams/transcode/encoders.ts'
import { tryEncoder } from '../../../streams/transcode/encoder-trial.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { recordingLogger, type LoggedLine } from './plane-fixture.ts'

describe('the encoder for transcodes', function () {
  this.timeout(30_000)
  let real: FfmpegTool
  let folder: string

  before(async function () {
    const found = await locateFfmpeg(process.env)
    if (!found) return this.skip()
    real = toolOf(found)
    folder = await mkdtemp(join(tmpdir(), 'tianwang-encoders-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** An ffmpeg that notes what it is asked for and does as told when `encoder` is among it. */
  const fake = async (name: string, cases: Record<string, string>): Promise<{ tool: FfmpegTool; asked: () => Promise<string[]> }> => {
    const [path, log] = [join(folder, name), join(folder, `${name}.log`)]
    const branches = Object.entries(cases).map(([encoder, act]) => `  *" ${encoder} "*) ${act} ;;`)
    await writeFile(path, ['#!/bin/sh', `echo "$*" >> ${log}`, 'case " $* " in', ...branches, `  *) exec ${real.path} "$@" ;;`, 'esac', ''].join('\n'))
    await chmod(path, 0o755)
    return { tool: { ...real, path }, asked: async () => (await readFile(log, 'utf8')).trim().split('\n') }
  }
  /** libx264 under another name. */
  const works = (filters = '') => `exec ${real.path} -loglevel error -f rawvideo -pix_fmt yuv420p -s 320x240 -r 15 -i pipe:0 ${filters} -c:v libx264 -preset ultrafast -bf 0 -f h264 pipe:1`
  const lists = 'echo "Cannot load libcuda.so.1" >&2; exit 1'
  const pretends = 'cat > /dev/null; exit 0'
  const hangs = 'exec sleep 600'

  const deps = (ffmpeg: FfmpegTool, clock = systemClock) => ({ clock, spawn, ffmpeg })
  const find = async (tool: FfmpegTool, nodes: string[] = [], lines: LoggedLine[] = []) => {
    const encoders = new Encoders({ ...deps(tool), logger: recordingLogger(lines), renderNodes: async () => nodes })
    await encoders.find()
    await encoders.close()
    return encoders
  }

  it('is libx264, which passes the same trial, when what ffmpeg lists does not work', async () => {
    const { tool, asked } = await fake('lists', { h264_nvenc: lists, h264_qsv: lists, h264_vaapi: pretends })
    assert.equal(await tryEncoder(deps(real), { kind: 'software' }), 'works')
    assert.equal(encoderName((await find(tool, ['/dev/dri/renderD128'])).best), 'libx264')
    const tried = (await asked()).map((line) => /h264_\w+/.exec(line)?.[0])
    assert.deepEqual(tried, ['h264_nvenc', 'h264_qsv', 'h264_vaapi'])
  })

  it('is the first one whose pictures decode and look right; those after it are not tried', async () => {
    const { tool, asked } = await fake('works', { h264_nvenc: lists, h264_qsv: works(), h264_vaapi: works() })
    const lines: LoggedLine[] = []
    assert.deepEqual((await find(tool, ['/dev/dri/renderD128'], lines)).best, { kind: 'qsv', device: '/dev/dri/renderD128' })
    assert.ok((await asked()).every((line) => !line.includes('h264_vaapi')))
    assert.ok(lines.some(({ message }) => message === 'transcodes are made by hardware'))
  })

  it('is not one that gives other pictures than it was given', async () => {
    const { tool } = await fake('green', { h264_nvenc: works('-vf negate') })
    assert.equal(await tryEncoder(deps(tool), { kind: 'nvenc' }), 'unlike')
    assert.equal(encoderName((await find(tool)).best), 'libx264')
  })

  it('is not one that hangs, and its process does not stay', async () => {
    const { tool } = await fake('hangs', { h264_nvenc: hangs })
    const clock = new FakeClock()
    const pids: number[] = []
    const noted: typeof spawn = ((command: string, args: readonly string[], options: object) => {
      const child = spawn(command, args, options)
      pids.push(child.pid ?? 0)
      return child
    }) as typeof spawn
    const verdict = tryEncoder({ clock, spawn: noted, ffmpeg: tool }, { kind: 'nvenc' })
    clock.advance(6_000)
    assert.equal(await verdict, 'timed-out')
    assert.throws(() => process.kill(pids[0] ?? 0, 0))
  })

  it('goes back to libx264 with a word in the log when it fails at work, and is tried again later', async () => {
    const { tool, asked } = await fake('breaks', { h264_nvenc: works() })
    const clock = new FakeClock()
    const lines: LoggedLine[] = []
    const encoders = new Encoders({ ...deps(tool, clock), logger: recordingLogger(lines), renderNodes: async () => [] })
    await encoders.find()
    const broken = encoders.best
    assert.equal(encoderName(broken), 'h264_nvenc')
    encoders.failed({ kind: 'software' })
    assert.equal(encoders.best, broken)
    encoders.failed(broken)
    encoders.failed(broken)
    assert.equal(encoderName(encoders.best), 'libx264')
    assert.equal(lines.filter(({ level }) => level === 'warn').length, 1)
    const before = (await asked()).length
    clock.advance(10 * 60_000)
    await encoders.find()
    assert.ok((await asked()).length > before)
    assert.equal(encoderName(encoders.best), 'h264_nvenc')
    await encoders.close()
  })

  it('is not looked for behind anything but the kernel’s render nodes', async () => {
    const { tool, asked } = await fake('nodes', { h264_nvenc: lists })
    const encoders = new Encoders({ ...deps(tool), logger: silentLogger, renderNodes: async () => ['/dev/sda', '/dev/dri/card0'] })
    await encoders.find()
    assert.equal((await asked()).length, 1)
  })
})
