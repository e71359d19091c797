// Owns incident tags 视频标注 and exhibits 证据 as the server knows them, and the rule of their times.
import type { z } from 'zod'
import type { tagCategorySchema } from '#contract/cases.ts'
import type { ErrorCode } from '#contract/errors.ts'
import type { CameraId, CaseId, ExhibitId, TagId, UnitId, UserId } from '#contract/ids.ts'
import { invalid } from './case.ts'

export type TagCategory = z.infer<typeof tagCategorySchema>

/** A camera as it was when it was tagged; the tag keeps telling the place after the camera was moved or renamed. */
export interface TaggedCamera {
  id: CameraId
  name: string
  unitId: UnitId
}

export interface Exhibit {
  id: ExhibitId
  cameraId: CameraId
  cameraName: string
  /** The moment that the picture shows, by server time. */
  pictureAtMs: number
  capturedAtMs: number
  sha256: string
  bytes: number
  width: number
  height: number
  /** Camera clock minus server clock at capture; null = never measured. */
  clockOffsetMs: number | null
}

export interface MissingExhibit {
  cameraId: CameraId
  reason: ErrorCode
}

export interface Tag {
  id: TagId
  caseId: CaseId
  category: TagCategory
  note: string
  fromMs: number
  toMs: number
  cameras: TaggedCamera[]
  exhibits: Exhibit[]
  exhibitsMissing: MissingExhibit[]
  createdAtMs: number
  createdBy: { id: UserId; displayName: string; policeNumber: string }
}

const longestMs = 24 * 3_600_000
/** The console's clock is measured against the server's, but not to the millisecond. */
const aheadMs = 5_000

/** @throws AppError invalid_request: backwards, longer than a day, or not yet happened */
export function assertTagTimes(times: { fromMs: number; toMs: number; pictureAtMs: number }, nowMs: number): void {
  const { fromMs, toMs, pictureAtMs } = times
  if (fromMs > toMs) throw invalid('to', 'is before from')
  if (toMs > nowMs + aheadMs) throw invalid('to', 'has not come yet')
  if (toMs - fromMs > longestMs) throw invalid('to', 'is more than 24 hours after from')
  if (pictureAtMs > nowMs + aheadMs) throw invalid('pictureAt', 'has not come yet')
}
