// Owns the Prometheus text: what an operator of the server watches. Refuses: names of cameras or people as labels.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { MediaPlane } from '#streams'
import { sumCounts, type CameraStore } from './registry/index.ts'

export class Metrics {
  readonly #registry = new Registry()

  constructor(deps: { cameras: CameraStore; mediaPlane: MediaPlane; connections: () => number }) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry, prefix: 'tianwang_' })
    new Gauge({
      name: 'tianwang_cameras',
      help: 'Cameras by status',
      labelNames: ['status'],
      registers,
      async collect() {
        const counts = sumCounts([...(await deps.cameras.countsByUnit('all')).values()])
        for (const [status, cameras] of Object.entries(counts)) if (status !== 'total') this.set({ status }, cameras)
      },
    })
    new Gauge({
      name: 'tianwang_streams',
      help: 'Pulled camera streams by state',
      labelNames: ['state'],
      registers,
      async collect() {
        this.reset()
        for (const { state } of await deps.mediaPlane.reports()) this.inc({ state })
      },
    })
    new Gauge({
      name: 'tianwang_console_sockets',
      help: 'Consoles connected by socket.io',
      registers,
      collect() {
        this.set(deps.connections())
      },
    })
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
