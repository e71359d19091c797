// Owns the list of places that the fleet's cameras show; a camera's scene number indexes it.
// Refuses: describing them (streets.ts, yards.ts, nights.ts).
import type { Scene } from './scene.ts'
import { alley, parking, square, underpass } from './nights.ts'
import { bridge, busStop, crossing, shops } from './streets.ts'
import { communityYard, market, residentialGate, schoolGate } from './yards.ts'

export const scenes: readonly Scene[] = [crossing, residentialGate, market, schoolGate, busStop, alley, parking, square, bridge, underpass, shops, communityYard]
