// Owns finding words for one refused field: which field, and what is wrong with it. The server tells both in English for
// machines; people read the locales. Pure. Refuses: showing a pattern or a path to people.

/** Name of the field of an issue's path: its last part that is no number; `''` when there is none. */
export function fieldOf(path: string): string {
  return path.split('.').findLast((part) => part !== '' && !/^\d+$/.test(part)) ?? ''
}

/** Sentences of the validator begin alike and go on with figures and patterns. */
const general: readonly [RegExp, string][] = [
  [/^Too small/, 'too_small'],
  [/^Too big/, 'too_big'],
  [/^Invalid (string|format|email|ISO)/, 'form'],
  [/^Invalid option/, 'option'],
  [/^Invalid input/, 'type'],
  [/^Unrecognized key/, 'unknown_key'],
  [/^ask for more than/, 'scan_too_large'],
]

/** Key of an issue's words: our own sentences by themselves, e.g. `has_control_characters`; the validator's by their kind. */
export function issueKeyOf(message: string): string {
  const kind = general.find(([begins]) => begins.test(message))?.[1]
  return kind ?? message.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '')
}
