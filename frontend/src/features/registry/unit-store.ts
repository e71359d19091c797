// Owns the units of the caller's scope, loaded once and again when cameras moved.
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '#contract/api.ts'
import type { UnitId } from '#contract/ids.ts'
import type { UnitView } from '#contract/units.ts'
import type { ApiProblem } from '../../api/api-problem.ts'
import { useConsole } from '../../api/console-context.ts'
import { StandingList } from '../../api/standing-list.ts'
import { afterTimeout } from '../../api/try-again.ts'
import { useSessionStore } from '../access/session-store.ts'
import { childrenByParent, lineageOf } from './unit-tree.ts'

export const useUnitStore = defineStore('units', () => {
  const { client, socket } = useConsole()
  const session = useSessionStore()
  const units = shallowRef<UnitView[]>([])
  const problem = shallowRef<ApiProblem>()

  const byId = computed(() => new Map(units.value.map((unit) => [unit.id, unit])))
  const children = computed(() => childrenByParent(units.value))
  /** The highest unit in scope: the bureau, or the caller's own unit. */
  const root = computed(() => children.value.get(null)?.[0])
  const nameOf = (id: UnitId): string => byId.value.get(id)?.name ?? ''
  /** 分局 / 派出所 / 警务室, nearest last. */
  const namesOf = (id: UnitId): string[] => lineageOf(id, byId.value).toReversed().map((unit) => unit.name)
  const pathOf = (id: UnitId): string => namesOf(id).join(' / ')

  /** In the caller's own subtree; the unit of a camera that is only granted is listed too, and is not. */
  const isOwn = (id: UnitId): boolean => lineageOf(id, byId.value).some((unit) => unit.id === session.user?.unitId)

  /** Without the caller's own unit, which everybody in it knows; `''` for that unit itself. */
  const shortPathOf = (id: UnitId): string => namesOf(id).slice(1).join(' / ')

  const list = new StandingList<UnitView[]>({
    ask: async (signal) => (await client.call(api.listUnits, {}, { signal })).items,
    onGiven: (given) => void (units.value = given),
    onProblem: (found) => void (problem.value = found),
    after: afterTimeout,
  })
  const load = async (): Promise<void> => (session.can('unit:view') ? list.load() : undefined)
  const loadOnce = async (): Promise<void> => (session.can('unit:view') ? list.loadOnce() : undefined)
  socket.onReconnected(() => problem.value !== undefined && void load())
  session.onEnded(() => {
    units.value = []
    problem.value = undefined
    list.forget()
  })
  return { units, byId, children, root, problem, nameOf, pathOf, shortPathOf, isOwn, load, loadOnce }
})
