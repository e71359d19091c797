// Owns proof that a secret stays out of print and out of the log.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { inspect } from 'node:util'
import { maskUserInfo } from '#base/logger.ts'
import { Secret } from '#base/secret.ts'

describe('a secret', () => {
  const secret = new Secret('Pw-7531')

  it('is given only to who says reveal', () => {
    assert.equal(secret.reveal(), 'Pw-7531')
  })

  const ways: [string, string][] = [
    ['a template', `${secret}`],
    ['String', String(secret)],
    ['JSON', JSON.stringify({ credential: { password: secret } })],
    ['inspection', inspect({ deep: [secret] }, { showHidden: true, depth: 9 })],
    ['concatenation', 'login ' + secret],
    ['a copy of its fields', JSON.stringify({ ...secret }) + '[secret]'],
    ['an error', inspect(new Error('no', { cause: secret }))],
  ]
  for (const [way, text] of ways) {
    it(`is not printed by ${way}`, () => {
      assert.ok(!text.includes('7531'), text)
      assert.ok(text.includes('[secret]'), text)
    })
  }
})

describe('masking addresses in a log', () => {
  const masked: [string, string][] = [
    ['rtsp://admin:pw@10.12.0.1/x', 'rtsp://***@10.12.0.1/x'],
    ['rtsp://admin:p@w@10.12.0.1/x', 'rtsp://***@10.12.0.1/x'],
    ['mysql://root:pw@db:3306/x and HTTP://a:b@c', 'mysql://***@db:3306/x and HTTP://***@c'],
    ['rtsp://admin:p/w@10.12.0.1/x', 'rtsp://***@10.12.0.1/x'],
    ['open "rtsp://a:p/#?%@:中@10.12.0.1/x" failed, ask a@b', 'open "rtsp://***@10.12.0.1/x" failed, ask a@b'],
    ['rtsp://10.12.0.1/x', 'rtsp://10.12.0.1/x'],
    ['write to a@b.example', 'write to a@b.example'],
  ]
  for (const [text, wanted] of masked) {
    it(`makes "${wanted}" of an address`, () => assert.equal(maskUserInfo(text), wanted))
  }

  it('writes one line per record, without the secrets of its fields and errors, whatever a camera calls itself', function () {
    this.timeout(20_000)
    const script = `
      import { createLogger } from '#base/logger.ts'
      import { Secret } from '#base/secret.ts'
      const logger = createLogger({ level: 'info', name: 'test' })
      logger.info({ name: 'cam\\n{"level":60}', password: new Secret('Pw-7531') }, 'first')
      logger.error({ error: new Error('GET rtsp://admin:Pw-7531@10.12.0.1/ failed') }, 'second')
      logger.error({ error: 'rtsp://admin:Pw-7531@10.12.0.1/' }, 'third')
      logger.warn({ url: 'rtsp://a:Pw/7531@h/', deep: [{ at: 'rtsp://a:Pw-7531@h/' }], cause: new Error('rtsp://a:Pw-7531@h/') }, 'GET rtsp://a:Pw/7531@h/')
      logger.child({ room: 'rtsp://a:Pw/7531@h/' }).info({}, 'fifth')
      logger.warn({ name: 'x\\u001b[2J\\u009b2J\\u2028{"level":60}\\u202e', '\\u202ekey': 1, error: new Error('\\u0085') }, 'sixth \\u009b2J')
      logger.debug({}, 'not written')
    `
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' })
    const records = stdout.trim().split('\n').map((line): unknown => JSON.parse(line))
    assert.equal(records.length, 6, stdout + stderr)
    // Nothing that a terminal, a viewer or another splitter of lines would obey.
    assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
    assert.ok(!stdout.includes('7531'), stdout)
  })
})
