// Owns four places of a neighbourhood: a residential gate, a market, a school gate, a community yard.
// Refuses: other places (streets.ts, nights.ts).
import { carAlong, rider } from './actors.ts'
import { building, dashesAcross, dice, fence, lamp, land, paving, sky, tree, zebra } from './furniture.ts'
import { clothes, LOOP_SECONDS, paint, pass, stander, walker } from './motion.ts'
import type { Scene } from './scene.ts'
import type { View } from './view.ts'
import { tone } from './view.ts'

export const residentialGate: Scene = {
  name: 'residential gate',
  view: { heightM: 4.6, horizon: 0.22, focal: 0.76, turnDegrees: 4 },
  grain: 5,
  paint(view) {
    sky(view, [150, 182, 212], [220, 226, 226])
    land(view, [138, 146, 120], [152, 148, 140])
    for (const [i, x] of [-52, -30, 10, 34].entries()) building(view, x, x + 17, 52 + i * 4, 70 + i * 4, 21, { wall: ([[206, 178, 146], [214, 196, 170], [200, 170, 140], [210, 190, 164]] as const)[i] ?? [200, 180, 150] })
    for (const x of [-34, -24, -15, 12, 19, 28]) tree(view, x, 40, 7.5)
    view.ground(-4.6, 4.6, 1, 80, [112, 114, 116])
    view.ground(-60, 60, 1, 11, [124, 126, 128])
    view.ground(-60, 60, 11, 11.4, [180, 178, 172])
    for (const [x0, x1] of [[-44, -9.2], [8.4, 44]] as const) {
      view.box(x0, x1, 17, 17.4, 0, 0.9, [186, 172, 152])
      fence(view, [x0, 17], [x1, 17], 2.4, [58, 62, 66], 0.45)
    }
    view.box(-9.6, -8, 16.4, 18, 0, 5.6, [196, 158, 124])
    view.box(5.6, 7.2, 16.4, 18, 0, 5.6, [196, 158, 124])
    view.box(-10, 7.6, 16.4, 18, 5.6, 6.9, [150, 54, 44])
    shopSign(view, -6, 3.4, 16.3, 5.75, 6.75)
    view.box(-7.9, -5.2, 15, 17.6, 0, 2.8, [222, 222, 216])
    view.face([[-7.6, 1.1, 14.95], [-5.5, 1.1, 14.95], [-5.5, 2.3, 14.95], [-7.6, 2.3, 14.95]], [84, 110, 124])
    view.box(-8.2, -4.9, 14.6, 17.8, 2.8, 3, [60, 84, 110])
    paving(view, -20, -4.6, 11.4, 16, 1.2, [128, 124, 116])
    for (const x of [-3.4, 0, 3.4]) view.ground(x - 0.06, x + 0.06, 20, 60, [214, 212, 200])
    lamp(view, 9.6, 13.4, 5, -0.9, false)
    tree(view, -13, 14.5, 4.4)
    tree(view, 13, 14, 4.8)
  },
  actors(view, t) {
    const car = t < 4 ? 34 - t * 4.2 : t < 6.4 ? 17.6 + 1.6 - 1.6 : 17.6 - (t - 6.4) * 3.4
    const lift = Math.max(0, Math.min(1, (t - 4.2) / 1.6)) * Math.max(0, Math.min(1, (11.6 - t) / 1.4))
    return [
      carAlong(view, 2, car + 3, paint(0), true),
      { depth: 15.6, draw: (target) => {
        const place = target.at(-4.6, 15.4)
        if (!place) return
        const angle = lift * 1.35
        for (let piece = 0; piece < 9; piece++) {
          const at = (metres: number): [number, number] => [place.px + Math.cos(angle) * metres * place.scale, place.py - (1 + Math.sin(angle) * metres) * place.scale]
          target.canvas.line(at(piece), at(piece + 1), 0.14 * place.scale, piece % 2 === 0 ? [226, 226, 220] : [200, 40, 36])
        }
        target.canvas.rect(place.px - 0.25 * place.scale, place.py - 1.2 * place.scale, 0.5 * place.scale, 1.2 * place.scale, [226, 156, 40])
      } },
      ...walker(view, t, { x: -18, z: 13.2, dx: 14, copies: 3 }, clothes(2)),
      ...walker(view, t, { x: 20, z: 12.4, dx: -13.5, copies: 3, offset: 5 }, clothes(3)),
      ...walker(view, t, { x: -3.6, z: 40, dz: -14, copies: 2, offset: 2 }, clothes(6)),
      stander(view, t, -4.7, 14.2, { top: [36, 46, 74], legs: [30, 36, 56], tall: 1.76 }),
      rider(view, pass(t, 1, -22, 4.2), 8.4, clothes(4), 1),
    ]
  },
}

