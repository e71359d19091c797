// Owns the kinds of place that demo cameras look at, with the archive's codes for each (contract/archive.ts).
// Refuses: names of real places; streets are a numbered grid.

export interface PointKind {
  /** 点位 as it stands in the name. */
  point: string
  alias: string
  positionTypes: number[]
  functionTypes: number[]
  pointType: number
  /** GB/T 28181 行业编码: 00 road surface, 01 community, 02 inside of a unit. */
  industry: '00' | '01' | '02'
  /** 摄像机类型 when the device has no PTZ. */
  fixedType: number
}

const point = (name: string, positionType: number, more: Partial<PointKind> = {}): PointKind => ({
  point: name,
  alias: name,
  positionTypes: [positionType],
  functionTypes: [5],
  pointType: 1,
  industry: '01',
  fixedType: 3,
  ...more,
})

export const communityPoints: readonly PointKind[] = [
  point('东门', 9, { functionTypes: [5, 2] }),
  point('小学门口', 8),
  point('便民市场', 9, { positionTypes: [9, 6] }),
  point('公交站', 10, { industry: '00' }),
  point('卫生服务站门前', 11),
  point('西门', 9, { functionTypes: [5, 2] }),
  point('储蓄所门前', 12, { industry: '00' }),
  point('停车场出入口', 9, { functionTypes: [5, 3] }),
  point('文化活动室', 9, { fixedType: 2 }),
  point('幼儿园门口', 8),
  point('楼间通道', 9),
  point('健身广场', 4),
]

export const stationPoints: readonly PointKind[] = [
  point('十字路口', 10, { industry: '00', fixedType: 4 }),
  point('综合商场门前', 6, { industry: '00', positionTypes: [6, 9] }),
  point('派出所接待大厅', 2, { industry: '02', pointType: 4, fixedType: 2 }),
  point('中学门口', 8, { industry: '00' }),
  point('客运站广场', 3, { industry: '00', positionTypes: [3, 4] }),
]

export const bureauPoints: readonly PointKind[] = [
  point('北出口卡口', 10, { industry: '00', functionTypes: [1], fixedType: 5 }),
  point('南出口卡口', 10, { industry: '00', functionTypes: [1], fixedType: 5 }),
  point('矸石山瞭望点', 9, { industry: '00', functionTypes: [6], fixedType: 4 }),
  point('中心广场', 4, { industry: '00', positionTypes: [4, 2] }),
]
