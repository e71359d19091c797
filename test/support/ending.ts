// Owns the end of a test run: a run whose tests are over but whose process stays is told what keeps it, and ended.
// Refuses: changing the verdict; mocha sets the exit code on `exit`, from its failures.
import { ChildProcess } from 'node:child_process'
import { Server, Socket } from 'node:net'
import { z } from 'zod'

const GRACE_MS = 20_000
/** Undocumented, and the only list that names a socket's ports or a child's program. */
const insideSchema = z.object({ _getActiveHandles: z.function({ input: [], output: z.array(z.unknown()) }) })

export const mochaHooks = {
  afterAll(): void {
    // Fires only when something else keeps the process: a timer that is not referenced keeps nothing.
    setTimeout(() => {
      process.stderr.write(`\nThe tests are over, but these keep their process, which is a leak to mend:\n${leftovers().join('\n')}\n`)
      process.exit()
    }, GRACE_MS).unref()
  },
}

function leftovers(): string[] {
  const inside = insideSchema.safeParse({ _getActiveHandles: Reflect.get(process, '_getActiveHandles').bind(process) })
  const named = inside.success ? inside.data._getActiveHandles().map(nameOf) : []
  return [...named, ...new Set(process.getActiveResourcesInfo())].map((line) => `  ${line}`)
}

function nameOf(handle: unknown): string {
  if (handle instanceof ChildProcess) return `child ${handle.pid ?? '?'}: ${handle.spawnargs[0] ?? '?'}`
  if (handle instanceof Server) return `server ${JSON.stringify(handle.address())}`
  if (handle instanceof Socket) return `socket ${handle.localPort ?? '-'} → ${handle.remoteAddress ?? '-'}:${handle.remotePort ?? '-'}`
  return handle?.constructor?.name ?? typeof handle
}
