// Owns reading what the server answers to an event: what the contract says, or the code of a refusal.
// Refuses: anything else; it is no answer.
import { z } from 'zod'
import { clientEvents, type ClientEventAnswer, type ClientEventName } from '#contract/events.ts'
import type { ProblemCode } from './api-problem.ts'

/** The server did not do it; `errors.<code>` says why. */
export interface SocketRefusal {
  outcome: 'refused'
  code: ProblemCode
}
const refusalSchema = z.object({ code: z.string() })

export function readAnswer<Name extends ClientEventName>(name: Name, raw: unknown): ClientEventAnswer<Name> | SocketRefusal | undefined {
  const answer = clientEvents[name].answer.safeParse(raw)
  if (answer.success) return answer.data as ClientEventAnswer<Name>
  const refusal = refusalSchema.safeParse(raw)
  return refusal.success ? { outcome: 'refused', code: refusal.data.code } : undefined
}
