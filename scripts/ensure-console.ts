// Owns building the console when it was not built since its sources changed; `npm start` and `npm run demo` ask for it.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

function newestMs(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

/** Builds dist/frontend when it is missing or older than frontend/ or contract/. */
export async function ensureConsole(): Promise<void> {
  const built = 'dist/frontend/index.html'
  if (existsSync(built) && statSync(built).mtimeMs >= Math.max(newestMs('frontend'), newestMs('contract'))) return
  await build({ root: 'frontend', configFile: 'frontend/vite.config.ts', logLevel: 'warn' })
}

if (process.argv[1]?.endsWith('ensure-console.ts')) await ensureConsole()
