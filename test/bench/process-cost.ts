// Owns what processes cost: processor time, proportional memory and bytes written to disk out of /proc (Linux), of a
// process and of its descendants, told apart by name.
// Refuses: guessing about processes that have ended; their time is what their parent was told when it reaped them.
import { readdirSync, readFileSync } from 'node:fs'

/** sysconf(_SC_CLK_TCK) is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

export interface Cost {
  cpuSeconds: number
  /** Proportional share (PSS), so that twenty copies of one binary are not counted as twenty binaries. */
  pssBytes: number
  /** What went towards a disk (`write_bytes`), whether or not it was deleted since. */
  writtenBytes: number
  processes: number
}

export interface Costs {
  /** The named processes themselves. */
  own: Cost
  /** Their descendants that run ffmpeg, with those of them that have ended. */
  ffmpeg: Cost
  /** Other descendants. */
  rest: Cost
  all: Cost
}

interface ProcessRow {
  pid: number
  parent: number
  name: string
  /** Of itself. */
  cpuSeconds: number
  /** Of its children that have ended. */
  reapedSeconds: number
  pssBytes: number
  writtenBytes: number
}

const NOTHING: Cost = { cpuSeconds: 0, pssBytes: 0, writtenBytes: 0, processes: 0 }

function read(pid: number): ProcessRow | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const nameEnd = stat.lastIndexOf(')')
    // The name may hold anything; fields are counted from the last bracket: state is field 3 of proc(5).
    const fields = stat.slice(nameEnd + 2).split(' ').map(Number)
    const [utime = 0, stime = 0, ended = 0, endedSystem = 0] = fields.slice(11, 15)
    return {
      pid,
      parent: fields[1] ?? 0,
      name: stat.slice(stat.indexOf('(') + 1, nameEnd),
      cpuSeconds: (utime + stime) / TICKS_PER_SECOND,
      reapedSeconds: (ended + endedSystem) / TICKS_PER_SECOND,
      pssBytes: 0,
      writtenBytes: 0,
    }
  } catch {
    return null
  }
}

/** Memory and disk are read of those alone that are asked for: other people's are not ours to read. */
function withMemory(row: ProcessRow): ProcessRow {
  try {
    const pssBytes = Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${row.pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024
    const writtenBytes = Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${row.pid}/io`, 'utf8'))?.[1] ?? 0)
    return { ...row, pssBytes, writtenBytes }
  } catch {
    return row
  }
}

/** What these processes and all their descendants have cost up to now. */
export function costsOf(pids: readonly number[]): Costs {
  const rows = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => read(Number(name)) ?? [])
  const wanted = new Set(pids)
  for (let grown = true; grown; ) {
    const before = wanted.size
    for (const row of rows) if (wanted.has(row.parent)) wanted.add(row.pid)
    grown = wanted.size > before
  }
  const family = rows.filter(({ pid }) => wanted.has(pid)).map(withMemory)
  const named = new Set(pids)
  const own = sum(family.filter(({ pid }) => named.has(pid)))
  const reaped = family.reduce((total, row) => total + row.reapedSeconds, 0)
  const live = sum(family.filter(({ pid, name }) => !named.has(pid) && name === 'ffmpeg'))
  const ffmpeg = { ...live, cpuSeconds: live.cpuSeconds + reaped }
  const rest = sum(family.filter(({ pid, name }) => !named.has(pid) && name !== 'ffmpeg'))
  return { own, ffmpeg, rest, all: [own, ffmpeg, rest].reduce(plus, NOTHING) }
}

/** What was spent between the two; memory is that of the end. */
export function between(before: Cost, after: Cost): Cost {
  return { ...after, cpuSeconds: after.cpuSeconds - before.cpuSeconds, writtenBytes: after.writtenBytes - before.writtenBytes }
}

function sum(rows: readonly ProcessRow[]): Cost {
  return rows.map((row) => ({ ...row, processes: 1 })).reduce(plus, NOTHING)
}

function plus(one: Cost, other: Cost): Cost {
  return {
    cpuSeconds: one.cpuSeconds + other.cpuSeconds,
    pssBytes: one.pssBytes + other.pssBytes,
    writtenBytes: one.writtenBytes + other.writtenBytes,
    processes: one.processes + other.processes,
  }
}
