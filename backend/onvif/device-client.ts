// Owns the ONVIF port: each operation is one visit with one deadline and one connection.
// Refuses: addresses outside the camera networks, before anything connects; rejecting, because every outcome is a value.
import type { AddressPolicy } from '#base/address-policy.ts'
import type { Clock } from '#base/clock.ts'
import type { RandomBytes } from '#base/ids.ts'
import type { Logger } from '#base/logger.ts'
import type { Fault } from '#contract/faults.ts'
import { Deadline } from './deadline.ts'
import type { CallOptions, ClockReading, Identification, OnvifCredential, OnvifPort, OnvifProof, OnvifTarget, StrangerProof } from './device.ts'
import { DeviceVisit, VisitFailed } from './device-visit.ts'
import { DeviceLine } from './http-exchange.ts'
import { onvifFault } from './onvif-fault.ts'
import { SoapClient } from './soap-client.ts'

const CALL_MS = 3_000
const IDENTIFY_MS = 8_000

export interface OnvifDeps {
  clock: Clock
  random: RandomBytes
  logger: Logger
  addressPolicy: AddressPolicy
}

export function createOnvifPort(deps: OnvifDeps): OnvifPort {
  return {
    async readClock(target, options = {}): Promise<ClockReading> {
      const startedMs = deps.clock.monotonicMs()
      const tookMs = () => deps.clock.monotonicMs() - startedMs
      return withVisit<ClockReading>(deps, target, null, options, CALL_MS, {
        run: async (visit) => ({ kind: 'clock', clockOffsetMs: await visit.measureClock(), tookMs: tookMs() }),
        failed: (fault) => ({ kind: 'fault', fault, tookMs: tookMs() }),
      })
    },
    async identify(target, credential, options = {}): Promise<Identification> {
      return withVisit<Identification>(deps, target, credential, options, IDENTIFY_MS, {
        run: async (visit) => ({ kind: 'identified', device: await visit.identify() }),
        failed: (fault, clockOffsetMs) => ({ kind: 'fault', fault, clockOffsetMs }),
      })
    },
    async ping(target, credential, options = {}): Promise<OnvifProof> {
      const startedMs = deps.clock.monotonicMs()
      const tookMs = () => deps.clock.monotonicMs() - startedMs
      return withVisit<OnvifProof>(deps, target, credential, options, CALL_MS, {
        run: async (visit) => {
          await visit.tryClock()
          await visit.ask('device', 'GetDeviceInformation')
          return { kind: 'answered', clockOffsetMs: visit.clockOffsetMs, tookMs: tookMs() }
        },
        failed: (fault, clockOffsetMs) => ({ kind: 'fault', fault, clockOffsetMs, tookMs: tookMs() }),
      })
    },
    async askAsStranger(target, options = {}): Promise<StrangerProof> {
      return withVisit<StrangerProof>(deps, target, null, options, CALL_MS, {
        run: async (visit) => ({ kind: 'answered', operation: await visit.askAsStranger() }),
        failed: (fault) => ({ kind: 'fault', fault }),
      })
    },
  }
}

async function withVisit<Result>(
  deps: OnvifDeps,
  target: OnvifTarget,
  credential: OnvifCredential | null,
  options: CallOptions,
  defaultMs: number,
  steps: { run: (visit: DeviceVisit) => Promise<Result>; failed: (fault: Fault, clockOffsetMs: number | null) => Result },
): Promise<Result> {
  const verdict = deps.addressPolicy.check(target.host)
  if (!verdict.allowed) return steps.failed(onvifFault('address_refused', `the device's address: ${verdict.reason}`), null)
  const deadline = new Deadline(deps.clock, options.deadlineMs ?? defaultMs, options.signal)
  const line = new DeviceLine({ clock: deps.clock, deadline, host: verdict.address })
  const visit = new DeviceVisit(deps, { ...target, host: verdict.address }, new SoapClient({ ...deps, line, credential }))
  try {
    return await steps.run(visit)
  } catch (error) {
    if (error instanceof VisitFailed) return steps.failed(visit.explained(error.fault), visit.clockOffsetMs)
    deps.logger.error({ error, host: target.host, port: target.port }, 'asking a device failed on our side')
    return steps.failed(onvifFault('probe_failed', 'our side failed'), visit.clockOffsetMs)
  } finally {
    line.close()
    deadline.release()
  }
}
