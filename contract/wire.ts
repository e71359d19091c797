// Owns small shapes that every resource uses: instants, pages, endpoints.
// Refuses: knowing any resource.
import { z } from 'zod'
import type { Permission } from './permissions.ts'

/** A UTC instant in ISO 8601, e.g. `2026-11-23T12:00:00.000Z`. */
export const instantSchema = z.iso.datetime()

const unplain = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu
const isPlain = (text: string) => text.search(unplain) < 0

/** What `lineOfText` would take of a text: what it refuses is left out, what is too long is cut. */
export const asPlainLine = (text: string, max = Infinity) => text.normalize('NFC').replace(unplain, '').trim().slice(0, max).trim()

/** One line of text for people: NFC, without control and bidirectional-override characters. */
export const lineOfText = (max: number) => z.string().trim().normalize('NFC').max(max).refine(isPlain, 'has control characters')

/** As lineOfText, but kept to the letter: names that are compared, numbers that have a form of their own. */
export const exactText = (max: number) => z.string().max(max).refine(isPlain, 'has control characters')

/** Text of several lines: as lineOfText, but line breaks and tabs are allowed. */
export const linesOfText = (max: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .max(max)
    .refine((text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text), 'has control characters')

export const pageQuery = {
  page: z.coerce.number().int().min(1).max(100_000).default(1),
  pageSize: z.coerce.number().int().min(1).max(200).default(50),
}

export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), total: z.number().int().min(0) })

export type Access =
  | { kind: 'public' } // anybody, before sign-in
  | { kind: 'signed-in' } // any live session
  | { kind: 'permission'; permission: Permission }
  | { kind: 'ticket'; permission: Permission } // a session, or a stream ticket in the query, with the permission

export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Express 5 path, e.g. `/api/cameras/:cameraId`. */
  path: string
  summary: string
  access: Access
  params: Params
  query: Query
  body: Body
  /** `z.null()` answers 204. */
  result: Result
  /** What a non-JSON answer is: `image/jpeg`, `text/csv`, … The handler then returns bytes. */
  produces: string | undefined
  /** What a non-JSON body is: `text/csv`. The body schema then sees a string. */
  consumes: string | undefined
  /** Largest accepted body in bytes. */
  maxBodyBytes: number
}

const nothing = z.strictObject({})
type Nothing = typeof nothing

/** Declares one endpoint once: the server validates with it, the console calls with it, OpenAPI is made from it. */
export function endpoint<
  Result extends z.ZodType,
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(declared: {
  method: Endpoint['method']
  path: string
  summary: string
  access: Permission | 'public' | 'signed-in' | { ticket: Permission }
  params?: Params
  query?: Query
  body?: Body
  result: Result
  produces?: string
  consumes?: string
  maxBodyBytes?: number
}): Endpoint<Params, Query, Body, Result> {
  const { access } = declared
  return {
    method: declared.method,
    path: declared.path,
    summary: declared.summary,
    access:
      typeof access === 'object'
        ? { kind: 'ticket', permission: access.ticket }
        : access === 'public' || access === 'signed-in'
          ? { kind: access }
          : { kind: 'permission', permission: access },
    params: (declared.params ?? nothing) as Params,
    query: (declared.query ?? nothing) as Query,
    body: (declared.body ?? nothing) as Body,
    result: declared.result,
    produces: declared.produces,
    consumes: declared.consumes,
    maxBodyBytes: declared.maxBodyBytes ?? 64 * 1024,
  }
}

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  requestId: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof problemSchema>
