// Owns the parameter sets that a stream has in force: kept by their ids (ITU-T H.264 §7.4.1.2.1, H.265 §7.4.2.4), so that
// pictures that refer to different ones do not replace each other's.
// Refuses: reading more of a set than its ids; sets that an init segment could not hold, and more of them than cameras have.
import { BitReader, withoutEmulation } from './bits.ts'
import type { ParameterSets } from './frame.ts'
import { h265SpsId } from './h265-sps.ts'

/** avcC counts SPS in 5 bits and PPS in 8; H.265 has fewer. */
const MOST_SPS = 31
const MOST_PPS = 255
const MOST_VPS = 15
/** Sets with all their scaling lists take some hundred bytes. */
const MOST_BYTES = 4_096
/** Of all sets of a kind in force together: a third of 16 KiB, which an init segment then holds at the most. The oldest go. */
const MOST_BYTES_OF_KIND = (16 * 1024) / 3
/** Ids are the first that a set says. */
const ID_BYTES = 16

const NO_SETS: readonly Buffer[] = []

type Ids = Record<'vps' | 'sps' | 'pps' | 'spsOfPps', (set: Buffer) => number>

/**
 * Parameter sets after a frame's own ones are applied; `current` itself if nothing changed. An SPS that is new stands before
 * the others: it is the one that the next picture uses.
 */
export function applyInBand(current: ParameterSets, inBand: ParameterSets): ParameterSets {
  // Of most key frames all is known already, and then nothing is read.
  if (isKnown(current.sps, inBand.sps) && isKnown(current.pps, inBand.pps) && isKnown(current.vps, inBand.vps)) return current
  const ids = current.vps || inBand.vps ? H265_IDS : H264_IDS
  const sps = merge(current.sps, inBand.sps, ids.sps, MOST_SPS, 'first')
  const pps = merge(withoutThoseOf(current, sps, inBand.pps, ids), inBand.pps, ids.pps, MOST_PPS, 'last')
  const vps = inBand.vps ? merge(current.vps ?? NO_SETS, inBand.vps, ids.vps, MOST_VPS, 'last') : current.vps
  const same = sps === current.sps && pps === current.pps && (vps === current.vps || vps === NO_SETS)
  return same ? current : { ...(vps ? { vps } : {}), sps, pps }
}

/** A key frame that carries an SPS goes by that: it stands first from now on; `current` itself if it does already. */
export function goingBy(current: ParameterSets, keyFrame: ParameterSets): ParameterSets {
  const [first] = current.sps
  if (keyFrame.sps.length === 0 || first === undefined || isKnown(keyFrame.sps, [first])) return current
  const used = current.sps.filter((set) => isKnown(keyFrame.sps, [set]))
  return used.length === 0 ? current : { ...current, sps: [...used, ...current.sps.filter((set) => !used.includes(set))] }
}

function isKnown(own: readonly Buffer[] = [], sent: readonly Buffer[] = []): boolean {
  return sent.every((set) => own.some((one) => one.equals(set)))
}

/** PPS refer to their SPS: when that is another, those of before mean nothing any more, unless none were sent along. */
function withoutThoseOf({ sps, pps }: ParameterSets, after: readonly Buffer[], sent: readonly Buffer[], ids: Ids): readonly Buffer[] {
  if (after === sps || sent.length === 0) return pps
  const gone = sps.filter((set) => !after.includes(set)).map(ids.sps)
  const kept = pps.filter((set) => !gone.includes(ids.spsOfPps(set)))
  return kept.length === pps.length ? pps : kept
}

/** The sets in force after `sent`, one of each id; `own` itself if it stays as it is. @param most the highest id, and how many are kept */
function merge(own: readonly Buffer[], sent: readonly Buffer[] = [], idOf: (set: Buffer) => number, most: number, where: 'first' | 'last'): readonly Buffer[] {
  const fresh = new Map<number, Buffer>()
  for (const set of sent) {
    const id = set.length <= MOST_BYTES ? idOf(set) : Infinity
    if (id <= most) fresh.set(id, set)
  }
  for (const [id, set] of fresh) if (own.some((one) => one.equals(set))) fresh.delete(id)
  if (fresh.size === 0) return own
  const rest = own.filter((set) => !fresh.has(idOf(set)))
  if (where === 'first') return [...fresh.values(), ...rest].slice(0, most).filter(fitting())
  return [...rest, ...fresh.values()].slice(-most).reverse().filter(fitting()).reverse()
}

/** Lets sets pass, the newest first, as long as all of them together are not too large. */
function fitting(): (set: Buffer) => boolean {
  let bytes = 0
  return (set) => (bytes += set.length) <= MOST_BYTES_OF_KIND
}

function bitsOf(set: Buffer, headerBits: number): BitReader {
  const bits = new BitReader(withoutEmulation(set.subarray(0, ID_BYTES)))
  bits.skip(headerBits)
  return bits
}

/** @see ITU-T H.264 §7.3.2.1.1, §7.3.2.2 */
const H264_IDS: Ids = {
  vps: () => 0,
  sps: (set: Buffer) => bitsOf(set, 32).ue(),
  pps: (set: Buffer) => bitsOf(set, 8).ue(),
  spsOfPps: (set: Buffer) => {
    const bits = bitsOf(set, 8)
    bits.ue()
    return bits.ue()
  },
}

/** @see ITU-T H.265 §7.3.2.1–7.3.2.3 */
const H265_IDS: Ids = {
  vps: (set) => bitsOf(set, 16).read(4),
  sps: h265SpsId,
  pps: (set) => bitsOf(set, 16).ue(),
  spsOfPps: (set) => {
    const bits = bitsOf(set, 16)
    bits.ue()
    return bits.ue()
  },
}
