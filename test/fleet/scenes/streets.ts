// Owns four street places: a crossing, a bus stop, a bridge, a row of shops.
// Refuses: other places (yards.ts, nights.ts).
import { carAcross, carAlong, rider } from './actors.ts'
import { building, dashes, dashesAcross, fence, lamp, land, paving, shop, sky, tree, zebra } from './furniture.ts'
import { BUS, clothes, paint, pass, stander, TAXI, walker } from './motion.ts'
import type { Scene } from './scene.ts'

const ASPHALT = [98, 101, 104] as const
const KERB = [168, 166, 160] as const

export const crossing: Scene = {
  name: 'street crossing',
  view: { heightM: 7.5, horizon: 0.16, focal: 0.78, turnDegrees: -6 },
  grain: 5,
  paint(view) {
    sky(view, [150, 178, 208], [214, 222, 226])
    land(view, [150, 150, 144], [158, 154, 146])
    building(view, -60, -20, 60, 80, 26, { wall: [176, 168, 156] })
    building(view, 18, 60, 64, 90, 32, { wall: [154, 160, 168], bayM: 2.4 })
    building(view, -15, 14, 110, 130, 38, { wall: [172, 178, 186] })
    building(view, -34, -12, 34, 52, 15, { wall: [190, 172, 148] })
    for (const [i, x] of [-34, -28.5, -23, -17.5].entries()) shop(view, x, x + 5.3, { z: 33.9 }, ([[176, 34, 36], [36, 84, 140], [222, 186, 60], [40, 120, 80]] as const)[i] ?? [90, 90, 90])
    building(view, 12, 38, 36, 54, 18, { wall: [196, 188, 178] })
    for (const [i, x] of [12.2, 18, 24].entries()) shop(view, x, x + 5.5, { z: 35.9 }, ([[34, 96, 148], [190, 60, 40], [60, 60, 66]] as const)[i] ?? [90, 90, 90])
    view.ground(-90, 90, 17, 31, ASPHALT)
    view.ground(-8, 8, 2, 120, ASPHALT)
    dashesAcross(view, 24, -80, -9)
    dashesAcross(view, 24, 9, 80)
    dashes(view, 0, 34, 110, [224, 190, 70])
    dashes(view, 0, 3, 12, [224, 190, 70])
    zebra(view, -7.6, 7.6, 12.6, 15.8)
    zebra(view, -7.6, 7.6, 31.6, 34)
    view.ground(-7.8, -0.2, 35, 35.4, [220, 220, 214])
    for (const x of [-11, 11]) view.box(x - 0.1, x + 0.1, 32, 32.2, 0, 6, [90, 94, 98])
    view.box(-11, -4, 32, 32.2, 5.7, 5.9, [90, 94, 98])
    view.box(-5.2, -4.2, 31.9, 32.2, 5.1, 6.6, [24, 26, 28])
    for (const x of [-15, -26, 16, 27]) tree(view, x, 32.6, 6.5)
    tree(view, -11.5, 9, 5.5)
    lamp(view, 12, 15, 8.5, -1.8, false)
  },
  actors(view, t) {
    return [
      carAcross(view, pass(t, 0, -42, 9), 21, paint(0), 1),
      carAcross(view, pass(t, 3.2, -46, 9.5), 21, TAXI, 1),
      carAcross(view, -pass(t, 1.5, -46, 8.5), 27.4, paint(2), -1),
      carAcross(view, -pass(t, 6.5, -52, 8.8), 27.4, BUS, -1),
      carAcross(view, -pass(t, 9.4, -42, 9.4), 27.4, paint(4), -1),
      carAlong(view, 3.4, 40, paint(3), false),
      carAlong(view, -3.4, 39.5, paint(1), true),
      rider(view, pass(t, 5, -26, 4.6), 18.4, clothes(4), 1),
      ...walker(view, t, { x: -15, z: 14.2, dx: 14, copies: 2 }, clothes(0)),
      ...walker(view, t, { x: 16, z: 15, dx: -15, copies: 2, offset: 5 }, clothes(1)),
      ...walker(view, t, { x: -18, z: 13.4, dx: 15, copies: 2, offset: 8.4 }, clothes(6)),
      stander(view, t, 9.6, 16.2, clothes(3)),
      { depth: 31, draw: (target) => {
        const phase = Math.floor(t / 6)
        target.face([[-5, 5.2 + phase * 0.9, 31.85], [-4.4, 5.2 + phase * 0.9, 31.85], [-4.4, 5.7 + phase * 0.9, 31.85], [-5, 5.7 + phase * 0.9, 31.85]], phase === 0 ? [60, 220, 90] : [240, 50, 40])
      } },
    ]
  },
}

