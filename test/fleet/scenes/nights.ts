// Owns four places after dark or under cover: an alley, a car park, a square at dusk, an underpass.
// Refuses: other places (streets.ts, yards.ts).
import { carAlong, carAcross, rider } from './actors.ts'
import { building, dashes, dice, fence, lamp, land, paving, shop, sky, tree } from './furniture.ts'
import { clothes, LOOP_SECONDS, paint, pass, stander, walker } from './motion.ts'
import type { Scene } from './scene.ts'
import { tone } from './view.ts'

export const alley: Scene = {
  name: 'alley at night',
  view: { heightM: 4.4, horizon: 0.26, focal: 0.82, turnDegrees: 3 },
  grain: 9,
  infrared: true,
  paint(view) {
    sky(view, [16, 16, 18], [38, 38, 40])
    land(view, [44, 44, 46], [96, 96, 98])
    building(view, -24, -4.2, 2, 70, 9, { wall: [92, 90, 88], glass: [34, 34, 36], lit: 0.08, bayM: 4 })
    building(view, 4, 24, 2, 70, 10.5, { wall: [80, 80, 80], glass: [32, 32, 34], lit: 0.12, bayM: 4.4 })
    building(view, -12, 12, 78, 90, 16, { wall: [58, 58, 60], glass: [26, 26, 28], lit: 0.25 })
    for (const z of [9, 17, 26, 36]) view.face([[-4.15, 0, z], [-4.15, 0, z + 1.6], [-4.15, 2.3, z + 1.6], [-4.15, 2.3, z]], [50, 48, 46])
    for (const z of [12, 22, 31]) view.face([[3.95, 0, z], [3.95, 0, z + 3.2], [3.95, 2.5, z + 3.2], [3.95, 2.5, z]], [60, 60, 60])
    for (const z of [10.5, 20.5, 29]) view.box(3, 3.9, z, z + 0.9, 2.8, 3.4, [120, 120, 120])
    for (let z = 4; z < 60; z += 3) view.ground(-0.06, 0.06, z, z + 2.8, [70, 70, 72], 0.8)
    view.box(2.6, 3.8, 14.6, 15.8, 0, 1.1, [70, 70, 70])
    view.box(-3.9, -3.2, 21, 22.7, 0.2, 0.95, [64, 64, 66])
    for (const [z, reach] of [[52, 1.2], [30, 1.2], [13, 1.2]] as const) lamp(view, -3.8, z, 5, reach, true)
    view.canvas.line([0, 60], [1280, 120], 2, [14, 14, 14])
    view.canvas.line([0, 90], [1280, 100], 1.5, [14, 14, 14])
  },
  actors(view, t) {
    return [
      ...walker(view, t, { x: 1.2, z: 50, dz: -14, copies: 3 }, clothes(2), 0.8),
      ...walker(view, t, { x: -1.8, z: 4, dz: 13, copies: 3, offset: 5 }, clothes(5), 0.8),
      rider(view, 0.3, 52 - pass(t, 6, 0, 4), clothes(1), 1, 0.8),
      { depth: 15, draw: (target) => {
        const x = -3 + pass(t, 2, 0, 1.1)
        const place = x < 3 ? target.at(x, 15) : null
        if (!place) return
        target.canvas.ellipse(place.px, place.py - 0.16 * place.scale, 0.24 * place.scale, 0.09 * place.scale, [30, 30, 30])
        target.canvas.ellipse(place.px + 0.24 * place.scale, place.py - 0.24 * place.scale, 0.08 * place.scale, 0.08 * place.scale, [30, 30, 30])
      } },
    ]
  },
}

