// Owns the text of config/example.yaml: every key with its sentence, its default commented out.
// Refuses: knowing any key; all of it comes from the schema.
import { z } from 'zod'
import { configSchema } from './schema.ts'

const describedSchema = z.object({
  properties: z.record(z.string(), z.object({ properties: z.record(z.string(), z.object({ description: z.string().min(1) })) })),
})

/** @throws when a key of the schema has no sentence */
export function exampleText(): string {
  const { properties: sections } = describedSchema.parse(z.toJSONSchema(configSchema, { io: 'input' }))
  const defaults = z.record(z.string(), z.record(z.string(), z.unknown())).parse(configSchema.parse({}))
  const lines = [
    '# Every configuration key with its default, commented out. Written by scripts/config-example.ts from config/schema.ts;',
    '# do not edit. Copy it, uncomment what differs, and start with CONFIG_FILE=path/to/copy.yaml. Unknown keys stop the start.',
  ]
  for (const [section, { properties: keys }] of Object.entries(sections)) {
    lines.push('', `${section}:`)
    for (const [key, { description }] of Object.entries(keys)) {
      lines.push(...folded(description).map((line) => `  # ${line}`), `  # ${key}: ${JSON.stringify(defaults[section]?.[key])}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** A sentence on lines of at most 110 characters. */
function folded(sentence: string): string[] {
  const lines = ['']
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + word.length + 1 > 110) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