function shopSign(view: View, x0: number, x1: number, z: number, y0: number, y1: number): void {
  const random = dice(91)
  const step = (x1 - x0) / 6
  for (let glyph = 0; glyph < 6; glyph++) {
    for (let stroke = 0; stroke < 5; stroke++) {
      const x = x0 + glyph * step + random() * step * 0.4
      const y = y0 + 0.1 + random() * (y1 - y0 - 0.3)
      if (random() < 0.5) view.face([[x, y0 + 0.12, z], [x + 0.12, y0 + 0.12, z], [x + 0.12, y1 - 0.12, z], [x, y1 - 0.12, z]], [246, 214, 120])
      else view.face([[x0 + glyph * step, y, z], [x0 + (glyph + 0.7) * step, y, z], [x0 + (glyph + 0.7) * step, y + 0.1, z], [x0 + glyph * step, y + 0.1, z]], [246, 214, 120])
    }
  }
}

export const market: Scene = {
  name: 'market',
  view: { heightM: 5.2, horizon: 0.1, focal: 0.74, turnDegrees: -3 },
  grain: 6,
  paint(view) {
    sky(view, [196, 200, 200], [224, 222, 214])
    land(view, [140, 136, 128], [150, 144, 134])
    building(view, -40, -13, 8, 80, 11, { wall: [186, 168, 146] })
    building(view, 13, 40, 8, 80, 11, { wall: [176, 162, 150] })
    building(view, -12, 12, 86, 96, 16, { wall: [190, 186, 178] })
    paving(view, -4, 4, 3, 80, 2, [118, 114, 106])
    const awnings = [[188, 48, 44], [46, 108, 158], [52, 136, 84], [226, 166, 50]] as const
    for (let row = 9; row >= 0; row--) {
      for (const side of [-1, 1]) {
        const z = 7 + row * 6.4
        const x0 = side < 0 ? -10.5 : 4.6
        const x1 = x0 + 5.9
        const colour = awnings[(row * 2 + (side < 0 ? 0 : 1)) % 4] ?? awnings[0]
        view.box(x0, x1, z + 1.2, z + 3.4, 0, 0.95, [134, 110, 84])
        const random = dice(row * 5 + side)
        for (let crate = 0; crate < 6; crate++) {
          const cx = x0 + 0.15 + crate * 0.95
          const goods = ([[196, 60, 44], [226, 156, 48], [96, 150, 64], [214, 200, 80], [120, 64, 110], [222, 222, 210]] as const)[Math.floor(random() * 6)] ?? [160, 160, 80]
          view.box(cx, cx + 0.8, z + 1.3, z + 3.2, 0.95, 1.15, goods)
        }
        for (const x of [x0, x1]) view.box(x - 0.05, x + 0.05, z + 1, z + 1.1, 0, 2.5, [150, 152, 154])
        view.face([[x0 - 0.2, 2.35, z + 0.6], [x1 + 0.2, 2.35, z + 0.6], [x1 + 0.2, 3.05, z + 3.8], [x0 - 0.2, 3.05, z + 3.8]], colour)
        for (let stripe = 0; stripe < 4; stripe++) {
          const a = x0 + stripe * 1.6
          view.face([[a, 2.36, z + 0.6], [a + 0.6, 2.36, z + 0.6], [a + 0.6, 3.06, z + 3.8], [a, 3.06, z + 3.8]], tone(colour, 1.35))
        }
        view.face([[x0 - 0.2, 2.05, z + 0.6], [x1 + 0.2, 2.05, z + 0.6], [x1 + 0.2, 2.36, z + 0.6], [x0 - 0.2, 2.36, z + 0.6]], tone(colour, 0.8))
      }
    }
  },
  actors(view, t) {
    const crowd = [[-2.8, 0], [-1.9, 3], [-1, 7], [0.1, 1], [1, 5], [1.9, 9], [2.8, 2.4], [-0.4, 10.5], [2.3, 6.6]] as const
    return crowd.flatMap(([x, offset], i) =>
      walker(view, t, i % 2 === 0 ? { x, z: 5, dz: 9, copies: 5, offset } : { x, z: 52, dz: -9.5, copies: 5, offset }, clothes(i)),
    ).concat(
      [[-3.6, 9], [3.8, 15], [-3.7, 21.5], [3.7, 28], [-3.7, 34]].map(([x = 0, z = 10], i) => stander(view, t, x, z, clothes(i + 3))),
    )
  },
}

