// Owns sign-in, the signed-in person, first-run set-up, users.
import { z } from 'zod'
import { sessionIdSchema, unitIdSchema, userIdSchema } from './ids.ts'
import { permissionSchema, roleSchema } from './permissions.ts'
import { endpoint, exactText, instantSchema, lineOfText } from './wire.ts'

export const sessionSchema = z.object({
  user: z.object({
    id: userIdSchema,
    username: z.string(),
    displayName: z.string(),
    policeNumber: z.string(),
    roles: z.array(roleSchema),
    permissions: z.array(permissionSchema),
    unitId: unitIdSchema,
  }),
  /** True when the password is older than the profile allows: nothing but changing it is open. */
  passwordDue: z.boolean(),
  csrfToken: z.string(),
  expiresAt: instantSchema,
})
export type SessionView = z.infer<typeof sessionSchema>

/** Why a session ended, as its owner is told. */
export const sessionEndReasons = ['signed-out', 'expired', 'changed', 'disabled', 'password', 'revoked', 'replaced'] as const
export type SessionEndReason = (typeof sessionEndReasons)[number]

const username = z.string().min(1).max(64).regex(/^[a-zA-Z0-9._-]+$/)
const policeNumber = z.string().regex(/^[A-Za-z0-9]{0,16}$/)
const password = z.string().min(1).max(256)

export const signIn = endpoint({
  method: 'post',
  path: '/api/session',
  summary: 'Sign in',
  access: 'public',
  body: z.strictObject({ username: exactText(256), password: z.string().max(1024), code: z.string().max(32).optional() }),
  result: sessionSchema,
})
export const currentSession = endpoint({
  method: 'get',
  path: '/api/session',
  summary: 'Who is signed in',
  access: 'signed-in',
  result: sessionSchema,
})
export const signOut = endpoint({ method: 'delete', path: '/api/session', summary: 'Sign out', access: 'signed-in', result: z.null() })

export const ownSessionSchema = z.object({
  id: sessionIdSchema,
  signedInAt: instantSchema,
  lastSeenAt: instantSchema,
  ip: z.string(),
  /** The session that asks. */
  current: z.boolean(),
})
export type OwnSession = z.infer<typeof ownSessionSchema>
export const listSessions = endpoint({
  method: 'get',
  path: '/api/sessions',
  summary: 'The caller’s own sessions, newest first',
  access: 'signed-in',
  result: z.object({ items: z.array(ownSessionSchema), secondFactor: z.boolean(), idleMinutes: z.number(), absoluteMinutes: z.number() }),
})
export const endSession = endpoint({
  method: 'delete',
  path: '/api/sessions/:sessionId',
  summary: 'End one of the caller’s own sessions; what it plays ends within 5 s',
  access: 'signed-in',
  params: z.strictObject({ sessionId: sessionIdSchema }),
  result: z.null(),
})
export const changePassword = endpoint({
  method: 'post',
  path: '/api/session/password',
  summary: 'Change one’s own password; every session of the account ends and the caller gets a new one',
  access: 'signed-in',
  body: z.strictObject({ current: z.string().max(1024), next: password }),
  result: sessionSchema,
})

export const beginSecondFactor = endpoint({
  method: 'post',
  path: '/api/session/second-factor',
  summary: 'Make a secret for a code generator (RFC 6238); it counts once confirmed',
  access: 'signed-in',
  result: z.object({ secret: z.string(), uri: z.string() }),
})
const factorCode = z.strictObject({ code: z.string().max(32) })
export const confirmSecondFactor = endpoint({
  method: 'post',
  path: '/api/session/second-factor/confirm',
  summary: 'Turn the second factor on with a first code; gives the recovery codes, once',
  access: 'signed-in',
  body: factorCode,
  result: z.object({ recoveryCodes: z.array(z.string()) }),
})
export const removeSecondFactor = endpoint({
  method: 'post',
  path: '/api/session/second-factor/remove',
  summary: 'Turn the second factor off with a code',
  access: 'signed-in',
  body: factorCode,
  result: z.null(),
})
export const signInPolicy = endpoint({
  method: 'get',
  path: '/api/sign-in-policy',
  summary: 'The rules of sign-in as configured',
  access: 'policy:view',
  result: z.object({
    passwordProfile: z.enum(['asvs', 'mlps3']),
    leastLength: z.number().int(),
    kinds: z.number().int(),
    maxAgeDays: z.number().int().nullable(),
    remembered: z.number().int(),
    idleMinutes: z.number(),
    absoluteMinutes: z.number(),
    lockAfterFailures: z.number().int(),
    lockMinutes: z.number(),
    failuresPerMinute: z.number().int(),
    purposeMinutes: z.number(),
    signInNetworks: z.array(z.string()),
    administratorNetworks: z.array(z.string()),
  }),
})

