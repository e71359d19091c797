// Owns `npm run check`: every gate that needs no running server, in one command. Each gate says its name and its time;
// all run even when one fails, so that one run shows everything.
import { spawn } from 'node:child_process'

const tsx = [process.execPath, '--import', 'tsx']
const bin = (name: string) => `node_modules/.bin/${name}`
const gates: { name: string; command: string[] }[] = [
  { name: 'types', command: [bin('tsc'), '-b'] },
  { name: 'types of the console', command: [bin('vue-tsc'), '--noEmit', '-p', 'frontend/tsconfig.json'] },
  { name: 'lint', command: [bin('oxlint'), '--deny-warnings', 'base', 'contract', 'config', 'streams', 'backend', 'frontend/src', 'test', 'scripts'] },
  { name: 'direction of imports', command: [bin('depcruise'), '--config', '.dependency-cruiser.mjs', 'base', 'contract', 'config', 'streams', 'backend', 'frontend/src'] },
  { name: 'locale keys', command: [...tsx, 'scripts/check-locales.ts'] },
  { name: 'links in the documents', command: [...tsx, 'scripts/check-docs.ts'] },
  { name: 'file names and sizes', command: [...tsx, 'scripts/check-files.ts'] },
  { name: 'config/example.yaml', command: [...tsx, 'scripts/config-example.ts', '--check'] },
  { name: 'access matrix', command: [...tsx, 'scripts/access-matrix.ts', '--check'] },
  { name: 'packages: licences, scripts, versions', command: [...tsx, 'scripts/check-packages.ts'] },
  { name: 'table of threats', command: [...tsx, 'scripts/check-security.ts'] },
  { name: 'docker-compose.yml', command: [...tsx, 'scripts/check-compose.ts'] },
]

function run(command: string[]): Promise<{ code: number; output: string }> {
  const [program = '', ...rest] = command
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

let failed = 0
for (const gate of gates) {
  const startedMs = performance.now()
  const { code, output } = await run(gate.command)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${gate.name} (${seconds} s)`)
  if (code !== 0) {
    failed++
    console.log(output.trimEnd())
  }
}
console.log(`${gates.length - failed} of ${gates.length} gates passed`)
process.exitCode = failed === 0 ? 0 : 1