export const schoolGate: Scene = {
  name: 'school gate',
  view: { heightM: 5.4, horizon: 0.2, focal: 0.76, turnDegrees: -8 },
  grain: 5,
  paint(view) {
    sky(view, [132, 176, 218], [216, 226, 230])
    land(view, [164, 150, 132], [150, 148, 142])
    building(view, -30, 26, 58, 72, 15, { wall: [214, 120, 92], bayM: 2.6, floorM: 3.6, glass: [110, 140, 158] })
    view.box(-6, 4, 55, 58, 0, 17.5, [226, 214, 196])
    view.face([[-3, 13, 54.9], [1, 13, 54.9], [1, 16.6, 54.9], [-3, 16.6, 54.9]], [240, 236, 224])
    for (const x of [-26, -18, 14, 22, 30]) tree(view, x, 44, 6.5, [70, 112, 58])
    view.ground(-24, 24, 27, 54, [176, 96, 74])
    view.ground(-20, 20, 30, 50, [92, 130, 84])
    view.box(-10.1, -9.9, 33, 33.2, 0, 13, [212, 214, 216])
    view.box(-30, -7, 25, 25.5, 0, 2.2, [206, 186, 158])
    view.box(7.4, 32, 25, 25.5, 0, 2.2, [206, 186, 158])
    view.box(-8.2, -6.6, 24.6, 26, 0, 4.4, [180, 72, 58])
    view.box(6, 7.6, 24.6, 26, 0, 4.4, [180, 72, 58])
    view.face([[9, 0.6, 24.9], [24, 0.6, 24.9], [24, 1.7, 24.9], [9, 1.7, 24.9]], [176, 30, 32])
    shopSign(view, 9.6, 23.4, 24.85, 0.7, 1.6)
    fence(view, [-6.6, 25.6], [0.4, 25.6], 1.6, [208, 212, 216], 0.35)
    view.box(-6, -3, 27, 30, 0, 2.9, [226, 226, 220])
    view.ground(-60, 60, 7, 19, [102, 104, 107])
    dashesAcross(view, 13, -50, -5)
    dashesAcross(view, 13, 6, 50)
    zebra(view, -4.4, 5, 7.4, 18.6)
    paving(view, -30, 30, 19, 25, 1.5, [126, 122, 116])
    for (let x = -14; x < 15; x += 2.2) if (Math.abs(x) > 4) view.box(x, x + 0.18, 19.5, 19.7, 0, 0.9, [222, 170, 40])
    lamp(view, -15, 20.6, 7.5, 1.6, false)
  },
  actors(view, t) {
    const child = (number: number) => ({ ...clothes(number), top: number % 2 === 0 ? ([44, 92, 168] as const) : ([226, 226, 222] as const), legs: [32, 48, 92] as const, tall: 1.28 })
    const flag = Math.sin((t / LOOP_SECONDS) * 2 * Math.PI * 6)
    return [
      { depth: 33, draw: (target) => target.face([[-9.9, 11.2, 33], [-9.9, 12.8, 33], [-7.6, 12.8 + flag * 0.16, 33], [-7.5, 11.2 + flag * 0.2, 33]], [206, 30, 34]) },
      ...walker(view, t, { x: 2, z: 5, dz: 10, copies: 3 }, child(0)),
      ...walker(view, t, { x: 2.8, z: 5, dz: 10, copies: 3, offset: 0.4 }, clothes(1)),
      ...walker(view, t, { x: -1.4, z: 7, dz: 10, copies: 2, offset: 5 }, child(3)),
      ...walker(view, t, { x: -2.2, z: 7, dz: 10, copies: 2, offset: 5.2 }, child(2)),
      ...walker(view, t, { x: -22, z: 22, dx: 12, copies: 2, offset: 8 }, child(5)),
      ...walker(view, t, { x: 24, z: 21.4, dx: -12, copies: 2, offset: 3 }, clothes(6)),
      ...[[4.6, 21.5], [6.3, 22], [-9, 22.4], [-10.4, 21.8], [10, 21.4]].map(([x = 0, z = 22], i) => stander(view, t, x, z, clothes(i + 2))),
      stander(view, t, 5.4, 12.6, { top: [212, 226, 60], legs: [30, 36, 60], tall: 1.77 }),
      rider(view, pass(t, 4, -24, 4), 17.6, clothes(0), 1),
    ]
  },
}

