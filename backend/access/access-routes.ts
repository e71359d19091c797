// Owns the HTTP side of sign-in, set-up, users and colleagues; thin.
import { api } from '#contract/api.ts'
import type { SessionView, UserView } from '#contract/session.ts'
import { publicRoute, route, type Principal, type Route } from '../http/index.ts'
import { toInstant, toInstantOrNull } from '../storage/index.ts'
import type { ActivationService } from './activation-service.ts'
import type { SessionLimits } from './session-reader.ts'
import { passwordRules, type PasswordProfile } from './password-policy.ts'
import type { SecondFactorService } from './second-factor-service.ts'
import type { SessionService } from './session-service.ts'
import type { SetUpService } from './set-up-service.ts'
import type { UnitTree } from './unit.ts'
import type { UnitStore } from './unit-store.ts'
import type { UserService } from './user-service.ts'
import type { User, UserStore } from './user-store.ts'

export interface AccessRoutesDeps {
  sessions: SessionService
  setUp: SetUpService
  userService: UserService
  activation: ActivationService
  users: UserStore
  units: UnitStore
  limits: SessionLimits
  secondFactor: SecondFactorService
  policy: SignInPolicy
}

export function accessRoutes(deps: AccessRoutesDeps): Route[] {
  const { sessions, setUp, userService, activation, secondFactor, users, units, limits, policy } = deps
  return [
    publicRoute(api.signIn, async ({ body, request, reply }) => {
      const { token, principal } = await sessions.signIn(body, request)
      reply.sessionCookie(token, principal.expiresAtMs)
      return presentSession(principal)
    }),
    route(api.currentSession, async ({ principal }) => presentSession(principal)),
    route(api.signOut, async ({ principal, request, reply }) => {
      await sessions.signOut(principal, request)
      reply.sessionCookie(null, 0)
      return null
    }),
    route(api.listSessions, async ({ principal }) => ({
      items: (await sessions.listOwn(principal)).map(({ id, createdAtMs, seenAtMs, ip }) => ({
        id,
        signedInAt: toInstant(createdAtMs),
        lastSeenAt: toInstant(seenAtMs),
        ip,
        current: id === principal.sessionId,
      })),
      secondFactor: await secondFactor.isOn(principal.userId),
      idleMinutes: limits.idleMs / 60_000,
      absoluteMinutes: limits.absoluteMs / 60_000,
    })),
    route(api.endSession, async ({ principal, params, request, reply }) => {
      await sessions.endOwn(principal, params.sessionId, request)
      if (params.sessionId === principal.sessionId) reply.sessionCookie(null, 0)
      return null
    }),
    route(api.changePassword, async ({ principal, body, request, reply }) => {
      const begun = await sessions.changePassword(principal, body, request)
      reply.sessionCookie(begun.token, begun.principal.expiresAtMs)
      return presentSession(begun.principal)
    }),
    route(api.beginSecondFactor, ({ principal }) => secondFactor.begin(principal)),
    route(api.confirmSecondFactor, async ({ principal, body, request }) => ({ recoveryCodes: await secondFactor.confirm(principal, body.code, request) })),
    route(api.removeSecondFactor, async ({ principal, body, request }) => {
      await secondFactor.remove(principal, body.code, request)
      return null
    }),
    route(api.signInPolicy, async () => presentPolicy(policy)),
    publicRoute(api.setUpState, async () => ({ needed: await setUp.needed() })),
    publicRoute(api.setUp, async ({ body }) => {
      await setUp.complete(body)
      return null
    }),
    route(api.listUsers, async ({ principal }) => {
      const tree = await units.tree()
      return { items: (await userService.list(principal)).map((user) => presentUser(user, tree)) }
    }),
    route(api.createUser, async ({ principal, body, request }) => presentUser(await userService.create(principal, body, request), await units.tree())),
    route(api.updateUser, async ({ principal, params, body, request }) =>
      presentUser(await userService.update(principal, params.userId, body, request), await units.tree()),
    ),
    route(api.updateAccount, async ({ principal, params, body, request }) =>
      presentUser(await userService.updateAccount(principal, params.userId, body, request), await units.tree()),
    ),
    route(api.makeAccountCode, async ({ principal, params, request }) => presentCode(await activation.makeCode(principal, params.userId, 'account', request))),
    route(api.makeRightsCode, async ({ principal, params, request }) => presentCode(await activation.makeCode(principal, params.userId, 'rights', request))),
    publicRoute(api.activateUser, async ({ body, request }) => {
      await activation.activate(body, request)
      return null
    }),
    route(api.endUserSessions, async ({ principal, params, request }) => {
      await userService.endSessions(principal, params.userId, request)
      return null
    }),
    route(api.listColleagues, async ({ query }) => {
      const tree = await units.tree()
      const wanted = (query.q ?? '').toLowerCase()
      const found = (await users.all()).filter(
        (user) =>
          !user.disabled &&
          user.roles.some((role) => !['sysadmin', 'secadmin', 'auditor'].includes(role)) &&
          `${user.displayName} ${user.policeNumber}`.toLowerCase().includes(wanted),
      )
      return {
        items: found.slice(0, 50).map((user) => ({
          id: user.id,
          displayName: user.displayName,
          policeNumber: user.policeNumber,
          unitName: tree.get(user.unitId)?.name ?? '',
        })),
      }
    }),
  ]
}

export interface SignInPolicy extends SessionLimits {
  passwordProfile: PasswordProfile
  lockAfterFailures: number
  lockMs: number
  failuresPerMinute: number
  purposeMs: number
  signInNetworks: string[]
  administratorNetworks: string[]
}

function presentPolicy(policy: SignInPolicy) {
  const { passwordProfile, lockAfterFailures, failuresPerMinute, signInNetworks, administratorNetworks } = policy
  const { least, kinds, maxAgeDays, remembered } = passwordRules[passwordProfile]
  const minutes = (ms: number) => ms / 60_000
  return {
    passwordProfile, leastLength: least, kinds, maxAgeDays, remembered, lockAfterFailures, failuresPerMinute, signInNetworks, administratorNetworks,
    idleMinutes: minutes(policy.idleMs), absoluteMinutes: minutes(policy.absoluteMs), lockMinutes: minutes(policy.lockMs), purposeMinutes: minutes(policy.purposeMs),
  }
}

function presentSession(principal: Principal): SessionView {
  return {
    user: {
      id: principal.userId,
      username: principal.username,
      displayName: principal.displayName,
      policeNumber: principal.policeNumber,
      roles: [...principal.roles],
      permissions: [...principal.permissions],
      unitId: principal.unitId,
    },
    passwordDue: principal.passwordDue ?? false,
    csrfToken: principal.csrfToken,
    expiresAt: toInstant(principal.expiresAtMs),
  }
}

const presentCode = ({ code, untilMs }: { code: string; untilMs: number }) => ({ code, expiresAt: toInstant(untilMs) })

function presentUser(user: User, tree: UnitTree): UserView {
  return {
    id: user.id,
    username: user.username,
    displayName: user.displayName,
    policeNumber: user.policeNumber,
    roles: user.roles,
    unitId: user.unitId,
    unitName: tree.get(user.unitId)?.name ?? '',
    disabled: user.disabled,
    lockedUntil: null,
    lastSignInAt: toInstantOrNull(user.lastSignInAtMs),
    activated: user.passwordHash !== '',
  }
}
