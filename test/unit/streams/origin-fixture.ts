// Owns what tests of the origin share: one over a packager fed by hand, with a state set by hand.
import assert from 'node:assert/strict'
import type { Fault } from '#contract/faults.ts'
import type { StreamState } from '#contract/live.ts'
import { parseFileName } from '../../../streams/hls/names.ts'
import { Origin } from '../../../streams/hls/origin.ts'
import { setUpPackager } from './packager-fixture.ts'

export function setUpOrigin(ringMs?: number) {
  const made = setUpPackager(ringMs)
  const { clock, window, packager } = made
  const listeners = new Set<() => void>()
  const stream = {
    window,
    get edition() {
      return packager.edition
    },
    state: 'running' as StreamState,
    fault: null as Fault | null,
    onState(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const origin = new Origin({ clock, stream })
  const get = async (name: string, wish: { msn?: number; part?: number; uriSuffix?: string; signal?: AbortSignal } = {}) => {
    const parsed = parseFileName(name) ?? assert.fail(`no name: ${name}`)
    const { bytes } = await origin.file(parsed, { waitMs: 8_000, uriSuffix: '', ...wish, msn: wish.msn ?? null, part: wish.part ?? null })
    return Buffer.from(bytes)
  }
  const text = async (name: string, wish: Parameters<typeof get>[1] = {}) => (await get(name, wish)).toString('utf8')
  const setState = (state: StreamState, fault: Fault | null) => {
    stream.state = state
    stream.fault = fault
    for (const listener of listeners) listener()
  }
  return { ...made, get, text, setState, listeners }
}
