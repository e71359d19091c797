// Owns the check of docker-compose.yml: it parses, names the services that docs/operations.md describes, and every
// file that it mounts or builds from is in the repository.
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const service = z.object({
  image: z.string().optional(),
  build: z.union([z.string(), z.object({ context: z.string(), dockerfile: z.string().optional() })]).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).loose(),
  restart: z.string(),
})
const compose = z.object({ services: z.object({ server: service, database: service, proxy: service.partial({ healthcheck: true }) }), volumes: z.record(z.string(), z.unknown()) }).loose()

const { services, volumes } = compose.parse(parse(readFileSync('docker-compose.yml', 'utf8')))
const problems: string[] = []
for (const [name, { image, build, volumes: mounts, depends_on: needs, ports }] of Object.entries(services)) {
  if ((image === undefined) === (build === undefined)) problems.push(`${name}: has either an image or a build`)
  const dockerfile = typeof build === 'object' ? build.dockerfile : undefined
  if (dockerfile !== undefined && !existsSync(dockerfile)) problems.push(`${name}: ${dockerfile} is not there`)
  for (const mount of mounts ?? []) {
    const source = mount.split(':', 1)[0] ?? ''
    if (source.startsWith('./') && !source.startsWith('./var') ? !existsSync(source) : !source.startsWith('.') && !(source in volumes)) problems.push(`${name}: mounts ${source}, which is not there`)
  }
  for (const need of Object.keys(needs ?? {})) if (!(need in services)) problems.push(`${name}: needs ${need}, which is not a service`)
  if (name !== 'proxy' && (ports ?? []).length > 0) problems.push(`${name}: only the proxy publishes ports`)
}
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
