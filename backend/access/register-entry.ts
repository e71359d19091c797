// Owns what a register entry is and whether it covers an access. Pure.
import { AppError } from '#base/app-error.ts'
import { errorCodes } from '#contract/errors.ts'
import type { CameraId, RegisterId, UnitId, UserId } from '#contract/ids.ts'
import { needsSecondOfficer, purposes, type Purpose, type RegisterAct } from '#contract/register.ts'

export interface Officer {
  displayName: string
  policeNumber: string
  unitName: string
}
export interface RegisterCamera {
  id: CameraId
  name: string
  gbCode: string
}
export interface RegisterEntry {
  id: RegisterId
  atMs: number
  purpose: Purpose
  act: RegisterAct
  note: string
  caseNumber: string | null
  incidentNumber: string | null
  cameras: RegisterCamera[]
  fromMs: number
  toMs: number
  goodUntilMs: number
  userId: UserId
  user: Officer
  unitId: UnitId
  secondOfficer: Officer | null
}

/** What somebody is about to see. */
export interface WantedAccess {
  act: RegisterAct
  cameraId: CameraId
  fromMs: number
  toMs: number
}

/** Whether the entry was written for this, and is still good. An entry for playback does not open an export. */
export function covers(entry: RegisterEntry, wanted: WantedAccess, nowMs: number): boolean {
  return (
    entry.act === wanted.act &&
    entry.atMs <= nowMs &&
    nowMs < entry.goodUntilMs &&
    entry.fromMs <= wanted.fromMs &&
    wanted.toMs <= entry.toMs &&
    entry.cameras.some(({ id }) => id === wanted.cameraId)
  )
}

export interface PurposeFields {
  purpose: Purpose
  act: RegisterAct
  note: string
  caseNumber: string | null
  incidentNumber: string | null
  secondPoliceNumber: string | null
}

/** @throws AppError purpose_incomplete, its issue naming the field that this purpose asks for */
export function assertPurpose(wanted: PurposeFields, isCaseNumber: (text: string) => boolean, isIncidentNumber: (text: string) => boolean): void {
  const { needs } = purposes[wanted.purpose]
  if (needs === 'note' && wanted.note.trim().length < 4) throw incomplete('note')
  if (needs === 'caseNumber' && wanted.caseNumber === null) throw incomplete('caseNumber')
  if (needs === 'incidentNumber' && wanted.incidentNumber === null) throw incomplete('incidentNumber')
  if (wanted.caseNumber !== null && !isCaseNumber(wanted.caseNumber)) throw incomplete('caseNumber')
  if (wanted.incidentNumber !== null && !isIncidentNumber(wanted.incidentNumber)) throw incomplete('incidentNumber')
  if (needsSecondOfficer(wanted.purpose, wanted.act) && wanted.secondPoliceNumber === null) throw incomplete('secondPoliceNumber')
}

export function incomplete(field: string): AppError {
  return new AppError('invalid', 'purpose_incomplete', errorCodes.purpose_incomplete, { issues: [{ path: `body.${field}`, message: 'this purpose asks for it' }] })
}