export const busStop: Scene = {
  name: 'bus stop',
  view: { heightM: 4.2, horizon: 0.24, focal: 0.8, turnDegrees: 10 },
  grain: 5,
  paint(view) {
    sky(view, [176, 186, 196], [222, 222, 216])
    land(view, [140, 138, 132], [166, 162, 154])
    building(view, -40, -4, 40, 60, 21, { wall: [182, 164, 146] })
    building(view, 0, 30, 44, 60, 30, { wall: [166, 172, 178] })
    building(view, 34, 70, 42, 60, 24, { wall: [190, 180, 160] })
    for (const [i, x] of [-22, -15, -8].entries()) shop(view, x, x + 6.6, { z: 39.9 }, ([[40, 110, 84], [180, 40, 40], [40, 70, 130]] as const)[i] ?? [80, 80, 80])
    for (const x of [-26, -12, 2, 16, 30, 44]) tree(view, x, 33, 7, [78, 108, 58])
    view.ground(-90, 90, 16, 30, ASPHALT)
    dashesAcross(view, 23, -80, 80)
    view.ground(-80, 80, 15.6, 16, KERB)
    view.ground(-80, 80, 29.9, 30.3, KERB)
    paving(view, -24, 40, 4, 15.6, 1.6, [132, 130, 124])
    view.ground(-80, 80, 14, 14.4, [206, 172, 66])
    view.box(-2, 10, 10.8, 11, 0, 2.3, [150, 176, 190])
    for (const x of [-2, 2, 6, 9.8]) view.box(x, x + 0.15, 10.6, 10.8, 0, 2.6, [60, 66, 72])
    view.box(0, 3.4, 10.5, 10.7, 0.7, 2.1, [206, 70, 50])
    view.box(4.2, 8.4, 10.1, 10.5, 0.42, 0.5, [124, 96, 66])
    view.box(-2.4, 10.4, 8.9, 11.4, 2.6, 2.8, [72, 110, 104])
    view.box(12.2, 12.35, 11.8, 11.95, 0, 3.1, [80, 84, 90])
    view.box(11.8, 12.8, 11.75, 11.85, 2, 3.1, [44, 96, 160])
  },
  actors(view, t) {
    const stop = t < 3 ? -30 + t * 11.4 : t < 8 ? 4.2 : 4.2 + (t - 8) ** 2 * 3.2
    return [
      carAcross(view, stop, 18.2, BUS, 1),
      carAcross(view, -pass(t, 2, -48, 11), 27, paint(5), -1),
      carAcross(view, -pass(t, 7, -44, 10), 27, paint(0), -1),
      carAcross(view, pass(t, 9, -30, 9), 21.8, paint(1), 1),
      stander(view, t, -0.8, 11.9, clothes(1)),
      stander(view, t, 3.2, 12.3, clothes(2)),
      stander(view, t, 5.4, 11.9, clothes(0)),
      stander(view, t, 6.3, 12.6, clothes(7)),
      ...walker(view, t, { x: -10, z: 7, dx: 14, copies: 2 }, clothes(5)),
      ...walker(view, t, { x: 20, z: 8.2, dx: -14.5, copies: 2, offset: 4 }, clothes(4)),
      rider(view, -pass(t, 4, -26, 4.4), 15.1, clothes(3), -1),
    ]
  },
}

export const bridge: Scene = {
  name: 'bridge',
  view: { heightM: 6.5, horizon: 0.3, focal: 0.85, turnDegrees: 7 },
  grain: 4,
  paint(view) {
    sky(view, [128, 166, 206], [222, 226, 222])
    land(view, [118, 142, 148], [84, 112, 118])
    for (let z = 14; z < 160; z *= 1.16) view.face([[-160, -6, z], [160, -6, z], [160, -6, z * 1.03], [-160, -6, z * 1.03]], [150, 172, 176], 0.35)
    for (const [i, x] of [-130, -96, -70, -46, 36, 62, 92, 124].entries()) building(view, x, x + 20, 150, 170, 22 + ((i * 13) % 26), { wall: [150 + i * 5, 158, 166] })
    view.face([[-170, 0, 148], [170, 0, 148], [170, -6, 140], [-170, -6, 140]], [112, 124, 94])
    view.ground(-9, 9, 1, 150, ASPHALT)
    view.ground(-11.4, -9, 1, 150, KERB)
    view.ground(9, 11.4, 1, 150, KERB)
    dashes(view, -4.5, 3, 140)
    dashes(view, 4.5, 3, 140)
    view.ground(-0.25, -0.1, 1, 150, [226, 186, 64])
    view.ground(0.1, 0.25, 1, 150, [226, 186, 64])
    for (const x of [-11.4, 11.4]) {
      view.face([[x, -2, 1], [x, 0, 1], [x, 0, 150], [x, -2, 150]], [138, 136, 130])
      fence(view, [x, 3], [x, 120], 1.25, [206, 210, 212], 1.2)
    }
    for (const z of [100, 72, 48, 26]) {
      lamp(view, -11, z, 9, 2, false)
      lamp(view, 11, z, 9, -2, false)
    }
    for (const x of [-11.2, 11.2]) view.box(x - 0.8, x + 0.8, 60, 62, 0, 17, [176, 62, 52])
    view.box(-11.2, 11.2, 60, 61, 15, 16.4, [176, 62, 52])
  },
  actors(view, t) {
    const car = (lane: number, offset: number, look: number, towards: boolean, speed: number) =>
      carAlong(view, lane, towards ? 124 - pass(t, offset, 0, speed) : pass(t, offset, 5, speed), paint(look), towards)
    return [
      car(-6.7, 0, 0, true, 11), car(-2.3, 4, 2, true, 12), car(-6.7, 7, 5, true, 10.5), car(-2.3, 9.5, 1, true, 11.5),
      car(2.3, 1, 3, false, 12), car(6.7, 3.5, 4, false, 10.5), car(2.3, 7.4, 0, false, 11.5), car(6.7, 10, 1, false, 10),
      ...walker(view, t, { x: 10.1, z: 8, dz: 14, copies: 3 }, clothes(1)),
      ...walker(view, t, { x: -10.2, z: 60, dz: -15, copies: 4, offset: 6 }, clothes(6)),
      rider(view, 9.4, pass(t, 2, 7, 4), clothes(4), 1),
    ]
  },
}

