// Owns writing config/example.yaml, or with --check saying whether it still is what the schema makes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { exampleText } from '#config/example-text.ts'

const file = new URL('../config/example.yaml', import.meta.url)
const wanted = exampleText()
if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted)
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
  process.stderr.write('config/example.yaml is not what config/schema.ts makes; run node --import tsx scripts/config-example.ts\n')
  process.exitCode = 1
}
