// Owns what every part of the console is handed: the client, the socket, the server's clock.
// Refuses: being imported as a singleton; it is provided once by main.ts and injected where needed.
import { inject, type InjectionKey } from 'vue'
import type { ApiClient } from './api-client.ts'
import type { ServerClock } from './server-clock.ts'
import type { SocketClient } from './socket-client.ts'

export interface ConsoleContext {
  client: ApiClient
  socket: SocketClient
  clock: ServerClock
}

export const consoleKey: InjectionKey<ConsoleContext> = Symbol('console')

/** In a component's or a store's setup. Throws outside the app. */
export function useConsole(): ConsoleContext {
  const context = inject(consoleKey)
  if (context === undefined) throw new Error('the console context is not provided')
  return context
}
