// Proves that the page of keys tells what the keys of a head do, all of it and nothing else.
import assert from 'node:assert/strict'
import { ptzHelp, ptzKeyOf } from '../../../../frontend/src/features/viewing/ptz/ptz-keys.ts'

const signs: Readonly<Record<string, string>> = { '←': 'ArrowLeft', '→': 'ArrowRight', '↑': 'ArrowUp', '↓': 'ArrowDown', Esc: 'Escape' }
const meaningOf = (key: string) => ptzKeyOf({ key, ctrlKey: false, altKey: false, metaKey: false })
/** Rows with a range `1 … 9` name each key of it. */
const keysOf = (keys: readonly string[]): string[] => (keys.includes('…') ? Array.from({ length: Number(keys.at(-1)) - Number(keys[0]) + 1 }, (_, at) => String(Number(keys[0]) + at)) : [...keys]).map((key) => signs[key] ?? key)

describe('the keys of a head', () => {
  it('are told as what they are', () => {
    const kinds = ptzHelp.filter(({ keys }) => keys.length > 0).map(({ keys, wordKey }) => [wordKey, [...new Set(keysOf(keys).map((key) => meaningOf(key)?.kind))].join()])
    assert.deepEqual(kinds, [['ptz.key.turn', 'hold'], ['ptz.key.zoom', 'hold'], ['ptz.key.preset', 'preset'], ['ptz.key.home', 'home'], ['ptz.key.leave', 'leave']])
  })
  it('turn and zoom the way that they say', () => {
    const turns = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', '+', '-'].map(meaningOf).map((key) => (key?.kind === 'hold' ? Object.entries(key.velocity).map(([axis, speed]) => `${axis} ${Math.sign(speed ?? 0)}`).join() : ''))
    assert.deepEqual(turns, ['pan -1', 'pan 1', 'tilt 1', 'tilt -1', 'zoom 1', 'zoom -1'])
  })
  it('are all told', () => {
    const told = new Set(ptzHelp.flatMap(({ keys }) => keysOf(keys)).map((key) => key.toLowerCase()))
    const printable = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at))
    // "=" is "+" without Shift.
    const known = [...printable, ...Object.values(signs), 'Enter', 'Home', 'PageUp', 'PageDown'].filter((key) => meaningOf(key) !== undefined && key !== '=')
    assert.deepEqual(known.filter((key) => !told.has(key.toLowerCase())), [])
  })
})
