// Owns who is signed in: restored once at start, kept until sign-out or until the server ends it.
// Refuses: deciding rights; it repeats the permissions that the server named, to hide what would be refused.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api } from '#contract/api.ts'
import type { Permission } from '#contract/permissions.ts'
import type { SessionEndReason, SessionView } from '#contract/session.ts'
import { asProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'

/** Whoever signs out does not wait longer for what is still to be kept. */
const LEAVING_MS = 1_500

export type EndReason = SessionEndReason

export const useSessionStore = defineStore('session', () => {
  const { client, socket } = useConsole()
  const session = shallowRef<SessionView>()
  const endedBy = ref<EndReason>()
  const endListeners = new Set<() => void>()
  const leavingListeners = new Set<() => Promise<void>>()
  let restoring: Promise<void> | undefined
  /** This console signs itself out: the server's word of it is no news. */
  let leaving = false

  const user = computed(() => session.value?.user)
  const signedIn = computed(() => session.value !== undefined)
  const can = (permission: Permission): boolean => session.value?.user.permissions.includes(permission) ?? false

  function begin(view: SessionView): void {
    session.value = view
    endedBy.value = undefined
    client.useCsrfToken(view.csrfToken)
    socket.open()
  }

  async function restore(): Promise<void> {
    try {
      begin(await client.call(api.currentSession, {}))
    } catch (thrown) {
      // Not signed in is the usual answer; anything else is shown when the sign-in itself fails.
      if (asProblem(thrown).status !== 401) session.value = undefined
    }
  }
  /** Asks the server at the first call only. */
  const restoreOnce = (): Promise<void> => (restoring ??= restore())

  async function signIn(username: string, password: string, code: string): Promise<void> {
    begin(await client.call(api.signIn, { body: { username, password, ...(code === '' ? {} : { code }) } }))
  }

  async function signOut(): Promise<void> {
    leaving = true
    const kept = Promise.allSettled([...leavingListeners].map((listener) => listener()))
    await Promise.race([kept, new Promise((resolve) => setTimeout(resolve, LEAVING_MS))])
    await client.call(api.signOut, {}).catch(() => undefined)
    ended('signed-out')
    leaving = false
  }

  /** The session is over, whoever ended it; listeners go back to the sign-in page. */
  function ended(reason: EndReason): void {
    if (session.value === undefined) return
    session.value = undefined
    endedBy.value = leaving ? undefined : reason
    client.useCsrfToken(undefined)
    socket.close()
    for (const listener of endListeners) listener()
  }
  /** Runs while the session still stands, when somebody signs out. */
  const onLeaving = (listener: () => Promise<void>): void => void leavingListeners.add(listener)
  const onEnded = (listener: () => void): void => void endListeners.add(listener)

  const passwordDue = computed(() => session.value?.passwordDue ?? false)

  return { user, signedIn, endedBy, passwordDue, can, begin, restoreOnce, signIn, signOut, ended, onLeaving, onEnded }
})
