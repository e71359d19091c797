// Owns which parts of ECharts the console carries: bars and lines on a plain grid, drawn as SVG.
// Refuses: the whole library, maps and themes loaded from elsewhere.
import { BarChart, LineChart, type BarSeriesOption, type LineSeriesOption } from 'echarts/charts'
import { GridComponent, MarkLineComponent, TooltipComponent, type GridComponentOption, type MarkLineComponentOption, type TooltipComponentOption } from 'echarts/components'
import { init, use, type ComposeOption, type ECharts } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

export type Chart = ECharts
export type ChartOption = ComposeOption<BarSeriesOption | LineSeriesOption | GridComponentOption | MarkLineComponentOption | TooltipComponentOption>

use([BarChart, LineChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer])

export function makeChart(box: HTMLElement): Chart {
  return init(box, undefined, { renderer: 'svg' })
}

/** Colours of the light pages; ECharts does not read CSS variables. */
export const chartColours = { line: '#1b5bb3', area: 'rgba(27, 91, 179, 0.12)', grid: '#e6ebf2', text: '#55637a', bar: '#d9822b', goal: '#1f9d57' } as const
export const chartFont = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"
