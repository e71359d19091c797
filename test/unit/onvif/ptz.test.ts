// Owns proof of the pure rules of turning: who goes before whom, what a device says of its head.
import assert from 'node:assert/strict'
import type { Tier } from '#contract/units.ts'
import { mayTakeFrom, readHeadFacts, readPresets } from '../../../backend/onvif/ptz.ts'
import { readXml } from '../../../backend/onvif/xml-element.ts'

describe('the rules of turning', () => {
  it('lets the bureau go before a station and a station before a room; among equals the first keeps it', () => {
    const may = (present: Tier, wanted: Tier) => mayTakeFrom({ tier: present, userId: 'a' }, { tier: wanted, userId: 'b' })
    assert.deepEqual((['community', 'station', 'bureau'] as const).map((wanted) => (['community', 'station', 'bureau'] as const).map((present) => may(present, wanted))), [
      [false, false, false],
      [true, false, false],
      [true, true, false],
    ])
    assert.ok(mayTakeFrom({ tier: 'bureau', userId: 'a' }, { tier: 'bureau', userId: 'a' }), 'one person from one window to another')
  })

  it('reads what a head can do, and takes a device that does not tell for a plain one', () => {
    const node = (uri: string) =>
      readXml(`<r><PTZNode token="n"><SupportedPTZSpaces><RelativePanTiltTranslationSpace><URI>${uri}</URI></RelativePanTiltTranslationSpace></SupportedPTZSpaces><HomeSupported>true</HomeSupported></PTZNode></r>`)
    assert.deepEqual(readHeadFacts(node('http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov')), { hasHome: true, hasZoom: false, hasFieldOfView: true })
    assert.equal(readHeadFacts(node('http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationGenericSpace')).hasFieldOfView, false)
    assert.deepEqual(readHeadFacts(null), { hasHome: false, hasZoom: true, hasFieldOfView: false })
  })

  it('reads presets, names the nameless by their token, and drops tokens that could not be sent back', () => {
    const presets = readPresets(readXml('<r><Preset token="1"><Name>门\u202e口</Name></Preset><Preset token="p2"/><Preset><Name>x</Name></Preset><Preset token="a  b"/></r>'))
    assert.deepEqual(presets, [{ token: '1', name: '门口' }, { token: 'p2', name: 'p2' }])
  })
})