export const parking: Scene = {
  name: 'parking lot',
  view: { heightM: 8, horizon: 0.08, focal: 0.74, turnDegrees: -5 },
  grain: 5,
  paint(view) {
    sky(view, [160, 180, 200], [214, 218, 216])
    land(view, [112, 114, 116], [122, 124, 126])
    building(view, -60, 60, 74, 90, 16, { wall: [186, 182, 174], bayM: 4 })
    for (let x = -44; x <= 44; x += 8) tree(view, x, 66, 5.6)
    view.ground(-60, 60, 62, 70, [104, 124, 82])
    const random = dice(33)
    const colours = [[224, 226, 228], [34, 36, 42], [142, 28, 32], [120, 126, 134], [40, 66, 116], [190, 180, 156], [224, 226, 228], [80, 84, 90]] as const
    for (const z of [50, 38, 21, 10]) {
      for (let x = -34; x < 34; x += 2.8) {
        view.ground(x - 0.06, x + 0.06, z - 2.6, z + 2.6, [216, 216, 210], 0.9)
      }
      for (let x = -32.6; x < 33; x += 2.8) {
        if (random() < 0.22 || Math.abs(x) < 0.5) continue
        carAlong(view, x, z, { colour: colours[Math.floor(random() * colours.length)] ?? [120, 120, 120] }, random() < 0.4).draw(view)
      }
    }
    for (const x of [-20, 16]) lamp(view, x, 44, 8, 1.4, false)
    view.face([[-2, 0.01, 27], [-0.6, 0.01, 27], [-0.6, 0.01, 31], [-2, 0.01, 31]], [214, 214, 206])
    view.face([[-2.6, 0.01, 30], [0, 0.01, 30], [-1.3, 0.01, 33]], [214, 214, 206])
  },
  actors(view, t) {
    return [
      carAcross(view, pass(t, 0, -34, 6), 29.6, paint(2), 1),
      carAcross(view, -pass(t, 5, -36, 6.4), 32.6, paint(1), -1),
      carAcross(view, pass(t, 7, -24, 4.6), 15.6, paint(0), 1),
      ...walker(view, t, { x: -12, z: 16.6, dx: 12, copies: 2 }, clothes(0)),
      ...walker(view, t, { x: 10.2, z: 44, dz: -12, copies: 3, offset: 4 }, clothes(3)),
      ...walker(view, t, { x: -14, z: 33.8, dx: 13, copies: 2, offset: 7 }, clothes(7)),
    ]
  },
}

export const square: Scene = {
  name: 'square at dusk',
  view: { heightM: 7, horizon: 0.2, focal: 0.74, turnDegrees: 0 },
  grain: 6,
  paint(view) {
    sky(view, [44, 56, 92], [206, 150, 120])
    land(view, [98, 92, 98], [92, 88, 92])
    for (const [i, x] of [-86, -60, -34, 16, 44, 70].entries()) building(view, x, x + 22, 92, 110, 20 + ((i * 11) % 22), { wall: [74, 72, 88], glass: [46, 50, 68], lit: 0.45 })
    for (const x of [-40, -28, 26, 38]) tree(view, x, 70, 7, [46, 62, 46])
    paving(view, -50, 50, 4, 66, 3, [74, 70, 76])
    view.ground(-12, 12, 34, 58, [112, 102, 104])
    view.box(-4, 4, 44, 50, 0, 1.2, [138, 128, 128])
    view.box(-2.4, 2.4, 45.4, 48.6, 1.2, 3, [150, 140, 138])
    view.box(-0.9, 0.9, 46.2, 47.8, 3, 13, [168, 158, 154])
    for (const x of [-20, 20]) {
      view.box(x - 3, x + 3, 36, 39, 0, 0.7, [110, 104, 106])
      for (const dx of [-1.8, 0, 1.8]) tree(view, x + dx, 37.4, 1.7, [60, 84, 52])
    }
    for (const x of [-24, 24]) for (const z of [56, 34, 18]) lamp(view, x, z, 6.5, x < 0 ? 1 : -1, true)
    shop(view, -9, 9, { z: 91.9 }, [206, 60, 50], true)
  },
  actors(view, t) {
    const beat = (t / LOOP_SECONDS) * 2 * Math.PI * 6
    const dancers = Array.from({ length: 15 }, (_, i) => {
      const x = -6 + (i % 5) * 2.6 + Math.sin(beat / 2) * 0.8
      const z = 17 + Math.floor(i / 5) * 3
      return walker(view, t, { x, z, dx: 0.001, offset: 0.2 * i }, { ...clothes(i * 3 + 6), tall: 1.6 + Math.sin(beat) * 0.03 }, 0.8)
    }).flat()
    return [
      ...dancers,
      ...walker(view, t, { x: -34, z: 29, dx: 13, copies: 5 }, clothes(1), 0.7),
      ...walker(view, t, { x: 36, z: 31, dx: -12, copies: 5, offset: 6 }, clothes(4), 0.7),
      ...walker(view, t, { x: 10, z: 9, dx: -12, copies: 3, offset: 3 }, clothes(7), 0.75),
      stander(view, t, -12.6, 21, clothes(5), 0.75),
      stander(view, t, -13.8, 20.4, clothes(2), 0.75),
    ]
  },
}

