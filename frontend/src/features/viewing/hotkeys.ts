// Owns which key does what on the wall. Pure; the `?` page is made from the same table.
import type { GridSize } from '#contract/layouts.ts'
import type { Direction } from './grid-layout.ts'

export type WallAction =
  | { kind: 'grid'; size: GridSize }
  | { kind: 'step'; direction: Direction }
  | { kind: 'tag' | 'help' | 'maximise' | 'back' | 'full-screen' | 'snapshot' | 'close' | 'stream' | 'find' | 'info' | 'edge' | 'zoom-in' | 'zoom-out' | 'zoom-off' | 'tour' | 'tour-next' | 'tour-previous' | 'replay-10' | 'replay-30' | 'hold' }

/** Key as `KeyboardEvent.key`, lower case → action; the order is that of the help page. */
export const wallKeys: readonly { keys: readonly string[]; action: WallAction; wordKey: string }[] = [
  { keys: ['t'], action: { kind: 'tag' }, wordKey: 'wall.key.tag' },
  { keys: ['enter'], action: { kind: 'maximise' }, wordKey: 'wall.key.maximise' },
  { keys: ['escape'], action: { kind: 'back' }, wordKey: 'wall.key.back' },
  { keys: ['f'], action: { kind: 'full-screen' }, wordKey: 'wall.key.fullScreen' },
  { keys: ['s'], action: { kind: 'snapshot' }, wordKey: 'wall.key.snapshot' },
  { keys: ['m'], action: { kind: 'stream' }, wordKey: 'wall.key.stream' },
  { keys: ['delete', 'backspace'], action: { kind: 'close' }, wordKey: 'wall.key.close' },
  { keys: ['l'], action: { kind: 'edge' }, wordKey: 'wall.key.edge' },
  { keys: ['j'], action: { kind: 'replay-10' }, wordKey: 'wall.key.replay10' },
  { keys: ['k'], action: { kind: 'replay-30' }, wordKey: 'wall.key.replay30' },
  { keys: [' '], action: { kind: 'hold' }, wordKey: 'wall.key.hold' },
  { keys: ['i'], action: { kind: 'info' }, wordKey: 'wall.key.info' },
  { keys: ['+', '='], action: { kind: 'zoom-in' }, wordKey: 'wall.key.zoom' },
  { keys: ['-'], action: { kind: 'zoom-out' }, wordKey: 'wall.key.zoom' },
  { keys: ['0'], action: { kind: 'zoom-off' }, wordKey: 'wall.key.zoomOff' },
  { keys: ['r'], action: { kind: 'tour' }, wordKey: 'wall.key.tour' },
  { keys: [']'], action: { kind: 'tour-next' }, wordKey: 'wall.key.tourNext' },
  { keys: ['['], action: { kind: 'tour-previous' }, wordKey: 'wall.key.tourPrevious' },
  { keys: ['1'], action: { kind: 'grid', size: 1 }, wordKey: 'wall.key.grid1' },
  { keys: ['2'], action: { kind: 'grid', size: 4 }, wordKey: 'wall.key.grid4' },
  { keys: ['3'], action: { kind: 'grid', size: 9 }, wordKey: 'wall.key.grid9' },
  { keys: ['4'], action: { kind: 'grid', size: 16 }, wordKey: 'wall.key.grid16' },
  { keys: ['5'], action: { kind: 'grid', size: 25 }, wordKey: 'wall.key.grid25' },
  { keys: ['6'], action: { kind: 'grid', size: 36 }, wordKey: 'wall.key.grid36' },
  { keys: ['7'], action: { kind: 'grid', size: 6 }, wordKey: 'wall.key.grid6' },
  { keys: ['8'], action: { kind: 'grid', size: 8 }, wordKey: 'wall.key.grid8' },
  { keys: ['arrowleft'], action: { kind: 'step', direction: 'left' }, wordKey: 'wall.key.step' },
  { keys: ['arrowright'], action: { kind: 'step', direction: 'right' }, wordKey: 'wall.key.step' },
  { keys: ['arrowup'], action: { kind: 'step', direction: 'up' }, wordKey: 'wall.key.step' },
  { keys: ['arrowdown'], action: { kind: 'step', direction: 'down' }, wordKey: 'wall.key.step' },
  { keys: ['/'], action: { kind: 'find' }, wordKey: 'wall.key.find' },
  { keys: ['?'], action: { kind: 'help' }, wordKey: 'wall.key.help' },
]

/** The action of a key press; undefined for others, and for keys with Ctrl, Alt or Meta, which are the browser's. */
export function actionOf(event: { key: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean }): WallAction | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined
  const key = event.key.toLowerCase()
  return wallKeys.find((row) => row.keys.includes(key))?.action
}
