// Owns what the people of the demo do by themselves: opening three cases, and tagging footage under them once pictures
// come. All over HTTP, signed in, as anybody would. Refuses: doing a thing twice on a database that has it.
import { setTimeout as delay } from 'node:timers/promises'
import { demoCases, type DemoTag } from '#config/demo/district.ts'
import { api } from '#contract/api.ts'
import type { CameraId, CaseId } from '#contract/ids.ts'
import type { App } from '../backend/app.ts'
import { demoSession, type DemoSession } from './demo-session.ts'

export interface DemoPeople {
  origin: string
  password: string
  nowMs: number
}

export async function seedCases(app: App, people: DemoPeople): Promise<void> {
  for (const { unitCode: _unit, createdBy, members, tags: _tags, occurredFromMs, occurredToMs, ...wanted } of demoCases(people.nowMs)) {
    const person = await demoSession(people.origin, createdBy, people.password)
    const known = api.listCases.result.parse(await (await person.send('GET', '/api/cases?pageSize=200')).json())
    if (!known.items.some(({ title }) => title === wanted.title)) {
      const created = await person.send('POST', '/api/cases', { ...wanted, occurredFrom: new Date(occurredFromMs).toISOString(), occurredTo: new Date(occurredToMs).toISOString() })
      const { id, version } = api.createCase.result.parse(await created.json())
      const chosen = []
      for (const { username, duty } of members) {
        const user = await app.users.byUsername(username)
        if (user !== null) chosen.push({ userId: user.id, duty })
      }
      await person.send('PUT', `/api/cases/${id}/members`, { version, members: chosen })
    }
    await person.end()
  }
}

const lookAgainMs = 2_000
const givenUpAfterMs = 180_000

/**
 * Tags the demo's cases, each once cameras of its place are online. Runs beside the demo, which is ready without it.
 * A place without cameras, as in a small fleet, gets no tag.
 */
export async function seedTags(app: App, people: DemoPeople, signal: AbortSignal): Promise<void> {
  const unitIds = new Map((await app.units.tree()).all().map((unit) => [unit.code, unit.id]))
  for (const { title, tags, createdBy } of demoCases(people.nowMs)) {
    const owner = await demoSession(people.origin, createdBy, people.password, signal)
    const found = api.listCases.result.parse(await (await owner.send('GET', '/api/cases?pageSize=200')).json()).items.find((one) => one.title === title)
    await owner.end()
    if (found === undefined || found.tagCount > 0) continue
    for (const tag of tags) {
      const unitId = unitIds.get(tag.unitCode)
      if (unitId === undefined) throw new Error(`the demo has no unit ${tag.unitCode}`)
      await setTag(people, found.id, unitId, tag, signal)
    }
  }
}

async function setTag(people: DemoPeople, caseId: CaseId, unitId: string, tag: DemoTag, signal: AbortSignal): Promise<void> {
  const person = await demoSession(people.origin, tag.createdBy, people.password, signal)
  const cameraIds = await onlineCameras(person, unitId, tag.cameras, signal)
  if (cameraIds.length > 0) {
    const nowMs = Date.now()
    await person.send('POST', '/api/tags', {
      caseId,
      cameraIds,
      from: new Date(nowMs - 10_000).toISOString(),
      to: new Date(nowMs).toISOString(),
      category: tag.category,
      note: tag.note,
    })
  }
  await person.end()
}

/** As many as wanted, or what there is when no more can come. */
async function onlineCameras(person: DemoSession, unitId: string, wanted: number, signal: AbortSignal): Promise<CameraId[]> {
  const list = async (query: string) => api.listCameras.result.parse(await (await person.send('GET', `/api/cameras?unitId=${unitId}&pageSize=200${query}`)).json())
  for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
    const [online, pending] = [await list('&status=online'), await list('&status=unknown')]
    if (online.total >= wanted || pending.total === 0 || waitedMs >= givenUpAfterMs) return online.items.slice(0, wanted).map(({ id }) => id)
    await delay(lookAgainMs, undefined, { signal })
  }
}
