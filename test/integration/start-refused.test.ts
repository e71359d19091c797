// Owns proof of what a person reads when the server does not start: one line with a stable code, exit code 2, no secret.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StartErrorCode } from '#base/start-error.ts'

const PASSWORD = 'canary-7f3a'

async function start(environment: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', 'backend/main.ts'], { env: { PATH, PORT: '0', LOG_LEVEL: 'error', ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString('utf8')))
  await once(child, 'close')
  return { code: child.exitCode, said }
}

describe('a server that cannot start', function () {
  this.timeout(30_000)
  const directory = mkdtempSync(join(tmpdir(), 'tianwang-start-'))
  let other: Server
  let taken: number
  before(async () => {
    other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    taken = (other.address() as AddressInfo).port
  })
  after(() => {
    other.close()
    rmSync(directory, { recursive: true, force: true })
  })

  let made = 0
  const dataDir = (): string => {
    const path = join(directory, String(made++))
    mkdirSync(join(path, 'keys'), { recursive: true })
    return path
  }
  const withFile = (path: string, text: string, mode = 0o600): string => {
    const at = dataDir()
    writeFileSync(join(at, path), text)
    chmodSync(join(at, path), mode)
    return at
  }
  async function refused(environment: Record<string, string>, code: StartErrorCode, words: RegExp): Promise<void> {
    const { code: exit, said } = await start({ DATA_DIR: dataDir(), ...environment })
    assert.equal(exit, 2, said)
    assert.match(said, new RegExp(`^does not start: ${code}: `))
    assert.match(said, words)
    assert.doesNotMatch(said, /^ +at /m, 'a stack trace')
    assert.equal(said.includes(PASSWORD), false, said)
  }

  it('says that the port is taken', () => refused({ PORT: String(taken) }, 'port_taken', new RegExp(`port ${taken}`)))
  it('says that the management port is taken', () => {
    const file = join(dataDir(), 'config.yaml')
    writeFileSync(file, `server:\n  managementPort: ${taken}\n  managementHost: 127.0.0.1\n`)
    return refused({ CONFIG_FILE: file }, 'port_taken', new RegExp(`port ${taken}`))
  })
  it('says that DATA_DIR is not to be written', () => {
    const file = join(directory, 'a-file')
    writeFileSync(file, '')
    return refused({ DATA_DIR: file }, 'data_dir_refused', /DATA_DIR/)
  })
  it('says that the database file is none, and leaves it as it is', () => refused({ DATA_DIR: withFile('tianwang.sqlite', 'not a database at all, but long enough to be looked at') }, 'database_unreadable', /tianwang\.sqlite/))
  it('says that a key is too short', () => refused({ DATA_DIR: withFile('keys/vault.key', 'short') }, 'key_refused', /vault\.key/))
  it('says that others can read a key', () => refused({ DATA_DIR: withFile('keys/vault.key', Buffer.from(Array.from({ length: 32 }, (_, at) => at)).toString('base64'), 0o644) }, 'key_refused', /chmod 600/))
  it('says that nothing answers where the database should be', () => refused({ DATABASE_URL: `mysql://tianwang:${PASSWORD}@127.0.0.1:1/tianwang` }, 'database_unreachable', /127\.0\.0\.1:1\b/))
  it('says that a database of another kind is none of ours', () => refused({ DATABASE_URL: `postgres://tianwang:${PASSWORD}@127.0.0.1/tianwang` }, 'config_refused', /storage\.databaseUrl/))
  it('says that a configuration file is not there', () => refused({ CONFIG_FILE: join(directory, 'nowhere.yaml') }, 'config_refused', /nowhere\.yaml/))

  const serverUrl = process.env['TEST_DATABASE_URL']
  const at = (change: (url: URL) => void): string => {
    const url = new URL(serverUrl ?? '')
    url.pathname = '/tianwang_is_not_there'
    change(url)
    return url.toString()
  }
  for (const [what, change] of [
    ['password', (url: URL) => void (url.password = PASSWORD)],
    ['name of a database', () => undefined],
  ] as const) {
    it(`says that the database refuses a wrong ${what}`, function () {
      if (!serverUrl) return this.skip()
      return refused({ DATABASE_URL: at(change) }, 'database_refused', /DATABASE_URL/)
    })
  }

  it('starts when nothing is in the way', async () => {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, ['--import', 'tsx', 'backend/main.ts'], { env: { PATH, PORT: '0', LOG_LEVEL: 'error', DATA_DIR: dataDir() }, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    for await (const piece of child.stdout) {
      said += String(piece)
      if (said.includes('console ready: ')) child.kill('SIGTERM')
    }
    assert.match(said, /console ready: http/)
  })
})
