// Owns which key does what on the wall. Pure; the `?` page is made from the same table.
import type { GridSize } from './wall-slots.ts'

export type WallAction =
  | { kind: 'grid'; size: GridSize }
  | { kind: 'step'; direction: 'left' | 'right' | 'up' | 'down' }
  | { kind: 'tag' | 'help' | 'maximise' | 'back' | 'full-screen' | 'snapshot' | 'close' | 'stream' | 'find' }

/** Key as `KeyboardEvent.key`, lower case → action; the order is that of the help page. */
export const wallKeys: readonly { keys: readonly string[]; action: WallAction; wordKey: string }[] = [
  { keys: ['t'], action: { kind: 'tag' }, wordKey: 'wall.key.tag' },
  { keys: ['enter'], action: { kind: 'maximise' }, wordKey: 'wall.key.maximise' },
  { keys: ['escape'], action: { kind: 'back' }, wordKey: 'wall.key.back' },
  { keys: ['f'], action: { kind: 'full-screen' }, wordKey: 'wall.key.fullScreen' },
  { keys: ['s'], action: { kind: 'snapshot' }, wordKey: 'wall.key.snapshot' },
  { keys: ['m'], action: { kind: 'stream' }, wordKey: 'wall.key.stream' },
  { keys: ['delete', 'backspace'], action: { kind: 'close' }, wordKey: 'wall.key.close' },
  { keys: ['1'], action: { kind: 'grid', size: 1 }, wordKey: 'wall.key.grid1' },
  { keys: ['4'], action: { kind: 'grid', size: 4 }, wordKey: 'wall.key.grid4' },
  { keys: ['9'], action: { kind: 'grid', size: 9 }, wordKey: 'wall.key.grid9' },
  { keys: ['6'], action: { kind: 'grid', size: 16 }, wordKey: 'wall.key.grid16' },
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
