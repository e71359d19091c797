// Owns the list of the console's pages, read from the features' route files, so that a new page is looked at without being named.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const features = 'frontend/src/features'

/** Router paths of every page, with their parameters, in order. */
export const pagePaths = readdirSync(features, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('routes.ts'))
  .flatMap((name) => [...readFileSync(join(features, name), 'utf8').matchAll(/\bpath: '([^']+)'/g)].map((found) => found[1] ?? ''))
  .toSorted()

/** @throws when a parameter has no value */
export function addressOf(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/:(\w+)(\([^)]*\))?\??/g, (_, name: string) => {
    const value = parameters[name]
    if (value === undefined) throw new Error(`the test has no value for :${name} of ${path}`)
    return value
  })
}

/** JavaScript: the page is there and loads nothing any more. */
export const pageIsThere = `document.querySelector('main, .bare') !== null && document.querySelector('.el-skeleton, .el-loading-mask:not([style*="display: none"])') === null && document.body.innerText.trim() !== ''`
