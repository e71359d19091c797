// Owns what processes cost: processor time and resident memory out of /proc (Linux), also of a process's descendants.
// Refuses: guessing about processes that have ended; their time is what their parent was told when it reaped them.
import { readdirSync, readFileSync } from 'node:fs'

/** sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

export interface Cost {
  cpuSeconds: number
  rssBytes: number
  processes: number
}

interface ProcessRow {
  pid: number
  parent: number
  cpuSeconds: number
  rssBytes: number
}

/** @param reaped count the time of its ended children too */
function read(pid: number, reaped: boolean): ProcessRow | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name may hold anything; fields are counted from the last bracket: state is field 3 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
    const [utime = 0, stime = 0, ended = 0, endedSystem = 0] = fields.slice(11, 15)
    const rssBytes = Number(/^Rss:\s+(\d+) kB/m.exec(rollupOf(pid))?.[1] ?? 0) * 1024
    return { pid, parent: fields[1] ?? 0, cpuSeconds: (utime + stime + (reaped ? ended + endedSystem : 0)) / TICKS_PER_SECOND, rssBytes }
  } catch {
    return null
  }
}

/** Proportional share, so that twenty copies of one binary are not counted as twenty binaries. */
function rollupOf(pid: number): string {
  return readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').replace(/^Rss:.*$/m, '').replace(/^Pss:/m, 'Rss:')
}

/** The processes together, each with its descendants if asked. */
export function costOf(pids: readonly number[], options: { descendants: boolean; reaped?: boolean }): Cost {
  const wanted = new Set(pids)
  const reaped = options.reaped ?? true
  const rows = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && (options.descendants || wanted.has(Number(name)))).flatMap((name) => {
    const row = read(Number(name), reaped)
    return row === null ? [] : [row]
  })
  for (let grown = true; grown && options.descendants; ) {
    const before = wanted.size
    for (const row of rows) if (wanted.has(row.parent)) wanted.add(row.pid)
    grown = wanted.size > before
  }
  const counted = rows.filter((row) => wanted.has(row.pid))
  return {
    cpuSeconds: counted.reduce((sum, row) => sum + row.cpuSeconds, 0),
    rssBytes: counted.reduce((sum, row) => sum + row.rssBytes, 0),
    processes: counted.length,
  }
}
