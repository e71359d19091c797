// Owns proof of the two password profiles and of the networks people sign in from.
import assert from 'node:assert/strict'
import { passwordFault, type PasswordFault, type PasswordProfile } from '../../../backend/access/password-policy.ts'
import { SignInNetworks } from '../../../backend/access/sign-in-networks.ts'

const words = ['zhangsan', 'T10234', '平潭街值守']
const cases: [PasswordProfile, string, PasswordFault | null][] = [
  ['asvs', 'quiet river bends', null],
  ['asvs', '长长的句子也可以做密码使用', null],
  ['asvs', 'x'.repeat(11), 'too-short'],
  ['asvs', 'password1234', 'common'],
  ['asvs', 'Hikvision2024!', 'common'],
  ['asvs', '739518462075', 'common'],
  ['asvs', 'abcabcabcabc', 'repeats'],
  ['asvs', 'abcdefghijklmn', 'repeats'],
  ['asvs', 'i am zhangsan!', 'personal'],
  ['asvs', 'number T10234 x', 'personal'],
  ['mlps3', 'Quiet-river7', null],
  ['mlps3', 'Riv3r-9x7', 'too-short'],
  ['mlps3', 'quietriverbends', 'too-few-kinds'],
  ['mlps3', 'quietriver77', 'too-few-kinds'],
]
describe('the rules of sign-in', () => {
  for (const [profile, password, fault] of cases) it(`${profile}: "${password}" is ${fault ?? 'taken'}`, () => assert.equal(passwordFault(profile, password, words), fault))

  it('let everybody in from everywhere when no network is named', () => {
    const open = new SignInNetworks({ everybody: [], administrators: [] })
    for (const ip of ['10.1.2.3', '::1', '203.0.113.9']) assert.ok(open.allow(ip, true))
  })
  it('keep strangers out, and administrators to their own network', () => {
    const closed = new SignInNetworks({ everybody: ['10.0.0.0/8', 'fd00::/8'], administrators: ['10.9.0.0/16'] })
    const tries: [string, boolean, boolean][] = [
      ['10.1.2.3', false, true], ['10.1.2.3', true, false], ['10.9.2.3', true, true], ['::ffff:10.9.2.3', true, true], ['fd00::1', false, true], ['fd00::1', true, false], ['192.0.2.1', false, false], ['', false, false],
    ]
    for (const [ip, administrator, allowed] of tries) assert.equal(closed.allow(ip, administrator), allowed, `${ip} ${administrator}`)
  })
})
