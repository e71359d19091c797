// Owns proof of the registry's pure rules about a camera.
import assert from 'node:assert/strict'
import { requiredArchiveKeys } from '#contract/archive.ts'
import type { Profile } from '#contract/cameras.ts'
import { initialsOf, missingArchiveKeys, shownCodec } from '../../../backend/registry/index.ts'
import { sampleArchive } from './sample-camera.ts'

describe('pinyin initials', () => {
  for (const [name, initials] of [
    ['平潭街路口', 'ptjlk'],
    ['中沙坪社区', 'zspsq'],
    ['枣岭山3号杆', 'zls3hg'],
    ['Gate 东门', 'gatedm'],
    ['', ''],
  ] as const) {
    it(`of ${name || 'nothing'} are ${initials || 'nothing'}`, () => assert.equal(initialsOf(name), initials))
  }
})

describe('a complete archive', () => {
  it('misses nothing', () => assert.deepEqual(missingArchiveKeys(sampleArchive(1)), []))

  it('may leave open what the template does not require', () => {
    assert.deepEqual(missingArchiveKeys(sampleArchive(1, { model: '', alias: '', ipv6: '', supplementLight: null, codec: '' })), [])
  })

  it('misses each required field that is empty, of every type', () => {
    const archive = sampleArchive(1, { mac: '', longitude: null, direction: null, positionTypes: [], departments: [], installedOn: '' })
    assert.deepEqual(missingArchiveKeys(archive).sort(), ['departments', 'direction', 'installedOn', 'longitude', 'mac', 'positionTypes'])
    for (const key of missingArchiveKeys(archive)) assert.ok(requiredArchiveKeys.includes(key))
  })

  it('does not miss a zero or a no', () => {
    assert.deepEqual(missingArchiveKeys(sampleArchive(1, { longitude: 0, latitude: 0, networked: false })), [])
  })
})

describe('the codec that the list shows', () => {
  const profile = (stream: 'main' | 'sub', codec: Profile['codec']): Profile => ({ stream, codec, token: '', name: '', width: 1, height: 1, fps: 1, hasAudio: false })

  it('is that of the sub stream, which walls play', () => assert.equal(shownCodec([profile('main', 'h265'), profile('sub', 'h264')]), 'h264'))
  it('is that of the main stream when there is no other', () => assert.equal(shownCodec([profile('main', 'h265')]), 'h265'))
  it('is not known without a profile', () => assert.equal(shownCodec([]), null))
})
