// Owns the one socket to the server: typed events in, clock pings out, and whether it is connected.
// Refuses: asking for rooms; the server joins the socket by the caller's scope. Payloads that the contract does not describe are dropped.
import { io, type Socket } from 'socket.io-client'
import { readonly, ref, type Ref } from 'vue'
import { clientEvents, serverEvents, type ClientEventAnswer, type ClientEventName, type ClientEventPayload, type ServerEventName, type ServerEventPayload } from '#contract/events.ts'
import type { ServerClock } from './server-clock.ts'
import { readAnswer, type SocketRefusal } from './socket-answer.ts'

export type Connection = 'idle' | 'connecting' | 'connected' | 'lost'
const PING_PERIOD_MS = 20_000
/** A server that has not answered by then has not heard us. */
const ANSWER_MS = 8_000
/** Pause after the server itself turned the socket away; socket.io does not try again then. */
const TURNED_AWAY_PAUSE_MS = 5_000

export class SocketClient {
  readonly #clock: ServerClock
  readonly #now: () => number
  readonly #connection = ref<Connection>('idle')
  readonly #reconnected = new Set<() => void>()
  readonly #turnedAway = new Set<() => void>()
  readonly #socket: Socket
  #pinging: ReturnType<typeof setInterval> | undefined
  #retrying: ReturnType<typeof setTimeout> | undefined
  #wasConnected = false

  constructor(deps: { clock: ServerClock; now: () => number }) {
    this.#clock = deps.clock
    this.#now = deps.now
    this.#socket = io({ autoConnect: false, transports: ['websocket', 'polling'], reconnectionDelayMax: 5_000 })
    this.#socket.on('connect', () => this.#onConnect())
    this.#socket.on('disconnect', () => this.#onLost())
    this.#socket.on('connect_error', () => this.#onLost())
  }

  get connection(): Readonly<Ref<Connection>> {
    return readonly(this.#connection)
  }

  open(): void {
    this.#connection.value = 'connecting'
    this.#socket.connect()
    this.#pinging ??= setInterval(() => this.#ping(), PING_PERIOD_MS)
  }

  close(): void {
    this.#connection.value = 'idle'
    this.#wasConnected = false
    clearInterval(this.#pinging)
    clearTimeout(this.#retrying)
    this.#pinging = undefined
    this.#socket.disconnect()
  }

  /** Listens to one event; returns a function that takes the listener off. */
  on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEventPayload<Name>) => void): () => void {
    const schema = serverEvents[name].payload
    const receive = (payload: unknown) => {
      const parsed = schema.safeParse(payload)
      if (parsed.success) listener(parsed.data as ServerEventPayload<Name>)
    }
    // socket.io types listeners by literal event names; ours come from the contract.
    const socket: { on(event: string, run: (payload: unknown) => void): unknown; off(event: string, run: (payload: unknown) => void): unknown } = this.#socket
    socket.on(name, receive)
    return () => void socket.off(name, receive)
  }

  /** Asks the server by socket; undefined when the line is down or it does not answer. Nothing is kept for later. */
  async ask<Name extends ClientEventName>(name: Name, payload: ClientEventPayload<Name>): Promise<ClientEventAnswer<Name> | SocketRefusal | undefined> {
    if (!this.#socket.connected) return undefined
    try {
      return readAnswer(name, await this.#socket.timeout(ANSWER_MS).emitWithAck(name, payload))
    } catch {
      return undefined
    }
  }

  /** Runs after every reconnect: events were missed meanwhile, so lists must be loaded again. */
  onReconnected(listener: () => void): () => void {
    this.#reconnected.add(listener)
    return () => void this.#reconnected.delete(listener)
  }

  /** Runs when the server refuses the socket: whoever listens should ask whether the session still stands. */
  onTurnedAway(listener: () => void): void {
    this.#turnedAway.add(listener)
  }

  #onLost(): void {
    if (this.#connection.value === 'idle') return
    this.#connection.value = 'lost'
    if (this.#socket.active) return
    clearTimeout(this.#retrying)
    this.#retrying = setTimeout(() => this.#socket.connect(), TURNED_AWAY_PAUSE_MS)
    for (const listener of this.#turnedAway) listener()
  }

  #onConnect(): void {
    this.#connection.value = 'connected'
    this.#ping()
    if (this.#wasConnected) for (const listener of this.#reconnected) listener()
    this.#wasConnected = true
  }

  #ping(): void {
    if (!this.#socket.connected) return
    const sentMs = this.#now()
    this.#socket.emit('clock:ping', {}, (answer: unknown) => {
      const parsed = clientEvents['clock:ping'].answer.safeParse(answer)
      if (parsed.success) this.#clock.sample(sentMs, this.#now(), parsed.data.serverAt)
    })
  }
}
