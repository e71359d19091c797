// Owns what becomes of an encoder that fails or is killed: an error that says so, and nothing left behind.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeArguments, encodeLoops } from '../../fleet/loops/encode.ts'
import type { LoopOutput } from '../../fleet/loops/encode.ts'

const OUTPUT: LoopOutput = { name: 'a-h264-sub', codec: 'h264', size: 'sub', gop: 15 }

describe('loop encoder', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleet-encode-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const encodeWith = (script: string) => {
    const ffmpegPath = join(folder, 'encoder')
    writeFileSync(ffmpegPath, `#!/bin/sh\n${script}\n`)
    chmodSync(ffmpegPath, 0o755)
    return encodeLoops({ ffmpegPath, spawn, workDir: folder }, { outputs: [OUTPUT], frames: 30, render: () => new Uint8Array(1_382_400) })
  }

  it('says what the encoder said when it fails before it has read everything', async () => {
    await assert.rejects(encodeWith('echo no such codec >&2; exit 3'), /ended with 3: no such codec/)
    assert.deepEqual(readdirSync(folder), ['encoder'])
  })

  it('says by which signal it was killed', async () => {
    await assert.rejects(encodeWith('kill -KILL $$'), /ended with SIGKILL/)
  })

  it('asks old and new ffmpeg alike: scaling once, key frames fixed, no B frames', () => {
    const args = encodeArguments([OUTPUT, { ...OUTPUT, name: 'b', size: 'main' }], '/f').join(' ')
    assert.match(args, /scale=640:360:flags=fast_bilinear,split=1\[s0\] -map \[s0\] .*-g 15 -keyint_min 15 -sc_threshold 0 -bf 0 .*\/f\/a-h264-sub -map 0:v /)
  })
})