export const shops: Scene = {
  name: 'shop front',
  view: { heightM: 4.6, horizon: 0.2, focal: 0.72, turnDegrees: -16 },
  grain: 5,
  paint(view) {
    sky(view, [188, 196, 204], [226, 224, 216])
    land(view, [150, 146, 138], [170, 166, 156])
    building(view, 6.5, 26, 2, 80, 10, { wall: [198, 184, 164], floorM: 3.4 })
    building(view, -34, -16, 30, 90, 14, { wall: [172, 150, 132] })
    building(view, -14, 6, 96, 110, 26, { wall: [180, 184, 188] })
    const signs = [[178, 34, 34], [34, 90, 150], [232, 196, 70], [44, 126, 84], [120, 48, 120], [210, 96, 36], [36, 44, 60]] as const
    for (let i = 0; i < 12; i++) shop(view, 5 + i * 6, 10.8 + i * 6, { x: 6.4 }, signs[i % signs.length] ?? signs[0])
    for (let i = 0; i < 8; i++) shop(view, 31 + i * 6, 36.6 + i * 6, { x: -15.9 }, signs[(i + 3) % signs.length] ?? signs[0])
    view.ground(-13, 1.5, 1, 100, ASPHALT)
    view.ground(1.2, 1.5, 1, 100, KERB)
    paving(view, 1.5, 6.4, 3, 70, 1.2, [136, 132, 124])
    dashes(view, -5.7, 3, 90)
    for (const z of [58, 44, 31, 20]) tree(view, 2.4, z, 5.2, [72, 104, 54])
    for (const [i, z] of [9, 10.2, 11.4, 13, 14.2].entries()) {
      view.box(2, 3.6, z, z + 0.35, 0.3, 0.8, ([[180, 40, 40], [40, 60, 110], [220, 220, 220], [50, 52, 56], [70, 120, 90]] as const)[i] ?? [60, 60, 60])
    }
    for (const z of [60, 40, 24]) lamp(view, -13.6, z, 7.5, 1.6, false)
    view.box(-12.8, -11, 26, 30.4, 0.3, 1.4, [190, 194, 198])
    view.box(-12.8, -11, 33, 37.4, 0.3, 1.4, [56, 60, 68])
  },
  actors(view, t) {
    return [
      carAlong(view, -2.2, pass(t, 0, 4, 7), paint(1), false),
      carAlong(view, -8.6, 84 - pass(t, 2, 0, 7.5), TAXI, true),
      carAlong(view, -8.6, 90 - pass(t, 8, 0, 7.8), paint(2), true),
      rider(view, 0.4, pass(t, 5, 6, 4.2), clothes(0), 1),
      ...walker(view, t, { x: 4.4, z: 8, dz: 13, copies: 3 }, clothes(2)),
      ...walker(view, t, { x: 5.4, z: 48, dz: -14, copies: 3, offset: 3 }, clothes(7)),
      ...walker(view, t, { x: 3.7, z: 52, dz: -13, copies: 3, offset: 8 }, clothes(3)),
      ...walker(view, t, { x: -14, z: 20, dz: 13.5, copies: 3, offset: 2 }, clothes(5)),
      stander(view, t, 5.8, 17, clothes(4)),
      stander(view, t, 5.6, 25, clothes(6)),
    ]
  },
}
