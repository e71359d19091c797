// Owns proof of reading the configuration: who overrides whom, and what stops the start.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exampleText } from '#config/example-text.ts'
import { ConfigError, loadConfig } from '#config/load.ts'
import { readTlsFiles } from '#config/tls-files.ts'

describe('the configuration', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tianwang-config-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  const file = (text: string) => {
    const path = join(directory, 'config.yaml')
    writeFileSync(path, text)
    return path
  }
  const refusal = (run: () => unknown): string => {
    try {
      run()
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error))
      return error.message
    }
    return assert.fail('it was accepted')
  }

  it('has a default for every key', () => {
    const config = loadConfig({})
    assert.equal(config.server.port, 8080)
    assert.equal(config.storage.dataDir, 'var')
    assert.deepEqual(config.cameras.networks, [])
  })

  it('takes a file over the defaults and the environment over the file', () => {
    const path = file('server:\n  port: 9000\n  host: 10.0.0.1\nhealth:\n')
    const config = loadConfig({ CONFIG_FILE: path, PORT: '9100', CAMERA_NETWORKS: '10.12.0.0/16, 10.13.0.0/16', DATA_DIR: 'elsewhere', LOG_LEVEL: 'warn' })
    assert.deepEqual([config.server.port, config.server.host], [9100, '10.0.0.1'])
    assert.deepEqual(config.cameras.networks, ['10.12.0.0/16', '10.13.0.0/16'])
    assert.deepEqual([config.storage.dataDir, config.log.level], ['elsewhere', 'warn'])
  })

  it('takes an empty variable for one that is not set', () => {
    assert.equal(loadConfig({ PORT: '', CONFIG_FILE: '', DATA_DIR: '' }).server.port, 8080)
  })

  it('ignores variables that are not its own', () => {
    assert.deepEqual(loadConfig({ HOME: 'x', SERVER_PORT: '1' }), loadConfig({}))
  })

  const refused: [string, string, RegExp][] = [
    ['an unknown key', 'server:\n  prot: 1\n', /server.*prot/s],
    ['an unknown section', 'sever:\n  port: 1\n', /sever/],
    ['a port out of range', 'server:\n  port: 70000\n', /server\.port/],
    ['a network that is no CIDR block', 'cameras:\n  networks: [everything]\n', /cameras\.networks\.0/],
    ['a section that is a list', 'server: [1]\n', /map of sections/],
    ['a file that is one word', 'server\n', /map of sections/],
  ]
  for (const [what, text, wanted] of refused) {
    it(`does not start with ${what}`, () => {
      const path = file(text)
      assert.match(refusal(() => loadConfig({ CONFIG_FILE: path })), wanted)
    })
  }

  it('names every wrong key at once', () => {
    const path = file('server:\n  port: -1\nlog:\n  level: loud\n')
    const message = refusal(() => loadConfig({ CONFIG_FILE: path }))
    assert.match(message, /server\.port/)
    assert.match(message, /log\.level/)
  })

  it('does not start with a file that is not there, or a variable that is no port', () => {
    assert.match(refusal(() => loadConfig({ CONFIG_FILE: join(directory, 'missing.yaml') })), /does not exist/)
    assert.match(refusal(() => loadConfig({ PORT: 'http' })), /server\.port/)
  })

  describe('has an example', () => {
    const example = exampleText()

    it('that is the file in the repository', () => {
      assert.equal(readFileSync(new URL('../../../config/example.yaml', import.meta.url), 'utf8'), example)
    })

    it('that changes nothing as it stands, nor with every default uncommented', () => {
      assert.deepEqual(loadConfig({ CONFIG_FILE: file(example) }), loadConfig({}))
      const uncommented = example.replace(/^ {2}# ([a-zA-Z]+: (?:["[{]|-?\d|true|false))/gm, '  $1')
      assert.notEqual(uncommented, example)
      assert.deepEqual(loadConfig({ CONFIG_FILE: file(uncommented) }), loadConfig({}))
    })
  })

  it('speaks TLS only with a certificate and its key, and says which file is wrong', () => {
    assert.equal(readTlsFiles({ tlsCertificateFile: '', tlsKeyFile: '' }), null)
    const notPem = join(directory, 'server.crt')
    writeFileSync(notPem, 'no certificate')
    assert.match(refusal(() => readTlsFiles({ tlsCertificateFile: notPem, tlsKeyFile: '' })), /belong together/)
    assert.match(refusal(() => readTlsFiles({ tlsCertificateFile: '', tlsKeyFile: notPem })), /belong together/)
    assert.match(refusal(() => readTlsFiles({ tlsCertificateFile: notPem, tlsKeyFile: join(directory, 'gone.key') })), /tlsKeyFile: .*gone\.key cannot be read/)
    assert.match(refusal(() => readTlsFiles({ tlsCertificateFile: notPem, tlsKeyFile: notPem })), /not a certificate and its key/)
  })
})
