// Owns which simulated cameras of the demo are broken, and how. Names are those of `npm run fleet -- --help`.
// Refuses: breaking more than one camera in twenty; a demo must look like a network that works.

export interface DemoFault {
  /** 1-based number of the simulated device. */
  fleetIndex: number
  name: string
  /** In the fault's own unit; null for faults that take none. */
  value: number | null
}

/** In order of how much each shows; camera 15 and 22 stand in the first station. */
const wanted: readonly DemoFault[] = [
  { fleetIndex: 15, name: 'off', value: null },
  { fleetIndex: 38, name: 'wrong-password', value: null },
  { fleetIndex: 54, name: 'frozen-picture', value: null },
  { fleetIndex: 67, name: 'rtsp-silent', value: null },
  { fleetIndex: 22, name: 'black-picture', value: null },
  { fleetIndex: 93, name: 'clock-off', value: 7200 },
  { fleetIndex: 117, name: 'stream-silent', value: null },
  { fleetIndex: 149, name: 'flapping', value: 240 },
  { fleetIndex: 172, name: 'slow-soap', value: 8000 },
]

/** Devices whose pictures are as they should be and whose doors are not: one in each of the first two stations. */
const weak: readonly DemoFault[] = [
  { fleetIndex: 9, name: 'rtsp-open', value: null },
  { fleetIndex: 19, name: 'onvif-open', value: null },
]

/** Devices that answer strangers, for a fleet of any size. */
export function demoWeaknessesFor(count: number): DemoFault[] {
  return weak.filter((fault) => fault.fleetIndex <= count)
}

/** Faults for a fleet of any size; none in a fleet under twenty. */
export function demoFaultsFor(count: number): DemoFault[] {
  const most = Math.floor(count / 20)
  return wanted.filter((fault) => fault.fleetIndex <= count).slice(0, most)
}

export const demoFaults: readonly DemoFault[] = wanted
