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
      help: 'Camera streams that are given out, by state; form h264 is a transcode of one in form original',
      labelNames: ['state', 'form'],
      registers,
      async collect() {
        this.reset()
        for (const { state, form } of await deps.mediaPlane.reports()) this.inc({ state, form })
      },
    })
    new Gauge({
      name: 'tianwang_transcodes',
      help: 'Transcoding: places taken and their limit, wishes that wait and their limit, wishes that were refused since the start',
      labelNames: ['what'],
      registers,
      async collect() {
        const { taken, limit, waiting, mostWaiting, refused } = await deps.mediaPlane.transcoding()
        for (const [what, count] of Object.entries({ taken, limit, waiting, most_waiting: mostWaiting, refused })) this.set({ what }, count)
      },
    })
    new Gauge({
      name: 'tianwang_transcode_encoder',
      help: '1 for the encoder that transcodes are made with, by the name that ffmpeg gives it',
      labelNames: ['encoder'],
      registers,
      async collect() {
        this.reset()
        this.set({ encoder: (await deps.mediaPlane.transcoding()).encoder }, 1)
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
