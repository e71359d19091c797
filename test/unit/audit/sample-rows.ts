// Owns sound chains of made-up audit entries for tests.
import { chainOnto, genesisHash, type AuditEntry, type ChainedRow } from '../../../backend/audit/audit-chain.ts'

export function sampleEntry(number: number, change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: `01kb${String(number).padStart(22, '0')}`,
    atMs: 1_795_500_000_000 + number * 1_000,
    actorId: number % 7 === 0 ? null : '01kb0000000000000000000001',
    actorName: number % 7 === 0 ? 'system' : '王 "小" 明\\',
    unitId: null,
    unitName: '平潭街派出所',
    sessionId: null,
    ip: '10.1.2.3',
    action: 'live.open',
    targetKind: 'camera',
    targetId: `camera-${number}`,
    targetName: '经一路\t路口 é',
    cameraId: `camera-${number}`,
    caseNumber: '',
    outcome: 'done',
    purpose: '',
    detail: `{"n":${number},"stream":"main"}`,
    ...change,
  }
}

/** `count` rows from 1, each rightly behind the one before. */
export function sampleChain(count: number, change: (number: number) => Partial<AuditEntry> = () => ({}), end = { seq: 0, hash: genesisHash }): ChainedRow[] {
  return chainOnto(end, Array.from({ length: count }, (_, at) => sampleEntry(end.seq + at + 1, change(end.seq + at + 1))))
}
