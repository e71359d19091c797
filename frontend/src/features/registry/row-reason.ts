// Owns why a row of an imported file was refused, as a key of the locales; the contract has the reason in English words only.
const reasons: readonly [pattern: RegExp, key: string][] = [
  [/^is in the file more than once/, 'twice'],
  [/^is not the code of a camera/, 'noCamera'],
  [/^is not the code of a unit/, 'noUnit'],
  [/^was changed by somebody else/, 'changed'],
  [/^has \d+ cells/, 'cells'],
]

/** `registry.rowReasons.<key>`; undefined when the reason is that the value breaks its column's rule. */
export const rowReason = (message: string): string | undefined => reasons.find(([pattern]) => pattern.test(message))?.[1]
