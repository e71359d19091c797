// Owns turning the overview's figures into chart options. Pure.
import type { FaultCode } from '#contract/faults.ts'
import { chartColours, chartFont, type ChartOption } from '../../ui/charts.ts'
import { beijingTime, percent } from '../../ui/instants.ts'

/** 在线率 counts as 合格 from here on (default of the field, see the domain facts §3). */
export const ONLINE_GOAL = 0.95
const axis = { axisLine: { lineStyle: { color: '#c5cedb' } }, axisTick: { show: false }, axisLabel: { color: chartColours.text, fontFamily: chartFont, fontSize: 11 } }
const base = { textStyle: { fontFamily: chartFont }, animation: false } as const

export type Trend = readonly { at: string; ratio: number | null }[]

/** First hour with figures: undefined when there is none yet, null when all 24 have them. */
export function trendStart(trend: Trend): string | null | undefined {
  const first = trend.findIndex((point) => point.ratio !== null)
  return first === 0 ? null : trend[first]?.at
}

/** Online ratio per hour; an hour without figures is a gap, not a zero. An hour alone between gaps is no line: it is drawn as a point. */
export function trendChart(trend: Trend, goalWord: string): ChartOption {
  const values = trend.flatMap((point) => (point.ratio === null ? [] : [point.ratio]))
  const lowest = Math.min(ONLINE_GOAL, ...values)
  const floor = Math.max(0, Math.floor((lowest - 0.02) * 10) / 10)
  return {
    ...base,
    grid: { left: 44, right: 16, top: 14, bottom: 24 },
    tooltip: { trigger: 'axis', valueFormatter: (value) => percent(typeof value === 'number' ? value : null) },
    xAxis: { type: 'category', boundaryGap: false, data: trend.map((point) => beijingTime(point.at).slice(11, 16)), ...axis },
    yAxis: {
      type: 'value',
      min: floor,
      interval: (1 - floor) / 4,
      max: 1,
      splitLine: { lineStyle: { color: chartColours.grid } },
      ...axis,
      axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${Number((value * 100).toFixed(1))}%` },
    },
    series: [
      {
        type: 'line',
        data: trend.map(({ ratio }, hour) => ({ value: ratio, symbol: isAlone(trend, hour) ? 'circle' : 'none' })),
        connectNulls: false,
        showAllSymbol: true,
        symbolSize: 8,
        lineStyle: { color: chartColours.line, width: 2 },
        itemStyle: { color: chartColours.line },
        areaStyle: { color: chartColours.area },
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: chartColours.goal, type: 'dashed' },
          label: { formatter: goalWord, position: 'insideStartTop', color: chartColours.goal, fontSize: 11, fontFamily: chartFont },
          data: [{ yAxis: ONLINE_GOAL }],
        },
      },
    ],
  }
}

const isAlone = (trend: Trend, hour: number): boolean => (trend[hour - 1]?.ratio ?? null) === null && (trend[hour + 1]?.ratio ?? null) === null

/** Cameras per cause, the most frequent on top. */
export function causeChart(causes: readonly { cause: FaultCode; cameras: number }[], wordOf: (cause: FaultCode) => string): ChartOption {
  const rows = causes.toSorted((a, b) => b.cameras - a.cameras).slice(0, 8).toReversed()
  return {
    ...base,
    grid: { left: 8, right: 40, top: 4, bottom: 4, containLabel: true },
    tooltip: { trigger: 'item' },
    xAxis: { type: 'value', show: false },
    yAxis: { type: 'category', data: rows.map((row) => wordOf(row.cause)), ...axis, axisLine: { show: false }, axisLabel: { ...axis.axisLabel, fontSize: 12, width: 190, overflow: 'truncate' } },
    series: [{ type: 'bar', data: rows.map((row) => row.cameras), barMaxWidth: 14, itemStyle: { color: chartColours.bar }, label: { show: true, position: 'right', color: chartColours.text, fontSize: 12 } }],
  }
}
