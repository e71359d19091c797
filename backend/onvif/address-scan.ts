// Owns asking every address·port of a scan whether a device is there: one short try each, then longer ones for the silent.
// Refuses: asking again where the answer was a plain no; SOAP, which is the caller's.
import type { Clock } from '#base/clock.ts'
import type { ClockReading, OnvifTarget } from './device.ts'
import { forEachLimited } from './limited.ts'
import { LoopPace } from '#base/loop-pace.ts'

const TRIES = [
  { deadlineMs: 1_000, atOnce: 64 },
  // Longer than the second after which a lost SYN is sent again (RFC 6298 §2).
  { deadlineMs: 2_500, atOnce: 64 },
  { deadlineMs: 6_000, atOnce: 32 },
] as const
/** A wide scan meets mostly empty addresses; beyond so many, those that nothing listens at are not asked again. */
const MOST_EMPTY_AGAIN = 2_048

/** `silent`: it took our connection and did not answer; `empty`: no connection in time; `no`: refused, or not a device. */
export type ScanAnswer = 'device' | 'no' | 'silent' | 'empty'

export interface AddressScan {
  clock: Clock
  targets: Iterable<OnvifTarget>
  ask(target: OnvifTarget, deadlineMs: number): Promise<ScanAnswer>
  /** Devices that another source has found meanwhile are not asked. */
  isKnown(target: OnvifTarget): boolean
  onDevice(target: OnvifTarget): void
  /** Once per address·port, after its first try or when it needs none. */
  onAsked(): void
  signal?: AbortSignal | undefined
}

/** Resolves when every address has had the tries that it deserves; never rejects for what a device did. */
export async function scanAddresses(scan: AddressScan): Promise<void> {
  let targets = scan.targets
  for (const [at, { deadlineMs, atOnce }] of TRIES.entries()) {
    const pace = new LoopPace({ clock: scan.clock, most: atOnce })
    const again: { target: OnvifTarget; answer: ScanAnswer; ourFault: boolean }[] = []
    await forEachLimited(
      targets,
      () => pace.atOnce,
      async (target) => {
        if (!scan.isKnown(target)) {
          const lateBefore = pace.lateTicks
          const answer = await scan.ask(target, pace.deadlineMs(deadlineMs))
          if (answer === 'device') scan.onDevice(target)
          else if (answer !== 'no') again.push({ target, answer, ourFault: pace.lateTicks > lateBefore })
        }
        if (at === 0) scan.onAsked()
      },
      scan.signal,
    )
    pace.close()
    const isWide = again.length > MOST_EMPTY_AGAIN
    targets = again.filter(({ answer, ourFault }) => answer === 'silent' || ourFault || (at === 0 && !isWide)).map(({ target }) => target)
  }
}

/** What a reading of the clock says about the address. @param deadlineMs the time that the reading had */
export function scanAnswerOf(reading: ClockReading, deadlineMs: number): ScanAnswer {
  if (reading.kind === 'clock') return 'device'
  switch (reading.fault.code) {
    // A device that hides even its clock behind a login is still a device; somebody will look at it in the inbox.
    case 'onvif_refused':
      return 'device'
    case 'onvif_silent':
      return 'silent'
    // A refused connection comes back at once; only a try that used its time up met silence.
    case 'unreachable':
      return reading.tookMs >= deadlineMs * 0.9 ? 'empty' : 'no'
    case 'probe_failed':
      return 'empty'
    default:
      return 'no'
  }
}