export const underpass: Scene = {
  name: 'underpass',
  view: { heightM: 4, horizon: 0.36, focal: 0.8, turnDegrees: -2 },
  grain: 6,
  paint(view) {
    const { width } = view.canvas
    sky(view, [40, 40, 42], [60, 58, 54])
    land(view, [74, 72, 68], [58, 57, 55])
    view.face([[-6.5, 5.6, 1], [6.5, 5.6, 1], [6.5, 5.6, 70], [-6.5, 5.6, 70]], [58, 56, 54])
    view.face([[-6.5, -1, 70], [6.5, -1, 70], [6.5, 5.6, 70], [-6.5, 5.6, 70]], [196, 204, 206])
    view.ground(-6.5, 6.5, 70, 71, [140, 142, 142])
    for (let z = 66; z >= 1; z -= 3) {
      const light = Math.max(0.55, 1 - z / 130)
      const wall = tone([146, 136, 118], light)
      const far = z + 3
      view.face([[-6.5, 0, z], [-6.5, 0, far], [-6.5, 5.6, far], [-6.5, 5.6, z]], wall)
      view.face([[6.5, 0, z], [6.5, 0, far], [6.5, 5.6, far], [6.5, 5.6, z]], tone(wall, 0.9))
      for (const x of [-6.48, 6.48]) {
        view.face([[x, 0, z], [x, 0, far], [x, 1.2, far], [x, 1.2, z]], tone([120, 64, 48], light))
        view.face([[x, 1.2, z], [x, 1.2, far], [x, 1.32, far], [x, 1.32, z]], tone([226, 190, 70], light))
        view.face([[x, 0, z], [x, 0, z + 0.08], [x, 5.6, z + 0.08], [x, 5.6, z]], tone(wall, 0.7))
      }
    }
    view.ground(-5, 5, 1, 70, [72, 72, 72])
    dashes(view, 0, 3, 68, [224, 196, 90])
    view.ground(-4.9, -4.78, 1, 70, [206, 206, 200])
    view.ground(4.78, 4.9, 1, 70, [206, 206, 200])
    for (let z = 64; z > 3; z -= 7) {
      for (const x of [-4, 4]) {
        view.face([[x - 0.25, 5.55, z], [x + 0.25, 5.55, z], [x + 0.25, 5.55, z + 2.2], [x - 0.25, 5.55, z + 2.2]], [255, 236, 190])
        const spot = view.at(x, z + 1)
        if (spot) view.canvas.glow(spot.px, spot.py, 2.4 * spot.scale, 0.9 * spot.scale, [255, 220, 160], 0.35)
      }
    }
    fence(view, [-5.1, 3], [-5.1, 66], 1, [176, 178, 180], 1.5)
    view.canvas.rect(width * 0.46, 40, 2, 2, [60, 60, 60])
  },
  actors(view, t) {
    const lamps = { lamps: true, light: 0.75 }
    return [
      carAlong(view, -2.5, 66 - pass(t, 0, 0, 9), paint(0), true, lamps),
      carAlong(view, -2.5, 66 - pass(t, 5.5, 0, 8.5), paint(3), true, lamps),
      carAlong(view, 2.5, pass(t, 2, 5, 9), paint(2), false, lamps),
      carAlong(view, 2.5, pass(t, 7.6, 5, 9.5), paint(5), false, lamps),
      ...walker(view, t, { x: -5.8, z: 5, dz: 13, copies: 3 }, clothes(1), 0.7),
      ...walker(view, t, { x: 5.7, z: 44, dz: -13, copies: 3, offset: 5 }, clothes(6), 0.7),
      rider(view, 4.3, pass(t, 9, 6, 4), clothes(4), 1, 0.75),
    ]
  },
}