export const communityYard: Scene = {
  name: 'community yard',
  view: { heightM: 6.2, horizon: 0.14, focal: 0.74, turnDegrees: 12 },
  grain: 5,
  paint(view) {
    sky(view, [170, 190, 206], [220, 224, 220])
    land(view, [110, 132, 88], [112, 130, 84])
    building(view, -46, -10, 52, 66, 18, { wall: [206, 186, 160] })
    building(view, -4, 34, 60, 74, 18, { wall: [196, 170, 150] })
    building(view, 28, 46, 16, 62, 18, { wall: [202, 180, 154] })
    for (const x of [-40, -31, -20]) view.box(x, x + 4, 51, 52, 0, 3, [120, 108, 96])
    view.ground(-30, 26, 8, 44, [178, 168, 152])
    paving(view, -30, 26, 8, 44, 2, [150, 140, 126])
    view.ground(-8, 10, 18, 34, [170, 92, 70])
    view.ground(-6, 8, 20, 32, [84, 124, 108])
    view.ground(20, 26, 3, 80, [120, 122, 122])
    for (const [x, z] of [[-27, 42], [-18, 45], [-6, 46], [8, 46], [17, 40], [-28, 28], [-27, 16], [16, 20]] as const) tree(view, x, z, 6.4, [70, 106, 52])
    for (const [i, x] of [-20, -16, -12.5].entries()) {
      const paintColour = ([[44, 110, 176], [218, 172, 40], [190, 56, 48]] as const)[i] ?? [90, 90, 90]
      view.box(x - 0.08, x + 0.08, 24, 24.15, 0, 2.2, paintColour)
      view.box(x + 1.5, x + 1.66, 24, 24.15, 0, 2.2, paintColour)
      view.box(x - 0.08, x + 1.66, 24, 24.15, 2.1, 2.25, paintColour)
    }
    for (const x of [-2, 4]) {
      view.box(x, x + 2.2, 14, 14.5, 0.42, 0.52, [132, 98, 64])
      view.box(x, x + 0.15, 14, 14.5, 0, 0.45, [70, 72, 74])
      view.box(x + 2.05, x + 2.2, 14, 14.5, 0, 0.45, [70, 72, 74])
    }
    view.box(9.8, 13, 36, 39, 2.6, 2.9, [150, 60, 50])
    for (const [x, z] of [[9.9, 36.1], [12.7, 36.1], [9.9, 38.7], [12.7, 38.7]] as const) view.box(x, x + 0.2, z, z + 0.2, 0, 2.6, [180, 70, 56])
    view.box(21, 22.8, 30, 34.4, 0.3, 1.4, [186, 190, 194])
    view.box(21, 22.8, 36, 40.4, 0.3, 1.4, [120, 34, 36])
    lamp(view, -10, 17, 4.6, 0.5, false)
    lamp(view, 14, 30, 4.6, -0.5, false)
  },
  actors(view, t) {
    const angle = (t / LOOP_SECONDS) * 2 * Math.PI
    const runner = (phase: number, look: number) => walker(view, t, { x: 1 + Math.cos(angle + phase) * 5, z: 26 + Math.sin(angle + phase) * 4.5, dx: 0.001 }, { ...clothes(look), tall: 1.2 })
    const ball = Math.abs(Math.sin(angle * 4)) * 1.4
    return [
      ...runner(0, 4), ...runner(1.1, 0), ...runner(3.4, 7),
      { depth: 24, draw: (target) => {
        const place = target.at(1 + Math.cos(angle + 0.5) * 5, 24)
        if (place) target.canvas.ellipse(place.px, place.py - (0.15 + ball) * place.scale, 0.16 * place.scale, 0.16 * place.scale, [226, 110, 40])
      } },
      ...walker(view, t, { x: -26, z: 12, dx: 12, copies: 4 }, clothes(2)),
      ...walker(view, t, { x: 20, z: 10.6, dx: -11, copies: 3, offset: 4 }, clothes(5)),
      ...walker(view, t, { x: 18.5, z: 46, dz: -12, copies: 3, offset: 7 }, clothes(6)),
      stander(view, t, -19.2, 23.6, clothes(3)),
      stander(view, t, -15.2, 23.8, clothes(1)),
      stander(view, t, -1, 14.9, clothes(7)),
      stander(view, t, 5.2, 14.9, clothes(0)),
    ]
  },
}
