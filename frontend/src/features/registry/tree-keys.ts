// Owns what the keys do in the tree: up and down over the rows that are open, right opens or goes in, left closes or goes out. Pure.
import type { TreeNode } from './camera-tree.ts'

export type TreeStep = { kind: 'go' | 'expand' | 'collapse' | 'open'; node: TreeNode }

interface Row {
  node: TreeNode
  parent: TreeNode | undefined
}

function rowsOf(nodes: readonly TreeNode[], isExpanded: (key: string) => boolean, parent?: TreeNode): Row[] {
  return nodes.flatMap((node) => [{ node, parent }, ...(node.kind === 'unit' && isExpanded(node.key) ? rowsOf(node.children, isExpanded, node) : [])])
}

/** Units that are open and seen to be: what is open below a closed one is left out. */
export function openUnits(nodes: readonly TreeNode[], isExpanded: (key: string) => boolean): string[] {
  return rowsOf(nodes, isExpanded).flatMap(({ node }) => (node.kind === 'unit' && isExpanded(node.key) ? [node.key] : []))
}

/** @param current key of the row that is marked, if any */
export function treeStep(key: string, nodes: readonly TreeNode[], current: string | undefined, isExpanded: (key: string) => boolean): TreeStep | undefined {
  const rows = rowsOf(nodes, isExpanded)
  const at = rows.findIndex((row) => row.node.key === current)
  const here = rows[at]
  const go = (row: Row | undefined): TreeStep | undefined => row && { kind: 'go', node: row.node }
  if (key === 'Home') return go(rows[0])
  if (key === 'End') return go(rows.at(-1))
  if (here === undefined) return ['ArrowDown', 'ArrowUp', 'ArrowRight'].includes(key) ? go(rows[0]) : undefined
  const { node, parent } = here
  const isUnit = node.kind === 'unit' && node.children.length > 0
  if (key === 'ArrowDown') return go(rows[at + 1])
  if (key === 'ArrowUp') return at > 0 ? go(rows[at - 1]) : undefined
  if (key === 'ArrowRight') return !isUnit ? undefined : isExpanded(node.key) ? go(rows[at + 1]) : { kind: 'expand', node }
  if (key === 'ArrowLeft') return isUnit && isExpanded(node.key) ? { kind: 'collapse', node } : parent && { kind: 'go', node: parent }
  return key === 'Enter' ? { kind: 'open', node } : undefined
}
