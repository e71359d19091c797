// Owns the start of the real server: configuration, construction, first-run code, end by signal.
import { randomBytes } from 'node:crypto'
import { systemClock } from '#base/clock.ts'
import { createLogger } from '#base/logger.ts'
import { loadConfig } from '#config/load.ts'
import { createApp, type App } from './app.ts'
import { sayWhyNot } from './start-problem.ts'

let app: App | undefined
try {
  const config = loadConfig(process.env)
  const logger = createLogger({ level: config.log.level, name: 'tianwang' })
  app = await createApp({ config, logger, clock: systemClock, random: randomBytes, env: process.env, consoleDir: 'dist/frontend' })
  const stop = () => void app?.close().then(() => process.exit(0))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const port = await app.listen()
  await app.start()
  const code = await app.setUp.begin()
  if (code !== null) console.log(`first run: open the console and enter the set-up code ${code}`)
  console.log(`console ready: ${config.server.tlsCertificateFile === '' ? 'http' : 'https'}://${config.server.host}:${port}`)
} catch (error) {
  sayWhyNot(error)
  await app?.close()
}