export const setUpState = endpoint({
  method: 'get',
  path: '/api/set-up',
  summary: 'Whether the first-run set-up is still to be done',
  access: 'public',
  result: z.object({ needed: z.boolean() }),
})
export const setUp = endpoint({
  method: 'post',
  path: '/api/set-up',
  summary: 'First run: the bureau and the three administrators, with the one-time code that the server printed',
  access: 'public',
  body: z.strictObject({
    code: z.string().min(1).max(64),
    bureauName: lineOfText(60).min(1),
    divisionCode: z.string().regex(/^\d{6}$/),
    administrators: z
      .array(
        z.strictObject({
          role: z.enum(['sysadmin', 'secadmin', 'auditor']),
          username,
          displayName: lineOfText(40).min(1),
          password: password.min(12),
        }),
      )
      .length(3),
  }),
  result: z.null(),
})

export const userSchema = z.object({
  id: userIdSchema,
  username: z.string(),
  displayName: z.string(),
  policeNumber: z.string(),
  roles: z.array(roleSchema),
  unitId: unitIdSchema,
  unitName: z.string(),
  disabled: z.boolean(),
  lockedUntil: instantSchema.nullable(),
  lastSignInAt: instantSchema.nullable(),
  /** False until the person has chosen a password with both halves of the activation code. */
  activated: z.boolean(),
})
export type UserView = z.infer<typeof userSchema>

export const listUsers = endpoint({
  method: 'get',
  path: '/api/users',
  summary: 'Users of the caller’s subtree',
  access: 'user:view',
  result: z.object({ items: z.array(userSchema) }),
})
/** 建号: the system administrator makes the account; it can do nothing until the security administrator gives it rights. */
export const createUser = endpoint({
  method: 'post',
  path: '/api/users',
  summary: 'Create an account without rights and without a password',
  access: 'user:create',
  body: z.strictObject({
    username,
    displayName: lineOfText(40).min(1),
    policeNumber,
    unitId: unitIdSchema,
  }),
  result: userSchema,
})
export const updateAccount = endpoint({
  method: 'patch',
  path: '/api/users/:userId/account',
  summary: 'Change name or police number',
  access: 'user:create',
  params: z.strictObject({ userId: userIdSchema }),
  body: z.strictObject({ displayName: lineOfText(40).min(1).optional(), policeNumber: policeNumber.optional() }),
  result: userSchema,
})
/** 授权: nobody’s own account, and never two administrators in one person. */
export const updateUser = endpoint({
  method: 'patch',
  path: '/api/users/:userId',
  summary: 'Change roles, unit or whether the account is disabled; ends the user’s sessions',
  access: 'user:rights',
  params: z.strictObject({ userId: userIdSchema }),
  body: z.strictObject({
    roles: z.array(roleSchema).min(1).max(4).optional(),
    unitId: unitIdSchema.optional(),
    disabled: z.boolean().optional(),
  }),
  result: userSchema,
})

/**
 * 激活: a person gets one code from the system administrator and one from the security administrator and chooses the
 * password with both. So no administrator can enter an account by acts of their own.
 */
export const makeAccountCode = endpoint({
  method: 'post',
  path: '/api/users/:userId/account-code',
  summary: 'Make the system administrator’s half of the activation code; shown once, an older half is void',
  access: 'user:create',
  params: z.strictObject({ userId: userIdSchema }),
  result: z.object({ code: z.string(), expiresAt: instantSchema }),
})
export const makeRightsCode = endpoint({
  method: 'post',
  path: '/api/users/:userId/rights-code',
  summary: 'Make the security administrator’s half of the activation code; shown once, an older half is void',
  access: 'user:rights',
  params: z.strictObject({ userId: userIdSchema }),
  result: makeAccountCode.result,
})
export const activateUser = endpoint({
  method: 'post',
  path: '/api/activation',
  summary: 'Choose a password with both halves of the activation code',
  access: 'public',
  body: z.strictObject({ username: exactText(256), accountCode: z.string().max(64), rightsCode: z.string().max(64), password }),
  result: z.null(),
})
export const endUserSessions = endpoint({
  method: 'delete',
  path: '/api/users/:userId/sessions',
  summary: 'End every session of a user at once',
  access: 'user:rights',
  params: z.strictObject({ userId: userIdSchema }),
  result: z.null(),
})
/** Candidates for case members: name and unit only. */
export const listColleagues = endpoint({
  method: 'get',
  path: '/api/colleagues',
  summary: 'Names of users that can be added to a case',
  access: 'case:view',
  query: z.strictObject({ q: lineOfText(100).optional() }),
  result: z.object({ items: z.array(z.object({ id: userIdSchema, displayName: z.string(), policeNumber: z.string(), unitName: z.string() })) }),
})
